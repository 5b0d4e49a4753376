import References
import Testing

@Suite struct HTMLReaderTests {
    @Test(arguments: [
        // Elements.
        "<a href=\"«page:b.html»\">x</a><area href='«page:c.html»'>",
        "<img src=«a.png» alt=x><IMG SRC=\"«b.png»\">",
        "<script src=\"«script:a.js»\"></script><script type=module src=\"«module:b.js»\"></script>",
        "<script type=\"text/x-template\" src=\"«other:b.txt»\"></script>",
        "<link rel=stylesheet href=\"«styleSheet:a.css»\"><link rel=\"alternate stylesheet\" href=«styleSheet:b.css»>",
        "<link rel=\"shortcut icon\" href=«i.ico»><link rel=apple-touch-icon href=«i.png»><link rel=mask-icon href=«i.svg»>",
        "<link rel=manifest href=«webManifest:m.webmanifest»>",
        "<link rel=modulepreload href=«preload:a.js»><link rel=preload as=font href=«preload:f.woff2»>",
        "<link rel=preload as=image imagesrcset=\"«preload:a.png» 1x, «preload:b.png» 2x\" href=«preload:c.png»>",
        "<link rel=alternate type=application/rss+xml href=«feed:f.xml»><link rel=alternate hreflang=de href=«other:de.html»>",
        "<link rel=canonical href=«page:a.html»><link rel=preconnect href=https://h>",
        "<iframe src=«page:f.html»></iframe><embed src=«other:a.pdf»><object data=\"«other:a.svg»\"></object>",
        "<video src=«media:a.mp4» poster=«p.jpg»><source src=«media:b.webm»><track src=«media:t.vtt»></video>",
        "<input type=image src=«a.png» formaction=«page:f»><form action=«page:g»><button formaction=«page:h»></form>",
        "<body background=«a.png»><table background=«b.png»><tr><td background=«c.png»>",
        "<frameset><frame src=«page:a.html»></frameset>",
        // Several in one attribute.
        "<img srcset=\"«a.png», «b.png» 2x,«c,d.png» 3x\"><source srcset='«e.png»'>",
        "<img srcset=\" , «a.png» (1x, 2x) 3w ,  «b.png»\n\t100w,\">",
        "<img srcset=«a.png»><img srcset=\"data:image/png;base64,AA== 1x, «b.png» 2x\">",
        "<img srcset=\"«a.png?b&amp;c» 1x, «d.png» 2x\">",
        "<meta http-equiv=refresh content=\"5; url=«page:a.html»\"><meta http-equiv=Refresh content=\"0;URL='«page:b.html»'\">",
        "<meta http-equiv=refresh content=5><meta http-equiv=refresh content=\"1, «page:c.html» \">",
        "<meta property=og:image content=\"«a.png»\"><meta name=twitter:image content=«b.png»><meta name=description content=c.png>",
        "<meta name=msapplication-TileImage content=«a.png»><meta name=msapplication-config content=none>",
        // Style sheets.
        "<p style=\"background: url(«a.png»)\"><p style='a:url(\"«b.png»\")'><p style=a:url(«c.png»)>",
        "<p style=\"a:url(&quot;«a.png»&quot;);b:url(&#39;«b.png»&#x27;);c:url(«c&amp;d.png»)\">",
        "<p style=\"a:url&lpar;«a.png»&rpar;&semi;b:url(«&NotEqualTilde;»)\">",
        "<style>@import '«styleSheet:a.css»';a{b:url(«c.png»)}</style><style type=text/less>a{b:url(d)}</style>",
        // Scripts.
        "<script>import('«dynamicModule:./a.js»')</script><script type=module>import '«module:./b.js»'</script>",
        "<script type=importmap>{\"imports\":{\"a\":\"«importMapAddress:./a.js»\",\"«importMapKey:/b.js»\":\"«importMapAddress:/c.js»\"}}</script>",
        "<script type=\"application/ld+json\">{\"image\":\"a.png\"}</script><script type=speculationrules>{\"urls\":[\"a\"]}</script>",
        "<script>const a = '<img src=b.png>'</script><textarea><img src=c.png></textarea><title><img src=d></title>",
        "<script src=«script:a.js»>import('./b.js')</script>",
        // Foreign content.
        "<svg><use href=\"«s.svg#i»\"/><image xlink:href='«a.png»'/><a href=«page:b.html»>x</a><feImage href=«c.png» /></svg>",
        "<svg><rect fill=\"url(«s.svg#g»)\" filter='url(\"«f.svg#a»\")'/><style>a{b:url(«c.png»)}</style></svg>",
        "<svg><style><![CDATA[a{b:url(«c.png»)}]]></style><script href=«script:a.js» /></svg><img src=«b.png»>",
        "<svg><foreignObject><img src=«a.png»></foreignObject><image href=«b.png»></svg><math href=«page:c»></math>",
        "<image src=«a.png»>",
        // What is hidden, and what is not.
        "<!-- <img src=a.png> --><!--[if IE]><script src=a.js></script><![endif]--><img src=«b.png»>",
        "<template><img src=«a.png»><template><a href=«page:b»></template></template>",
        "<noscript><img src=«a.png»></noscript>",
        "<head><noscript><link rel=stylesheet href=«styleSheet:a.css»></noscript></head>",
        "<iframe srcdoc='<img src=a.png>'></iframe><blockquote cite=a.html><a ping=b data-href=c>",
        "<plaintext><img src=a.png>",
        // What names no file.
        "<a href><a href=\"\"><a href='#x'><a href=JavaScript:x()><img src=\"data:image/png,x\"><img src='  '>",
        // Broken markup.
        "<img src=«a.png» src=b.png><img src='«c.png»'class=x><img/src=«d.png»><img src = «e.png»>",
        "<b><p><a href=«page:a.html»>x</b>y</p>z</a>",
        "<a href=«page:a»><table><a href=«page:b»><tr><td><img src=«c»></table>",
        "<b style='a:url(«x.png»)'><p>1</b>2</p><p>3",
        "<table><img src=«a.png»><tr><td background=«b.png»></table>",
        "<select><img src=a.png><option></select><img src=«b.png»>",
        "<img src=\"«a.png»\"<img src=b.png><img src=«c.png»>",
        "<img src=\" \n«a.png»\t\"><img src=\"«a b.png»\">",
        "<img src=\"a.png",
        "<style>a{b:url(«c.png»)}",
        "<img src=«&amp;a.png»><img src=«&amp\"b\"» alt=><img src=«a/b/»>",
        // Bytes.
        "\u{FEFF}<img src=«a.png»>\r\n<img\r\nsrc\r\n=\r\n\"«b.png»\"\r\n>",
        "<p>\u{0}<img src=«a.png»>é\t<img\tsrc=\"«ü.png»\">",
        "<img src=\"«a.png?b=1&amp;c=2&copy=3»\">",
    ])
    func findsWhatIsMarked(_ marked: String) {
        let text = MarkedText(marked, role: .image)
        let reading = HTMLReader.read(text.bytes)
        #expect(MarkedText.marks(of: reading) == text.marks)
        #expect(reading.faults.isEmpty)
    }

