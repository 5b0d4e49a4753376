import Testing

@testable import Fingerprinting

@Suite struct PreloadListTests {
    private let names: Set<String> = ["index.html", "a.js", "b.js", "app/c.css", "app/index.html", "ü x.js"]

    private func field(_ page: String, of name: String = "index.html", imports: [String] = []) -> String? {
        PreloadLists.field(of: name, Array(page.utf8), names: names, imports: imports)
    }

    @Test func addressesAreThoseThatTheBrowserWillAskFor() {
        #expect(field("<script src=a.js></script>") == "</a.js>; rel=preload; as=script")
        #expect(field("<link rel=stylesheet href=c.css>", of: "app/index.html") == "</app/c.css>; rel=preload; as=style")
        #expect(field("<script src=../a.js?v=1></script>", of: "app/index.html") == "</a.js?v=1>; rel=preload; as=script")
        #expect(field("<base href=/app/><link rel=stylesheet href=c.css>") == "</app/c.css>; rel=preload; as=style")
        #expect(field("<script src='%C3%BC x.js'></script>") == "</%C3%BC%20x.js>; rel=preload; as=script")
    }

    @Test(arguments: [
        "<script src=/nowhere.js></script>", "<script src=//cdn.example/a.js></script>", "<script src=https://cdn.example/a.js></script>",
        "<script src='{{ a.js }}'></script>", "<base href=https://cdn.example/><script src=a.js></script>", "<p>nothing</p>",
    ])
    func whatIsNotInTheBuildIsNotNamed(_ page: String) {
        #expect(field(page) == nil)
    }

    @Test func whatADigestFoundOutIsAdded() {
        let page = "<script type=module src=a.js></script>"
        #expect(
            field(page, imports: ["a.js", "b.js", "app/c.css", "gone.js"])
                == "</a.js>; rel=modulepreload, </b.js>; rel=modulepreload, </app/c.css>; rel=preload; as=style")
        // Without modules nothing imports.
        #expect(field("<script src=a.js></script>", imports: ["b.js"]) == "</a.js>; rel=preload; as=script")
    }

    @Test func aFieldHasBounds() {
        let many = Set((0..<100).map { "long-\($0)-\(String(repeating: "x", count: 100)).js" })
        let page = many.sorted().map { "<script src=\($0)></script>" }.joined()
        let text = PreloadLists.field(of: "index.html", Array(page.utf8), names: many, imports: []) ?? ""
        #expect(text.utf8.count <= 2048)
        #expect(text.split(separator: ",").count <= 16)
        #expect(text.hasSuffix("rel=preload; as=script"))
    }
}
