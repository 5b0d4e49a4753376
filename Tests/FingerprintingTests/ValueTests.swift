import Files
import References
import TestSeeds
import Testing

@testable import Fingerprinting

@Suite struct NameFormatTests {
    private let digest = String(repeating: "0123456789abcdef", count: 4)

    @Test(arguments: [
        ("[name]-[digest:16].[ext]", "js/core.min.js", "js/core.min-0123456789abcdef.js"),
        ("[name]-[digest:16].[ext]", "core.js.map", "core-0123456789abcdef.js.map"),
        ("[name]-[digest:8].[ext]", "LICENSE", "LICENSE-01234567"),
        ("[path][name].[digest:20].[ext]", "a/b/c.css", "a/b/c.0123456789abcdef0123.css"),
        ("[FILENAME]_[VERSION]", "x/core.js", "x/core_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.js"),
        ("[digest:12].[ext]", "x/core.woff2", "x/0123456789ab.woff2"),
        ("[name]_v1.[ext]", "core.js", "core_v1.js"),
        ("[name]-[digest:8].[ext]", "a b/ä.png", "a b/ä-01234567.png"),
        ("[name]-[digest:8].[ext]", "archive.tar.gz", "archive.tar-01234567.gz"),
    ]) func namesAFile(format: String, name: String, expected: String) throws {
        #expect(try NameFormat(format).apply(to: name, digest: digest) == expected)
    }

    @Test func whatGivesNoNameIsRefused() {
        #expect(throws: NameFormatFault.unclosed("[name")) { try NameFormat("[name") }
        #expect(throws: NameFormatFault.unknownToken("RAND", "[name]_[RAND]")) { try NameFormat("[name]_[RAND]") }
        #expect(throws: NameFormatFault.digits("digest:4")) { try NameFormat("[name]-[digest:4]") }
        #expect(throws: NameFormatFault.digits("digest:x")) { try NameFormat("[name]-[digest:x]") }
        #expect(throws: NameFormatFault.movesFolder("assets/[name].[ext]")) { try NameFormat("assets/[name].[ext]") }
        #expect(throws: NameFormatFault.movesFolder("[name]/[path]")) { try NameFormat("[name]/[path]") }
        #expect(throws: NameFormatFault.sameForAll("app.[ext]")) { try NameFormat("app.[ext]") }
    }

    @Test func aFixedSuffixIsNoDigest() throws {
        #expect(try !NameFormat("[name]_v1.[ext]").hasDigest)
        #expect(NameFormat.standard.hasDigest && NameFormat.standard.hasName)
    }
}

@Suite struct AddressTests {
    @Test(arguments: [
        ("a.js", AddressText.Form.relative), ("/a.js", .absolutePath), ("//h/a", .elsewhere), ("https://h/a", .elsewhere),
        ("data:x", .elsewhere), ("mailto:a@b", .elsewhere), ("#x", .sameDocument), ("?x", .sameDocument), ("", .sameDocument),
        ("{{ url }}", .template), ("<%= x %>", .template), ("a/${b}.js", .template), ("1:2", .relative), ("\\a", .absolutePath),
    ]) func knowsItsForm(text: String, form: AddressText.Form) {
        #expect(AddressText(text).form == form)
    }

