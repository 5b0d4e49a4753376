import References
import Testing

@Suite struct XMLReaderTests {
    @Test(arguments: [
        "<svg xmlns='http://www.w3.org/2000/svg'><image href=\"«a.png»\"/><use xlink:href='«s.svg#i»'/><a href=\"«page:b.html»\"/></svg>",
        "<svg xmlns:l=\"http://www.w3.org/1999/xlink\"><image l:href=\"«a.png»\"/><image inkscape:href=\"b.png\" data-href=\"c\"/></svg>",
        "<svg:svg><svg:image href=\"«a.png»\"/></svg:svg>",
        "<svg><style>@import '«styleSheet:a.css»';a{b:url(«c.png»)}</style><style><![CDATA[a{b:url(\"«c.png»\")}]]></style></svg>",
        "<svg><style>a &gt; b{c:url(&quot;«d.png»&quot;)}</style></svg>",
        "<svg><g style=\"a:url(«b.png»)\" fill=\"url(«s.svg#g»)\" filter='url(&quot;«f.svg#a»&quot;)'/></svg>",
        "<svg><script href=\"«script:a.js»\"/><script>import('«dynamicModule:./b.js»')</script><script type='module'>import '«module:./c.js»'</script></svg>",
        "<svg><foreignObject><img src=\"«a.png»\"/></foreignObject><feImage href='«b.png»'/><linearGradient href='«other:g.svg#x»'/></svg>",
        "<?xml version=\"1.0\"?><?xml-stylesheet type=\"text/css\" href=\"«styleSheet:a.css»\"?><svg/>",
        "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"svg11.dtd\" [<!ENTITY a \"<image href='x'/>\"> <!-- ]> --> ]><svg><image href=\"«a.png»\"/></svg>",
        "<svg><!-- <image href=\"a.png\"/> --><![CDATA[<image href=\"b.png\"/>]]><image href=\"#c\"/><image href='data:x'/></svg>",
        "\u{FEFF}<svg>\r\n<image\r\nhref\r\n=\r\n\"«a.png»\"\r\n/></svg>",
    ])
    func findsWhatADrawingMarks(_ marked: String) {
        let text = MarkedText(marked, role: .image)
        let reading = SVGReader.read(text.bytes)
        #expect(MarkedText.marks(of: reading) == text.marks)
        #expect(reading.faults.isEmpty)
    }

    @Test(arguments: [
        "<rss><channel><link>«https://h/»</link><image><url>«image:https://h/a.png»</url></image><item><link> «b.html» </link></item></channel></rss>",
        "<rss><channel><atom:link href=\"«feed:f.xml»\" rel=\"self\"/><item><enclosure url='«media:a.mp3»'/><comments>«c.html»</comments></item></channel></rss>",
        "<rss><item><link><![CDATA[«a.html»]]></link><guid>a</guid><media:thumbnail url=\"«image:t.png»\"/><itunes:image href=\"«image:i.png»\"/></item></rss>",
        "<rss><item><description>&lt;img src=\"a.png\"&gt;</description><content:encoded><![CDATA[<img src=\"b.png\">]]></content:encoded></item></rss>",
        "<feed xml:base='/b/'><link href=\"«a.html»\"/><link rel=\"enclosure\" href=\"«media:a.mp3»\"/><icon>«image:i.png»</icon><id>x</id></feed>",
        "<feed><entry><content src=\"«other:a.html»\"/><link rel='self' href='«feed:a.xml»'/></entry></feed>",
    ])
    func findsWhatAFeedMarks(_ marked: String) {
        let text = MarkedText(marked, role: .page)
        let reading = FeedReader.read(text.bytes)
        #expect(MarkedText.marks(of: reading) == text.marks)
        #expect(reading.faults.isEmpty)
    }

    @Test func findsWhatASitemapMarks() {
        let text = MarkedText(
            """
            <urlset><url><loc>«https://h/a.html?b=1&amp;c=2»</loc><lastmod>2026</lastmod><image:image><image:loc>«image:/a.png»</image:loc>
            </image:image><xhtml:link rel="alternate" hreflang="de" href="«/de/»"/></url></urlset>
            """, role: .page)
        let reading = SitemapReader.read(text.bytes)
        #expect(MarkedText.marks(of: reading) == text.marks)
        #expect(reading.references.first?.target == "https://h/a.html?b=1&c=2")
        #expect(reading.references.map(\.notation.first) == [.xmlText, .xmlText, .xmlAttribute(quote: UInt8(ascii: "\""))])
    }

    @Test(arguments: [
        "<svg><image href=\"a", "<svg><!-- ", "<svg><![CDATA[", "<svg <image/>", "<svg><?x", "<!DOCTYPE svg [", "<!DOCTYPE svg [<!--",
        "<!DOCTYPE svg [<?x", "<svg a=b>", "<svg></",
        "< svg>",
    ])
    func whatIsNotWellFormedIsAFault(_ text: String) {
        #expect(SVGReader.read(Array(text.utf8)).faults.count == 1)
    }

    @Test func whatStandsBeforeTheFaultIsFound() {
        let reading = SVGReader.read(Array("<svg><image href=\"a.png\"/><image href=b></svg>".utf8))
        #expect(reading.references.map(\.target) == ["a.png"])
        #expect(reading.faults.map(\.offset) == [38])
    }

    @Test func utf16IsAFault() {
        for read in [SVGReader.read, FeedReader.read, SitemapReader.read] { #expect(read([0xFE, 0xFF, 0, 0x3C]).faults.count == 1) }
    }

    @Test func theOutermostBaseCounts() {
        #expect(FeedReader.read(Array("<feed xml:base='/a/'><entry xml:base='/b/'/></feed>".utf8)).base == "/a/")
        #expect(FeedReader.read(Array("<feed><entry xml:base='/b/'/></feed>".utf8)).base == nil)
    }

    @Test func noTextCrashesOrMisleadsTheReaders() {
        let pieces = [
            "<", ">", "/>", "<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", "&amp;", "&#", "\"", "'", "href=\"x\" ", "\0", "<style>",
            "</style>", "<loc>",
        ]
        ReaderFuzz(
            seeds: [
                """
                <?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns:xlink="http://www.w3.org/1999/xlink"><style>a{b:url(c.png)}</style>
                <image xlink:href="d.png" style="e:url(&quot;f.png&quot;)"/><script><![CDATA[import("./g.js")]]></script><!-- h --></svg>
                """
            ], pieces: pieces, read: SVGReader.read
        ).run(seed: 12, rounds: 2000)
        ReaderFuzz(
            seeds: ["<rss><link>a.html</link><image><url><![CDATA[b.png]]></url></image><atom:link href='c.xml' rel='self'/></rss>"],
            pieces: pieces, read: FeedReader.read
        ).run(seed: 13, rounds: 2000)
        ReaderFuzz(
            seeds: ["<urlset><url><loc>a&amp;b.html</loc><image:loc>c.png</image:loc></url></urlset>"], pieces: pieces,
            read: SitemapReader.read
        ).run(seed: 14, rounds: 2000)
    }
}