    @Test func leavesWhatDecidesWhereAScriptEnds() {
        let reading = HTMLReader.read(Array("<script>import('a<!--<script>');import('b')</script>".utf8))
        #expect(reading.references.map(\.target) == ["b"])
        #expect(reading.faults.map(\.message).contains("URL holds the beginning of a tag"))
    }

    /// `&quot` and then another name would be another reference, or none.
    @Test(arguments: ["<p style=\"a:url(&quot./a.png&quot;)\">", "<img srcset='&#9./a.png 1x'>"])
    func leavesWhatStandsBehindAReferenceWithoutItsSemicolon(_ page: String) {
        let reading = HTMLReader.read(Array(page.utf8))
        #expect(reading.references.isEmpty)
        #expect(reading.faults.map(\.message) == ["a character reference without its ; stands before the URL"])
    }

    @Test(arguments: [
        ("<img src=\"a&amp;b.png\">", "a&b.png"), ("<img src='a&#x2f;b.png'>", "a/b.png"), ("<img src=a&copy;.png>", "a©.png"),
        ("<img src=\"?a&copy=b\">", "?a&copy=b"), ("<img src=\" a b.png \n\">", "a b.png"), ("<img src=\"&#32;a.png\">", "a.png"),
        ("<img srcset=\"a&amp;b.png 1x\">", "a&b.png"), ("<img srcset=\"a&notit;b.png 1x\">", "a&notit;b.png"),
        ("<p style=\"a:url(&quot;a\\&quot;b.png&quot;)\">", "a\"b.png"),
    ])
    func undoesCharacterReferences(_ html: String, _ target: String) {
        #expect(HTMLReader.read(Array(html.utf8)).references.map(\.target) == [target])
    }