    @Test func isPutTogetherAsItWas() {
        for text in ["a?b#c", "a#b?c", "/x/y?", "#", "a%20b", "ä?ö#ü"] { #expect(AddressText(text).text == text) }
        #expect(AddressText(" \n a.js\t").text == "a.js")
    }

    @Test(arguments: [
        ("x.js", "a/", "a/x.js"), ("../x.js", "a/b/", "a/x.js"), ("../../../x", "a/", "x"), ("./x", "", "x"), ("/x/./y/../z", "q/", "x/z"),
        ("..", "a/b/", "a/"), (".", "", ""), ("x//y", "", "x/y"), ("/", "a/", ""), ("b/", "a/", "a/b/"), (".hidden", "", ".hidden"),
    ]) func pathsAreFollowed(path: String, folder: String, expected: String) {
        #expect(TreePath.resolve(path, from: folder) == expected)
    }

    @Test func percentEncodingComesAndGoes() {
        #expect(PathEscape.undo("a%20b%C3%A4") == "a bä")
        #expect(PathEscape.undo("100%") == "100%")
        #expect(PathEscape.undo("%ff") == nil)
        #expect(PathEscape.make("a b?#%ä'\"", isRaw: false) == "a%20b%3F%23%25%C3%A4%27%22")
        #expect(PathEscape.make("ä b", isRaw: true) == "ä%20b")
    }

    @Test func aVersionInTheQueryIsReplacedAndTheRestStays() {
        #expect(AddressWriter.query(nil, digest: "D") == "D")
        #expect(AddressWriter.query("", digest: "D") == "D")
        #expect(AddressWriter.query("v=1.2.3", digest: "D") == "D")
        #expect(AddressWriter.query("0a1b", digest: "D") == "D")
        #expect(AddressWriter.query("lang=en", digest: "D") == "v=D&lang=en")
        #expect(AddressWriter.query("v=1&lang=en", digest: "D") == "v=D&lang=en")
    }

    @Test func aPrefixGoesWhereAssetsAreNamed() throws {
        let target = AddressWriter.Target(oldName: "js/a b.js", newName: "js/a b-1.js", query: nil, isAsset: true)
        func write(_ prefix: String, _ address: String, fromAsset: Bool = false, role: Reference.Role = .script) throws -> String {
            let writer = AddressWriter(mode: .name, prefix: prefix.isEmpty ? .none : try AddressPrefix(prefix))
            return writer.address(address, role: role, to: target, isFromAsset: fromAsset)
        }
        #expect(try write("", "../js/a%20b.js?x#y") == "../js/a%20b-1.js?x#y")
        #expect(try write("https://cdn.example", "a%20b.js") == "https://cdn.example/js/a%20b-1.js")
        #expect(try write("https://cdn.example/", "a%20b.js", fromAsset: true) == "a%20b-1.js")
        #expect(try write("https://cdn.example/", "/js/a%20b.js", fromAsset: true) == "https://cdn.example/js/a%20b-1.js")
        #expect(try write("https://cdn.example/", "a%20b.js", role: .worker) == "a%20b-1.js")
        #expect(try write("/{node}/s", "a%20b.js") == "/{node}/s/js/a%20b-1.js")
        for text in ["cdn.example", "ftp://x/", "https:///x", "/a?b", "/a b"] {
            #expect(throws: AddressPrefixFault.self) { try AddressPrefix(text) }
        }
        #expect(try AddressPrefix("//cdn/{build}/x").filled(build: "B").text == "//cdn/B/x/")
    }
}

@Suite struct ResolverTests {
    private func resolve(_ target: String, _ role: Reference.Role, from name: String, base: String? = nil, prefix: String? = nil) throws
        -> String
    {
        let names = ["index.html", "a b.png", "docs/index.html", "docs/x.html", "js/app.js", "js/lib.js"]
        let tree = BuildTree(
            root: "",
            files: names.map { .init(name: $0, path: "", stamp: FileStamp(size: 0, inode: 0, modified: 0, changed: 0), permissions: 0) })
        let resolver = Resolver(tree: tree, prefix: try prefix.map { try AddressPrefix($0) } ?? .none)
        let language: Language = name.hasSuffix(".js") ? .javaScript : .html
        let notation: [Reference.Notation] = language == .javaScript ? [.javaScriptString(quote: 0x22)] : [.htmlAttribute(quote: 0x22)]
        let reference = Reference(span: 0..<0, target: target, role: role, notation: notation)
        return switch resolver.resolve(reference, from: resolver.base(of: name, declared: base, language: language)) {
        case .file(let index): tree.files[index].name
        case .folder(let folder): "folder \(folder)"
        case .elsewhere: "elsewhere"
        case .missing(let name, let isCertain): "\(isCertain ? "missing" : "perhaps") \(name)"
        case .dependsOnPages(let path): "pages \(path)"
        }
    }

