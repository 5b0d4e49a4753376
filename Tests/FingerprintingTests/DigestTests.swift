import Testing

@testable import Fingerprinting

@Suite struct DigestTests {
    private let site = [
        "index.html": "<html>\n@script js/app.js\n@styleSheet /css/app.css?x=1#y\n@page about.html\n@image data:image/png;base64,AA\n",
        "about.html": "@page /\n@page mailto:a@example.com\n@page https://example.com/app.js\n",
        "js/app.js": "code\n@module ./lib.js\n@module bare\n@image nothing.png is in a comment? no\n",
        "js/lib.js": "lib\n",
        "css/app.css": "@image ../img/a%20b.png\n",
        "img/a b.png": "png",
        "js/nothing.png": "x",
        "robots.txt": "User-agent: *\n",
    ]

    @Test func renamesWhatIsReferredToAndRewritesWhoRefers() async throws {
        let place = Place()
        _ = place.tree(site)
        let report = try await place.digest()
        let picture = "img/a b-\(sha256("png").prefix(16)).png"
        let lib = "js/lib-\(sha256("lib\n").prefix(16)).js"
        let css = "@image ../img/a%20b-\(sha256("png").prefix(16)).png\n"
        let style = "css/app-\(sha256(css).prefix(16)).css"
        let other = "nothing-\(sha256("x").prefix(16)).png"
        let code = "code\n@module ./lib-\(sha256("lib\n").prefix(16)).js\n@module bare\n@image \(other) is in a comment? no\n"
        let app = "js/app-\(sha256(code).prefix(16)).js"
        #expect(place.names("out") == [picture, lib, style, app, "js/\(other)", "index.html", "about.html", "robots.txt"])
        #expect(place.text("out/\(style)") == css)
        #expect(place.text("out/\(app)") == code)
        #expect(
            place.text("out/index.html")
                == "<html>\n@script \(app)\n@styleSheet /\(style)?x=1#y\n@page about.html\n@image data:image/png;base64,AA\n")
        #expect(place.text("out/about.html") == site["about.html"])
        #expect(report.files == 8 && report.renamed == 5 && report.rewritten == 3)
        #expect(report.manifest.entries["js/app.js"]?.name == app)
        #expect(report.findings.isEmpty)
    }

    @Test func aCircleHasOneDigestWhereverItBegins() async throws {
        let place = Place()
        _ = place.tree(["a.js": "@module ./b.js\n", "b.js": "@module ./c.js\n@module ./d.js\n", "c.js": "@module ./a.js\n", "d.js": "d"])
        let report = try await place.digest()
        let names = ["a.js", "b.js", "c.js"].compactMap { report.manifest.entries[$0]?.name }
        #expect(Set(names.map { $0.dropFirst(2) }).count == 1)
        #expect(names.allSatisfy { report.manifest.entries["\($0.first!).js"]?.isOfComponent == true })
        #expect(report.manifest.entries["d.js"]?.isOfComponent == false)
        #expect(place.text("out/\(names[0])") == "@module ./\(names[1])\n")
        #expect(place.text("out/\(names[2])") == "@module ./\(names[0])\n")
    }

    @Test func itsOwnOutputStaysAsItIs() async throws {
        let place = Place()
        _ = place.tree(site.merging(["a.js": "@module ./b.js\n", "b.js": "@module ./a.js\n", "loose.json": "{}"]) { $1 })
        for names in DigestOptions.PlainNames.allCases {
            for mode in DigestOptions.Mode.allCases {
                let options = plainOptions {
                    $0.mode = mode
                    $0.plainNames = names
                    $0.compresses = true
                }
                try await place.digest("in", to: "one", options)
                let report = try await place.digest("one", to: "two", options)
                #expect(place.read("one") == place.read("two"), "\(mode) \(names)")
                #expect(report.rewritten == 0)
            }
        }
    }

    @Test func threadsFolderAndOrderDoNotMatter() async throws {
        let place = Place()
        _ = place.tree(site, in: "in")
        for (name, text) in site.sorted(by: { $0.key > $1.key }) { place.write("elsewhere/deep/\(name)", Array(text.utf8)) }
        try await place.digest("in", to: "one", plainOptions { $0.threads = 1 })
        try await place.digest("elsewhere/deep", to: "two", plainOptions { $0.threads = 2 })
        #expect(place.read("one") == place.read("two"))
    }

    @Test func aChangeRenamesOnlyWhatMust() async throws {
        let place = Place()
        _ = place.tree(site)
        try await place.digest()
        place.write("in/js/lib.js", Array("lob\n".utf8))
        let report = try await place.digest()
        #expect(report.changes?.list.map(\.key) == ["js/app.js", "js/lib.js"])
    }

    @Test func aReferenceToNothingFailsWithItsPlaceAndWritesNothing() async throws {
        let place = Place()
        _ = place.tree([
            "index.html": "<p>\n  \n@image img/Logo.png\n@script aap.js\n@sourceMap x.js.map\n@page /route\n", "img/logo.png": "x",
            "app.js": "y",
        ])
        let error = await #expect(throws: DigestFindings.self) { try await place.digest() }
        #expect(
            error?.findings.map(\.line) == [
                "index.html:3:8: error: \"img/Logo.png\" leads nowhere: there is no img/Logo.png, which differs only by case from img/logo.png",
                "index.html:4:9: error: \"aap.js\" leads nowhere: there is no aap.js; the nearest is app.js",
                "index.html:5:12: warning: \"x.js.map\" leads nowhere: there is no x.js.map",
                "index.html:6:7: warning: \"/route\" leads nowhere: there is no route",
            ])
        #expect(place.names("out").isEmpty)
        let report = try await place.digest("in", to: "out", plainOptions { $0.missing = .warn })
        #expect(report.findings.allSatisfy { $0.severity == .warning })
    }

    @Test func somebodyElsesFolderIsNotOverwritten() async throws {
        let place = Place()
        _ = place.tree(["a.js": "a"])
        place.write("out/precious.txt", [1])
        await #expect(throws: DigestFault.foreignOutput("\(place.path)/out")) { try await place.digest() }
        #expect(place.names("out") == ["precious.txt"])
        await #expect(throws: DigestFault.self) { try await place.digest("in", to: "in/out") }
    }
}

