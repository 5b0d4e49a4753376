import References
import Testing

@Suite struct CSSReaderTests {
    private static func read(_ text: String) -> Reading {
        let bytes = [UInt8](text.utf8)
        return CSSReader.read(bytes, in: 0..<bytes.count)
    }

    @Test(arguments: [
        // Quotes, white space, letters' case.
        "a { b: url(«c.png») }",
        "a { b: url( «c.png»\t\n ) }",
        "a { b: url('«c d.png»') }",
        "a { b: url( \"«c'(d).png»\" ) }",
        "a{b:URL(«c.png»);c:uRl('«d.png»')}",
        "a{b:url(«»)c:url( «»)}",
        "a{b:url(«?x#y»)}",
        "a{b:url(«data:image/png;base64,AA+/==»)}",
        "a{b:url(«#f»);c:url(«//h/i»);d:url(«https://h/i?a=b;c{d}»)}",
        "a{b:url(«a/*b*/c»)}",
        "a{b:url('«x.png»' crossorigin(anonymous) integrity('y'))}",
        // Escapes.
        "a{b:url(«c\\)d\\ e.png»)}",
        "a{b:url(«c\\62 »)}",
        "a{b:url(«c\\62 »  )}",
        "a{b:\\75rl(«c.png»);c:u\\72 l(«d»);d:\\000055RL(«e»)}",
        "a{b:\\75\\72\\6c('«c»')}",
        "a{b:url('«c\\'d\\\ne»')}",
        "a{b:url('«c\\\r\nd»');c:url(«e»)}",
        "a{b:'\\';c:url(x)';d:url(«e»)}",
        // What is none.
        "a{b:'url(x)';c:\"url(y)\"/*url(z)*/}",
        "a{b:xurl(x);c:url-x(y);d:--url(z);e:1url(w);f:url x(v)}",
        "a[href='x.png']{} a[b=url(x)]{}",
        "a:not(url(x)){b:c}",
        "url(x) y{}",
        "a{content:'x.png'}",
        "a{b:format('x') local(\"y\") attr(z) src(var(--x))}",
        // Nesting and custom properties.
        "a{--b:url(«c»);--d:{e:url(«f»)};--g:[url(«h»)]}",
        "a{&:hover{b:url(«c»)}d:url(«e»)}",
        "@media (x){@supports (y:z){a{b:url(«c»)}}}",
        "@layer x{a{b:var(--c,url(«d»))}}",
        "@keyframes x{from{b:url(«c»)}50.5%{b:url(«d»)}}",
        "@property --x{syntax:'<url>';initial-value:url(«c»)}",
        "@page :first{@top-left{content:url(«c»)}}",
        "a{b:c!important;d:url(«e»)!important}",
        "a{b:1e3url(x) url(«c»)}",
        "a{b:.5em -1px +2e-3 #fff U+26-7F url(«c»)}",
        // Functions that take strings.
        "a{b:image-set('«c»' 1x,\"«d»\" type('image/avif') 2x,url(«e») 3x,url('«f»'))}",
        "a{b:-webkit-image-set('«c»' 1x,url(«d») 2x)}",
        "a{b:IMAGE-SET('«c»')}",
        "a{b:src('«c»');d:src( \"«e»\" 'x');f:image('«g»' ,'x')}",
        "a{b:cross-fade(image-set('«c»' 1x),url(«d»))}",
        "a{b:image-set((type('x')) 1x)}",
        // Fonts.
        "@font-face{font-family:'x';src:local('y'),url(«font:z.woff2») format('woff2'),url('«font:z.eot?#iefix»')}a{b:url(«c»)}",
        "@FONT-FACE{src:url(«font:a»)}",
        "@media x{@font-face{src:url(«font:a»)}b{c:url(«d»)}}",
        "@font-face{src:src('«font:a»')}",
        "@font-feature-values x{@swash{b:1}}a{b:url(«c»)}",
        // Imports.
        "@import '«styleSheet:a.css»';",
        "@import\"«styleSheet:a.css»\"screen;",
        "@charset 'utf-8';@import url(«styleSheet:a.css»)layer(x) supports(b:url(c)) (d:e);",
        "@import url('«styleSheet:a.css»') layer;@import/**/'«styleSheet:b.css»';a{b:url(«c»)}",
        "@import src('«styleSheet:a»');@IMPORT \"«styleSheet:b»\"",
        "@\\69mport '«styleSheet:a»';",
        "@import supports(url('a')) 'b';@import layer 'c';@import url(«styleSheet:d») 'e';",
        "@layer a,b;@import '«styleSheet:c»';",
        "<!-- @import '«styleSheet:a»'; -->",
        "@import url(foo bar) 'x';a{b:url(«c»)}",
        "a{@import 'b';c:url(«d»)}",
        "a{} @import '«styleSheet:y»';",
        "@importx 'a';@-import 'b';@ import 'c';",
        // Names and conditions.
        "@namespace 'a';@namespace svg url(b);@namespace url('c');d{e:url(«f»)}",
        "@supports (b:url(c)) and (d:url('e')){f{g:url(«h»)}}",
        "@-moz-document url(http://x),url-prefix('y'){a{b:url(«c»)}}",
        "@container x style(--y:url(z)){a{b:url(«c»)}}",
        // Recovery.
        "a{b:url(c d);e:url(«f»)}",
        "a{b:url(c'd);e:url(«f»)}",
        "a{b:url(c(d);e:url(«f»)}",
        "a{b:url(c\\\nd);e:url(«f»)}",
        "a{b:url(c d\\)e);f:url(«g»)}",
        "a{b:'c\n;d:url(«e»)}",
        "a{b:url('c\n);d:url(«e»)}",
        "}a{b:url(«c»)}}@import '«styleSheet:d»';",
        "a{b:(url(«c»)}d:[url(«e»)",
        "a{b:)]url(«c»)}",
        "a{b:url(«c»",
        "a{b:url(«c» \n",
        "a{b:url('«c»",
        "a{b:url('«c»'",
        "a{b:url(«c\\»",
        "a{b:url(«c»)/*",
        "a{b:url(«c»)/* d:url(e)",
        "a{b:url",
        "a{b:url(«»",
        "@", "@import", "@import '«styleSheet:»", "\\", "<!-", "-", "'", "/", "/*", "/*/url(x)", "",
        // Encodings.
        "\u{FEFF}@import '«styleSheet:a»';",
        "@charset \"x\";\r\na\r\n{\r\nb: url(\r\n«ü/日本.png»\r\n)\r\n}",
        "a\0b{c:url(«d\0e»)}",
        "ü{é:ürl(x);c:url(«d»)}",
        // Source maps.
        "a{}\n/*# sourceMappingURL=«sourceMap:a.css.map» */",
        "/*# sourceMappingURL=x.map */a{b:url(«c»)}/*@\tsourceMappingURL=«sourceMap:y.map»*/",
        "/*# sourceMappingURL=«sourceMap:x.map» */a{b:url(«c»)}",
        "/*# sourceMappingURL=a b */ /*#sourceMappingURL= */ /* # sourceMappingURL=x */ /*# sourceMappingURL=«sourceMap:x»\n\t*/",
    ])
    func findsWhatIsMarked(_ source: String) {
        let marked = MarkedText(source, role: .image)
        let reading = CSSReader.read(marked.bytes, in: 0..<marked.bytes.count)
        #expect(MarkedText.marks(of: reading) == marked.marks)
    }