    @Test func findsWhatABrowserWouldLoad() throws {
        #expect(try resolve("a%20b.png?x#y", .image, from: "index.html") == "a b.png")
        #expect(try resolve("../a b.png", .image, from: "docs/x.html") == "a b.png")
        #expect(try resolve("/docs/", .page, from: "index.html") == "docs/index.html")
        #expect(try resolve("/docs", .page, from: "index.html") == "docs/index.html")
        #expect(try resolve("docs/x", .page, from: "index.html") == "docs/x.html")
        #expect(try resolve("app.js", .script, from: "index.html", base: "/js/") == "js/app.js")
        #expect(try resolve("app.js", .script, from: "index.html", base: "https://other.example/") == "elsewhere")
        #expect(try resolve("js/app.js", .module, from: "index.html") == "js/app.js")
        #expect(try resolve("lib.js", .module, from: "js/app.js") == "elsewhere")
        #expect(try resolve("./lib.js", .module, from: "js/app.js") == "js/lib.js")
        #expect(try resolve("lib.js", .moduleAsset, from: "js/app.js") == "js/lib.js")
        #expect(try resolve("w.js", .worker, from: "js/app.js") == "pages w.js")
        #expect(try resolve("/js/", .importMapAddress, from: "index.html") == "folder js/")
        #expect(try resolve("lib", .importMapAddress, from: "index.html") == "elsewhere")
    }

    @Test func saysHowSureItIsThatSomethingIsMissing() throws {
        #expect(try resolve("x.png", .image, from: "index.html") == "missing x.png")
        #expect(try resolve("/orders/7", .page, from: "index.html") == "perhaps orders/7")
        #expect(try resolve("gone.html", .page, from: "index.html") == "missing gone.html")
        #expect(try resolve("x.js.map", .sourceMap, from: "js/app.js") == "perhaps js/x.js.map")
    }

    @Test func aPrefixLeadsIntoTheTree() throws {
        #expect(try resolve("/static/js/app.js", .script, from: "index.html", prefix: "/static/") == "js/app.js")
        #expect(try resolve("/other/x.js", .script, from: "index.html", prefix: "/static/") == "elsewhere")
        #expect(try resolve("https://cdn.example/js/app.js", .script, from: "index.html", prefix: "https://cdn.example") == "js/app.js")
        #expect(try resolve("https://cdn.example/js/app.js", .script, from: "index.html") == "elsewhere")
    }
}

@Suite struct GlobTests {
    @Test(arguments: [
        ("*.json", "a/b/c.json", true), ("*.json", "c.jsonx", false), ("legacy/**", "legacy/a/b.js", true),
        ("legacy/*", "legacy/a/b.js", false),
        ("a/**/z.js", "a/z.js", true), ("a/**/z.js", "a/b/c/z.js", true), ("a/**/z.js", "b/z.js", false), ("?.js", "x.js", true),
        ("?.js", "xy.js", false), ("**/x/*.js", "q/x/w/x/a.js", true), ("/a.js", "a.js", true), ("/a.js", "b/a.js", false),
    ]) func matches(pattern: String, name: String, expected: Bool) {
        #expect(Glob(pattern).matches(name) == expected)
    }

    @Test func manyStarsDoNotTakeForever() {
        #expect(!Glob(String(repeating: "a*", count: 30) + "b").matches(String(repeating: "a", count: 3_000)))
        #expect(!Glob(String(repeating: "a/**/", count: 15) + "b").matches(String(repeating: "a/", count: 400) + "c"))
    }
}

@Suite struct ComponentTests {
    @Test func leavesComeFirstAndCirclesAreOne() {
        let graph = Components([[1], [2, 3], [0], [], [4], [3, 3]])
        #expect(graph.list == [[3], [0, 1, 2], [4], [5]])
        #expect(graph.levels([[1], [2, 3], [0], [], [4], [3, 3]]) == [[0, 2], [1, 3]])
    }

    @Test func aLongChainNeedsNoStack() {
        let count = 300_000
        let edges = (0..<count).map { $0 + 1 < count ? [$0 + 1] : [] }
        #expect(Components(edges).list.count == count)
    }

