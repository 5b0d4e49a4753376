import References
import Testing

@Suite struct HTMLFuzzTests {
    @Test func noPageCrashesOrMisleadsTheReader() {
        ReaderFuzz(
            seeds: [
                """
                <!doctype html><html><head><base href="/x/"><link rel=stylesheet href="a.css"><style>@import "b.css";a{b:url(c.png)}</style>
                <script type="importmap">{"imports":{"a":"./a.js"}}</script><script type=module>import "./b.js"</script></head>
                <body background=d.png><p style="a:url(&quot;e.png&quot;)"><a href=f.html>g</a><img srcset="h.png 1x, i.png 2x" src='j.png'>
                <svg><use href="k.svg#l"/><style>a{b:url(m.png)}</style></svg><table><tr><td background=n.png></table></body></html>
                """,
                "<b><p><a href=a>x</b><i><table><a href=b><tr><td><img src=c></i></table><select><option><template><img src=d></template>",
            ],
            pieces: [
                "<b>", "</b>", "<table>", "</p>", "<svg>", "</svg>", "<template>", "<!--", "-->", "\"", "'", "<script>", "</script>",
                "<style>",
                "</style>", "<plaintext>", "\0", "\r\n", "&quot;", "&#x", "&amp", ",", "<img src=a.png srcset='b.png 1x'>", "<math><mi>",
                "<select>", "<frameset>", "</body>", "<p style='a:url(b)'>", "]]>", "<![CDATA[", "href=x ", "<a href=", "<base href=y>",
            ],
            read: HTMLReader.read
        ).run(seed: 11, rounds: 600)
    }
}