    @Test(arguments: [
        ("url(a\\62 c\\)\\d)", "abc)\r"),
        ("url('a\\\nb\\\r\nc\\'\\\"d')", "abc'\"d"),
        ("url(\\1F600 .png)", "😀.png"),
        ("url(\\0 \\D800 \\110000 x)", "\u{FFFD}\u{FFFD}\u{FFFD}x"),
        ("url(\\000061b)", "ab"),
        ("url(\\0000611)", "a1"),
        ("url(a%20b.png)", "a%20b.png"),
        ("url('\\é')", "é"),
    ])
    func undoesEscapes(_ source: String, target: String) {
        #expect(Self.read("a{b:\(source)}").references.map(\.target) == [target])
    }

    @Test func saysHowAURLMustBeWritten() {
        let outer = Reference.Notation.htmlAttribute(quote: UInt8(ascii: "\""))
        let bytes = [UInt8]("b:url(a) url('b') image-set(\"c\")/*# sourceMappingURL=d */".utf8)
        let reading = CSSReader.readDeclarations(bytes, in: 0..<bytes.count, notation: [outer])
        #expect(
            reading.references.map(\.notation) == [
                [.cssURL, outer], [.cssString(quote: UInt8(ascii: "'")), outer], [.cssString(quote: UInt8(ascii: "\"")), outer],
                [.comment, outer],
            ])
    }

    @Test(arguments: ["b:url(«c»);d:'x' url(«e»)", "url(«a»)", "b:{c:url(«d»)}}e:url(«f»)", "@import 'a';b:url(«c»)", "b:url(«c"])
    func readsTheDeclarationsOfAStyleAttribute(_ source: String) {
        let marked = MarkedText(source.contains("»") ? source : source + "»", role: .image)
        let reading = CSSReader.readDeclarations(marked.bytes, in: 0..<marked.bytes.count)
        #expect(MarkedText.marks(of: reading) == marked.marks)
    }

    @Test func readsOnlyItsRangeAndCountsFromTheStartOfTheFile() {
        let page = "<style>a{b:url(x)}</style><p>url(y)"
        let bytes = [UInt8](page.utf8)
        let inside = CSSReader.read(bytes, in: 7..<18)
        #expect(inside.references.map(\.span) == [15..<16])
        #expect(inside.faults.isEmpty)
        let cut = CSSReader.read(bytes, in: 7..<16)
        #expect(cut.references.map(\.span) == [15..<16])
        #expect(cut.faults == [.init(offset: 11, message: "url( is not closed")])
    }

    @Test(arguments: [
        ("a{b:url(c d)}", 4, "url( without quotes holds a quote, a parenthesis, white space or a control character"),
        ("a{b:'c\n}", 4, "string is not closed before the end of its line"),
        ("a{b:'c", 4, "string is not closed"),
        ("a{b:url(c", 4, "url( is not closed"),
        ("a{}/*", 3, "comment is not closed"),
        ("a{}@import 'b';", 3, "@import after other rules is ignored by browsers"),
        ("@namespace 'a';@import 'b';", 15, "@import after other rules is ignored by browsers"),
    ])
    func saysWhatIsWrong(_ source: String, offset: Int, message: String) {
        #expect(Self.read(source).faults == [.init(offset: offset, message: message)])
    }

    @Test func bytesThatAreNoUTF8StayOutsideAndInsideSpans() {
        let bytes: [UInt8] = [0xFF] + Array("{a:url(b".utf8) + [0xE9] + Array(".png)}".utf8)
        let reading = CSSReader.read(bytes, in: 0..<bytes.count)
        #expect(reading.references.map(\.span) == [8..<14])
        #expect(reading.references.map(\.target) == ["b\u{FFFD}.png"])
    }

    @Test func refusesUTF16() {
        let reading = CSSReader.read([0xFF, 0xFE, 0x61, 0], in: 0..<4)
        #expect(reading.references.isEmpty)
        #expect(reading.faults.count == 1)
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["(", "{", "[", "url('", "a(", "@import url('", "'\n", "/*", "\\", "url(", "@media (", "image-set("])
    func deepOrBrokenInputIsReadInLinearTime(_ unit: String) {
        let bytes = [UInt8](String(repeating: unit, count: 200_000).utf8)
        let reading = CSSReader.read(bytes, in: 0..<bytes.count)
        #expect(reading.faults.count <= 20)
    }
}
