import Testing

@testable import References

@Suite struct PageHintTests {
    private func hints(_ page: String) -> [String] {
        PageHintReader.read(Array(page.utf8)).hints.map { "\($0.target) \($0.parameters)" }
    }

    @Test func scriptsAndStyleSheetsAreWhatAPageNeeds() {
        #expect(
            hints(
                """
                <!doctype html><script type="module" crossorigin src="/assets/index.js"></script>
                <link rel="modulepreload" crossorigin href="/assets/vendor.js"><link rel="stylesheet" href="/assets/index.css">
                <body><script src="old.js?v=1&amp;w=2" defer></script>
                """) == [
                    "/assets/index.js rel=modulepreload; crossorigin", "/assets/vendor.js rel=modulepreload; crossorigin",
                    "/assets/index.css rel=preload; as=style", "old.js?v=1&w=2 rel=preload; as=script",
                ])
    }

    @Test func whatAPagePreloadsItselfIsRepeated() {
        #expect(
            hints(
                """
                <link rel=preload as=font type="font/woff2" crossorigin href=a.woff2><link rel="preload" as="fetch"
                crossorigin="use-credentials" href="data.json"><link rel=preload as=image href=hero.avif type=image/avif>
                """) == [
                    "a.woff2 rel=preload; as=font; type=\"font/woff2\"; crossorigin",
                    "data.json rel=preload; as=fetch; crossorigin=use-credentials", "hero.avif rel=preload; as=image; type=\"image/avif\"",
                ])
    }

    @Test(arguments: [
        "<link rel=stylesheet media=print href=a.css>", "<link rel='alternate stylesheet' href=a.css>",
        "<link rel=stylesheet disabled href=a.css>",
        "<script nomodule src=a.js></script>", "<script type=application/json src=a.js></script>", "<script>import 'a.js'</script>",
        "<link rel=prefetch href=a.js>", "<link rel=preload href=a.js>", "<link rel=preload as=document href=a.html>",
        "<link rel=preload as=image imagesrcset='a.png 2x' href=a.png>", "<link rel=icon href=a.png>", "<img src=a.png>",
        "<noscript><link rel=stylesheet href=a.css></noscript>", "<template><script src=a.js></script></template>",
        "<svg><script href=a.js></script></svg>", "<!-- <script src=a.js></script> -->", "<script src=data:text/javascript,1></script>",
        "<script integrity='sha256-\"><x' src=a.js></script>", "<script src=''></script>", "",
    ])
    func whatIsDoubtfulIsNoHint(_ page: String) {
        #expect(hints(page) == [])
    }

    @Test func integrityComesAlong() {
        #expect(
            hints("<script src=a.js integrity=sha384-abc+/=></script>") == ["a.js rel=preload; as=script; integrity=\"sha384-abc+/=\""])
    }

    @Test func theFirstBaseAndEachHintOnce() {
        let page = "<base href=/app/><base href=/b/><script src=a.js></script><script src=a.js></script>"
        #expect(PageHintReader.read(Array(page.utf8)).base == "/app/")
        #expect(hints(page).count == 1)
    }

    @Test(arguments: 0..<200) func anyBytesAreAPage(_ seed: UInt64) {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        let words = [
            "<script src=", "<link rel=preload as=", "href=", ">", "\"", "'", "\0", "\u{ff}", "integrity=", "é", "</", "<base href=",
        ]
        var page: [UInt8] = []
        for _ in 0..<60 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            page += words[Int(state >> 33) % words.count].utf8
        }
        for hint in PageHintReader.read(page).hints {
            #expect(hint.parameters.utf8.allSatisfy { (0x20...0x7e).contains($0) }, "seed \(seed)")
        }
    }
}