    @Test func agreesWithReachability() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            let count = Int.random(in: 1...9, using: &random)
            let edges = (0..<count).map { _ in (0..<count).filter { _ in Int.random(in: 0..<4, using: &random) == 0 } }
            var reach = (0..<count).map { a in (0..<count).map { a == $0 } }
            for _ in 0..<count {
                for a in 0..<count { for b in edges[a] { for c in 0..<count where reach[b][c] { reach[a][c] = true } } }
            }
            let graph = Components(edges)
            for a in 0..<count {
                for b in 0..<count { #expect((graph.component[a] == graph.component[b]) == (reach[a][b] && reach[b][a])) }
                for b in edges[a] { #expect(graph.component[b] <= graph.component[a]) }
            }
        }
    }
}

@Suite struct NotationTests {
    private func write(_ text: String, _ notation: Reference.Notation...) -> String {
        String(decoding: NotationEncoding.write(text, notation), as: UTF8.self)
    }

    @Test func aPlainAddressIsTheSameEverywhere() {
        let all: [Reference.Notation] = [
            .htmlAttribute(quote: nil), .sourceSet, .refresh, .cssString(quote: 0x27), .cssURL, .javaScriptString(quote: 0x60), .json,
            .xmlAttribute(quote: 0x22), .xmlText, .comment,
        ]
        for notation in all { #expect(write("../img/a-0f.png?x=1#y", notation) == "../img/a-0f.png?x=1#y") }
    }

    @Test func whatWouldEndItIsEscaped() {
        #expect(write("a&b=\"'", .htmlAttribute(quote: 0x22)) == "a&amp;b=&quot;'")
        #expect(write("a b>c=d", .htmlAttribute(quote: nil)) == "a%20b&gt;c=d")
        #expect(write("a, b", .sourceSet) == "a%2C%20b")
        #expect(write("a(b)'", .cssURL) == "a\\(b\\)\\'")
        #expect(write("a'\\\n", .cssString(quote: 0x27)) == "a\\'\\\\\\0a ")
        #expect(write("`${x}", .javaScriptString(quote: 0x60)) == "\\`\\${x}")
        #expect(write("a\"\\", .json) == "a\\\"\\\\")
        #expect(write("a&<'", .xmlAttribute(quote: 0x27)) == "a&amp;&lt;&#39;")
        #expect(write("a */b", .comment) == "a%20%2A/b")
        #expect(write("a'b", .cssString(quote: 0x27), .htmlAttribute(quote: 0x22)) == "a\\'b")
        #expect(write("a'b", .cssString(quote: 0x27), .htmlAttribute(quote: 0x27)) == "a\\&#39;b")
    }
}

@Suite struct PositionTests {
    @Test func linesAndColumnsAreThoseOfAnEditor() {
        let bytes = Array("\u{FEFF}ab\r\ncä x\rd\n".utf8)
        #expect(Position(of: 3, in: bytes) == Position(line: 1, column: 1))
        #expect(Position(of: 5, in: bytes) == Position(line: 1, column: 3))
        #expect(Position(of: 7, in: bytes) == Position(line: 2, column: 1))
        #expect(Position(of: 11, in: bytes) == Position(line: 2, column: 4))
        #expect(Position(of: 13, in: bytes) == Position(line: 3, column: 1))
        #expect(Position(of: 99, in: bytes).line == 4)
    }
}

@Suite struct NearestNameTests {
    @Test func tellsWhatWasMeant() {
        let nearest = NearestName(["img/Logo.png", "img/logotype.png", "css/app.css", "js/app.js"])
        #expect(nearest.hint(for: "img/logo.png") == ", which differs only by case from img/Logo.png")
        #expect(nearest.hint(for: "img/logotyp.png") == "; the nearest is img/logotype.png")
        #expect(nearest.hint(for: "app.css") == "; there is css/app.css")
        #expect(nearest.hint(for: "nothing.woff") == "")
    }
}

@Suite struct BuildManifestTests {
    @Test func anotherToolsFileIsNone() {
        #expect(BuildManifest(json: []) == nil)
        #expect(BuildManifest(json: Array("{\"name\":\"App\",\"icons\":[]}".utf8)) == nil)
    }

