import References
import Testing

@Suite struct CSSFuzzTests {
    private static let seeds = [
        """
        @charset "utf-8";
        @import url("base.css") layer(base) supports(display: grid) screen and (min-width: 40em);
        @import 'theme.css';
        @namespace svg url(http://www.w3.org/2000/svg);
        @font-face { font-family: "A B"; src: url(a.woff2) format("woff2"), url('a.eot?#iefix'), local("A B"); }
        :root { --logo: url("logo.svg#mark"); --n: calc(1px + 2 * var(--x, 3em)); }
        .a > b[href$=".png"]:not(.c)::before { content: "\\201C url(x)"; background: url( pic\\ ture.png ) no-repeat, #fff0; }
        @media (min-resolution: 2dppx) { .d { background-image: image-set("e.avif" type("image/avif") 1x, url(e.png) 2x); } }
        @supports (mask: url(#m)) { .f { mask: url(#m); cursor: url("data:image/png;base64,AA=="), auto; & .g { clip-path: url(h.svg#i) } } }
        /* url(none) */ .j { filter: src("k.svg"); width: 1e3px; margin: -1px +.5em; }
        /*# sourceMappingURL=site.css.map */
        """,
        ".a{background:url(data:image/svg+xml,%3Csvg%3E)}@layer b,c;@import\"d\";\u{FEFF}.é{--ü:url(ö.png)}\r\n.e\\:f{g:URL('h')}",
    ]
    private static let pieces = [
        "url(", "url('", "\"", "'", ")", "(", "{", "}", "[", "]", ";", "@import ", "@font-face{", "/*", "*/", "\\", "\\\n", "\r\n", "\u{C}",
        "image-set(", "src(", "<!--", "-->", "\\75rl(", "@", "--", "\\6 ", "\0", "/*# sourceMappingURL=x */", "url(a b)",
    ]

    @Test(arguments: 1...4)
    func brokenStyleSheetsAreReadSoundly(_ seed: Int) {
        let sheets = ReaderFuzz(seeds: Self.seeds, pieces: Self.pieces) { CSSReader.read($0, in: 0..<$0.count) }
        sheets.run(seed: UInt64(seed), rounds: 1500)
        let attributes = ReaderFuzz(seeds: Self.seeds, pieces: Self.pieces) { CSSReader.readDeclarations($0, in: 0..<$0.count) }
        attributes.run(seed: UInt64(seed), rounds: 500)
    }
}
