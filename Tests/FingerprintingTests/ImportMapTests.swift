import Testing

@testable import Fingerprinting

@Suite struct ImportMapTests {
    private let site = [
        "pages/index.html": "<head>\n<script type=module\n@module ../js/app.js\n></script>\n",
        "js/app.js": "@module ./lib.js\n@module ./other.js\n",
        "js/lib.js": "@module ./leaf.js\n", "js/leaf.js": "@dynamicModule ./app.js\n", "js/other.js": "other",
    ]
    private let options = plainOptions { $0.usesImportMap = true }

    @Test func modulesKeepTheirTextAndThePageLeadsThem() async throws {
        let place = Place()
        _ = place.tree(site)
        let report = try await place.digest("in", to: "out", options)
        let names = report.manifest.entries.mapValues(\.name)
        #expect(place.text("out/\(names["js/lib.js"] ?? "")") == site["js/lib.js"])
        #expect(report.manifest.entries.values.allSatisfy { !$0.isOfComponent })
        let map = ["js/app.js", "js/leaf.js", "js/lib.js", "js/other.js"].map { "\"../\($0)\":\"../\(names[$0] ?? "")\"" }
        #expect(
            place.text("out/pages/index.html")
                == "<head>\n<script type=\"importmap\">{\"imports\":{\(map.joined(separator: ","))}}</script><script type=module\n"
                + "@module ../\(names["js/app.js"] ?? "")\n></script>\n")
    }

    @Test func aChangedLeafRenamesItselfAlone() async throws {
        let place = Place()
        _ = place.tree(site)
        try await place.digest("in", to: "out", options)
        place.write("in/js/leaf.js", Array("@dynamicModule ./app.js\nchanged\n".utf8))
        let report = try await place.digest("in", to: "out", options)
        #expect(report.changes?.list.map(\.key) == ["js/leaf.js"])
    }

    @Test func aMapOfThePageItselfIsExtended() {
        func extended(_ page: String) -> String? {
            let bytes = Array(page.utf8)
            let offset = page.utf8.count - 12
            guard let place = ImportMapWriting.place(in: bytes, near: offset) else { return nil }
            var rewriting = Rewriting()
            switch place {
            case .inImports(let at, let isEmpty): rewriting.insert(Array((isEmpty ? "X" : "X,").utf8), at: at)
            case .inMap(let at, let isEmpty): rewriting.insert(Array((isEmpty ? "M" : "M,").utf8), at: at)
            }
            return String(decoding: rewriting.apply(to: bytes), as: UTF8.self)
        }
        let open = "<p><script type=importmap>"
        #expect(extended(open + "{\"imports\": {\"a\":\"b\"}}</script>") == open + "{\"imports\": {X,\"a\":\"b\"}}</script>")
        #expect(extended(open + "{\"imports\":{ }}</script>") == open + "{\"imports\":{X }}</script>")
        #expect(
            extended(open + "{\"scopes\":{\"imports\":{\"a}\":\"\\\"\"}},\"imports\":{\"a\":\"b\"}}</script>")
                == open + "{\"scopes\":{\"imports\":{\"a}\":\"\\\"\"}},\"imports\":{X,\"a\":\"b\"}}</script>")
        #expect(extended(open + "{\"scopes\":{\"q\":{\"a\":\"b\"}}}</script>") == open + "{M,\"scopes\":{\"q\":{\"a\":\"b\"}}}</script>")
        #expect(extended(open + "{}</script>") == open + "{M}</script>")
    }
}