/// What sites that were built with NEJ's toolkit have published for years goes on.
@Suite struct OlderNamesTests {
    private let site = [
        "index.html": "@script app.js\n@page modules/list.html\n", "app.js": "code", "modules/list.html": "@image a.png\n",
        "modules/a.png": "png",
    ]

    @Test func namesWithMD5InUnderscores() async throws {
        let place = Place()
        _ = place.tree(["core.js": "hello"])
        let options = plainOptions {
            $0.format = try! NameFormat("[FILENAME]_[VERSION]")
            $0.hash = .md5
        }
        try await place.digest("in", to: "out", options)
        #expect(place.names("out") == ["core_5d41402abc4b2a76b9719d911017c592.js"])
    }

    @Test func aModulePageUnderBothNames() async throws {
        let place = Place()
        _ = place.tree(site)
        let report = try await place.digest(
            "in", to: "out",
            plainOptions {
                $0.rename = [Glob("modules/**")]
                $0.plainNames = .keep
            })
        let page = try #require(report.manifest.entries["modules/list.html"])
        #expect(page.name != "modules/list.html" && page.isPlain)
        #expect(place.text("out/\(page.name)") == place.text("out/modules/list.html"))
        #expect(place.text("out/index.html")?.contains("@page \(page.name)\n") == true)
    }

    @Test func aFixedSuffixProvesNothing() async throws {
        let place = Place()
        _ = place.tree(site)
        let options = plainOptions { $0.format = try! NameFormat("[FILENAME]_v1") }
        let report = try await place.digest("in", to: "out", options)
        #expect(report.manifest.entries["app.js"]?.name == "app_v1.js")
        #expect(report.manifest.entries["app.js"]?.isFixed == true)
        try await place.digest("out", to: "two", options)
        #expect(place.read("out") == place.read("two"))
    }

    @Test func whatTheUserListsKeepsItsName() async throws {
        let place = Place()
        _ = place.tree(site)
        try await place.digest("in", to: "out", plainOptions { $0.keep = [Glob("*.png")] })
        #expect(place.names("out").contains("modules/a.png"))
    }
}

@Suite struct IntegrityTests {
    @Test func isCorrectedAndWrittenWhereAsked() async throws {
        let place = Place()
        _ = place.tree(["index.html": "@script a.js integrity=sha384-old\n@script b.js sri\n", "a.js": "a", "b.js": "b"])
        let one = try await place.digest()
        let a = try #require(one.manifest.entries["a.js"])
        #expect(a.integrity == "sha384-VKWbnyKwuAiA2EJ+VIt8I6vYc0huHwNdzpzWl+hRdQM8qojm1XvDXvrgta/TFF8x")
        let text = try #require(place.text("out/index.html"))
        #expect(text.hasPrefix("@script \(a.name) integrity=\(a.integrity ?? "")\n"))
        #expect(!text.contains("sha384-old") && text.contains(" sri\n"))
        let two = try await place.digest("in", to: "two", plainOptions { $0.insertsIntegrity = true })
        let b = try #require(two.manifest.entries["b.js"])
        #expect(place.text("two/index.html")?.contains("@script \(b.name) integrity=\"\(b.integrity ?? "")\" sri\n") == true)
    }
}