    @Test func survivesTheWayToJSON() async throws {
        let place = Place()
        _ = place.tree(["a \"ü\".js": "@module ./b.js\n", "b.js": "@module ./a%20%22%C3%BC%22.js\n", "index.html": "@module /b.js\n"])
        let report = try await place.digest("in", to: "out", plainOptions { $0.plainNames = .keep })
        let text = try #require(place.text("out/manifest.json"))
        #expect(BuildManifest(json: Array(text.utf8)) == report.manifest)
        #expect(report.manifest.preload["index.html"]?.count == 2)
        #expect(report.manifest.imports["/b.js"] == "/" + (report.manifest.entries["b.js"]?.name ?? ""))
    }

    @Test func otherToolsFindTheirShape() async throws {
        for format in ManifestFormat.allCases {
            let place = Place()
            _ = place.tree(["app.js": "x", "index.html": "@script app.js\n"])
            let options = plainOptions { $0.manifestFormat = format }
            try await place.digest("in", to: "out", options)
            guard let name = format.fileName else { continue }
            let text = try #require(place.text("out/\(name)"))
            #expect(ListedByOthers.values(Array(text.utf8)).contains { $0.hasSuffix("app-\(sha256("x").prefix(16)).js") }, "\(format)")
            try await place.digest("out", to: "two", options)
            #expect(place.read("out") == place.read("two"), "\(format)")
        }
    }

    /// Phoenix' `static_integrity` is made of `sha512`; with these options the names and digests are those of `mix phx.digest`.
    @Test func phoenixFindsWhatItsOwnDigestWrites() async throws {
        let place = Place()
        _ = place.tree(["app.js": "hello", "index.html": "@script app.js\n"])
        let options = plainOptions {
            $0.manifestFormat = .phoenix
            $0.hash = .md5
            $0.format = try! NameFormat("[name]-[digest:32].[ext]")
        }
        try await place.digest("in", to: "out", options)
        #expect(
            place.text("out/cache_manifest.json") == """
                {
                  "version": 1,
                  "digests": {
                    "app-5d41402abc4b2a76b9719d911017c592.js": {
                      "logical_path": "app.js",
                      "mtime": 0,
                      "size": 5,
                      "digest": "5d41402abc4b2a76b9719d911017c592",
                      "sha512": "m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw=="
                    }
                  },
                  "latest": {
                    "app.js": "app-5d41402abc4b2a76b9719d911017c592.js"
                  }
                }

                """)
        let before = place.read("out")
        try await place.digest("in", to: "out", options, now: Int64.max - 1)
        try await place.digest("in", to: "out", options, now: Int64.max - 1)
        #expect(place.read("out") == before)
    }

    @Test func aDamagedManifestIsNone() async throws {
        let place = Place()
        _ = place.tree(["a.js": "a", "index.html": "@script a.js\n"])
        try await place.digest()
        let whole = Array(try #require(place.text("out/manifest.json")).utf8)
        #expect(BuildManifest(json: whole) != nil)
        #expect(BuildManifest(json: Array(whole.dropLast(3))) == nil)
        var random = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = BuildManifest(json: bytes)
        }
        for spoiled in ["\"size\": 1": "\"size\": \"1\"", "sha256-": "sha1-", "\"name\"": "\"names\"", "\"version\": 1": "\"version\": 9"] {
            let text = String(decoding: whole, as: UTF8.self).replacing(spoiled.key, with: spoiled.value)
            #expect(BuildManifest(json: Array(text.utf8)) == nil, "\(spoiled)")
        }
    }

    @Test func whatAnotherManifestListsIsKept() async throws {
        let place = Place()
        _ = place.tree([
            "assets/index-Dk3_aB9x.js": "x", "plain.js": "y", "index.html": "@script assets/index-Dk3_aB9x.js\n@script plain.js\n",
            ".vite/manifest.json": "{\"index.html\": {\"file\": \"assets/index-Dk3_aB9x.js\"}}",
        ])
        try await place.digest()
        #expect(place.names("out").contains("assets/index-Dk3_aB9x.js"))
        #expect(!place.names("out").contains("plain.js"))
    }
}