    @Test func saysHowAURLIsWritten() {
        let double = UInt8(ascii: "\"")
        let single = UInt8(ascii: "'")
        let html = "<img src=a srcset='b'><img src=\"c\"><p style='a:url(\"d\")'><style>a{b:url(e)}</style>"
        #expect(
            HTMLReader.read(Array(html.utf8)).references.map(\.notation) == [
                [.htmlAttribute(quote: nil)], [.sourceSet, .htmlAttribute(quote: single)], [.htmlAttribute(quote: double)],
                [.cssString(quote: double), .htmlAttribute(quote: single)], [.cssURL],
            ])
    }

    @Test func saysWhereIntegrityStands() {
        let html =
            "<script src='a.js'></script><link rel=stylesheet href=b.css integrity=\"sha384-x\"><img src=c><script integrity src=d></script>"
        let references = HTMLReader.read(Array(html.utf8)).references
        let value = Array(html.utf8).firstRange(of: Array("sha384-x".utf8))
        let expected: [Reference.IntegritySlot?] = [.absent(insertAt: 18), value.map { .value($0) }, nil, nil]
        #expect(references.map(\.integrity) == expected)
    }

    @Test func theFirstBaseCounts() {
        #expect(HTMLReader.read(Array("<base target=x><base href='/a&amp;b/'><base href=/c/><img src=d>".utf8)).base == "/a&b/")
        #expect(HTMLReader.read(Array("<svg><base href=a></svg>".utf8)).base == nil)
    }

    @Test func bytesThatAreNoTextAreStrangeLettersAndNoMore() {
        let bytes: [UInt8] = Array("<p>".utf8) + [0xFF, 0xC3, 0x28, 0x00] + Array("<img src=\"".utf8) + [0xE9] + Array(".png\">".utf8)
        let reading = HTMLReader.read(bytes)
        #expect(reading.references.map(\.span) == [17..<22])
        #expect(reading.references.map(\.target) == ["\u{FFFD}.png"])
    }

    @Test func utf16IsAFault() {
        #expect(HTMLReader.read([0xFF, 0xFE, 0x3C, 0x00]).faults.count == 1)
        #expect(HTMLReader.read([0xFE, 0xFF, 0x00, 0x3C]).faults.count == 1)
    }

    @Test(arguments: [
        "<div>", "<span>", "<svg><g>", "<b><div></b>", "<div><marquee></div>", "<table><tr><td>", "<ul><li>", "<svg><title>", "<a><div>",
    ])
    func depthIsBoundedBeforeParsing(_ unit: String) {
        let page = Array(("<img src=a.png>" + String(repeating: unit, count: 20_000)).utf8)
        let reading = HTMLReader.read(page)
        #expect(reading.references.isEmpty)
        #expect(reading.faults.count == 1)
    }

    @Test(arguments: [
        "<p>", "<li>", "<img src=x>", "<br>", "<div></div>", "<span></p></span>", "<td>", "<option>", "<!-- <div> -->",
        "<svg><path/></svg>",
        "<script>'<div>'</script>", "<a title='<div>'></a>", "<title><div></title>", "<p><b>x</b>", "<i><b></i></b>", "<a name=x><p>x",
        "<div><b></div>", "<p><i>x", "<p><font color=red>x", "<p>x<div></div>", "<li><p>x",
    ])
    func lengthIsNoDepth(_ unit: String) {
        let page = Array((String(repeating: unit, count: 5_000) + "</select><a href=end>").utf8)
        let reading = HTMLReader.read(page)
        #expect(reading.references.last?.target == "end")
        #expect(reading.faults.isEmpty)
    }

    @Test func formattingThatIsNeverClosedIsBounded() {
        let fonts = (0..<400).map { "<font color=\($0)>" }.joined()
        let page = Array((fonts + String(repeating: "<p>x", count: 20_000)).utf8)
        #expect(HTMLReader.read(page).faults.count == 1)
    }

    @Test func manyThreadsReadAtOnce() async {
        let page = Array(String(repeating: "<p style='a:url(&quot;b&quot;)'><img src=a&amp;b>", count: 200).utf8)
        let expected = HTMLReader.read(page)
        await withTaskGroup(of: Reading.self) { group in
            for _ in 0..<16 { group.addTask { HTMLReader.read(page) } }
            for await reading in group { #expect(reading == expected) }
        }
    }
}
