import Manifests
import Model
import Names
import Snapshots
import Testing

@testable import Serving

/// Resolving a request, in the order of the design (`serving.md`).
@Suite struct ResolutionTests {
    private static let script = "js/core-0123456789abcdef.js"

    private static let files = [
        TestFile("index.html", "home"), TestFile("docs/index.html", "docs"), TestFile("about.html", "about"), TestFile("both", "file"),
        TestFile("both/index.html", "folder"), TestFile(script, "script", .strong), TestFile("data.json", "{}"),
        TestFile("core.js", "let core = 1"), TestFile(".well-known/x", "x"),
    ]

    @Test(arguments: [
        ("/", "0:index.html"), ("/index.html", "0:index.html"), ("/docs/", "0:docs/index.html"), ("/docs/index.html", "0:docs/index.html"),
        ("/about", "0:about.html"), ("/about.html", "0:about.html"), ("/both", "0:both"), ("/both/", "0:both/index.html"),
        ("/data.json?x=1", "0:data.json"), ("/data.json?v=12", "0:data.json"), ("/d%61ta.json", "0:data.json"),
        ("/docs/../about", "0:about.html"), ("/.well-known/x", "0:.well-known/x"), ("/" + script, "0:" + script),
        ("/" + script + "?utm_source=x", "0:" + script),
    ])
    func pathsFindTheirNames(target: String, expected: String) throws {
        #expect(try TestSite(Self.files).ask(target).answered == expected)
    }

    @Test(arguments: ["/about/", "/data", "//", "//index.html", "/docs//", "/INDEX.html", "/index.html/", "/%2541bout", "/.html"])
    func whatTheReleaseDoesNotHaveIsMissing(target: String) throws {
        let miss = try #require(try TestSite(Self.files).ask(target, [navigation]).miss)
        #expect(!miss.isSuspected)
        #expect(!miss.mayArrive)
    }

    @Test func aFolderIsRedirectedToItsSlash() throws {
        let site = try TestSite(Self.files)
        #expect(try site.ask("/docs").slash?.release == 0)
        #expect(try site.ask("/docs?x=1", [navigation]).slash != nil)
        #expect(try site.ask("/about").slash == nil)
    }

    // MARK: Names before releases

    /// v1 draining, v2 current.
    private func twoReleases(_ old: [TestFile], _ new: [TestFile]) throws -> TestSite {
        var site = try TestSite()
        site.releases = [try site.store.release(new, .current), try site.store.release(old, .draining)]
        return site
    }

    @Test func d1FingerprintedNamesOfEveryReleaseAnswerWhateverIsPinned() throws {
        let site = try twoReleases(
            [TestFile("index.html", "v1"), TestFile("app-aaaaaaaaaaaaaaaa.js", "v1", .strong)],
            [TestFile("index.html", "v2"), TestFile("app-bbbbbbbbbbbbbbbb.js", "v2", .strong)])
        for pin in [nil, site.releases[0].hex, site.releases[1].hex, String(repeating: "0", count: 64)] {
            let fields = pin.map { ["X-Deployment-Id: \($0)"] } ?? []
            #expect(try site.ask("/app-aaaaaaaaaaaaaaaa.js", fields).answered == "1:app-aaaaaaaaaaaaaaaa.js")
            #expect(try site.ask("/app-bbbbbbbbbbbbbbbb.js", fields).answered == "0:app-bbbbbbbbbbbbbbbb.js")
        }
    }

    @Test func d5UnchangedNamesAnswerFromTheNewestRelease() throws {
        let shared = TestFile("app-aaaaaaaaaaaaaaaa.js", "same", .proven)
        let site = try twoReleases([shared, TestFile("index.html", "v1")], [shared, TestFile("index.html", "v2")])
        let asked = try site.ask("/app-aaaaaaaaaaaaaaaa.js")
        #expect(asked.content?.release == 0)
        #expect(asked.content?.isNeed(in: asked.request.site) == false)
    }

    @Test func d7WhatOnlyADrainingReleaseHasCountsAsNeed() throws {
        let site = try twoReleases(
            [TestFile("index.html", "v1"), TestFile("app-aaaaaaaaaaaaaaaa.js", "v1", .strong)], [TestFile("index.html", "v2")])
        for (target, fields, isNeed) in [
            ("/app-aaaaaaaaaaaaaaaa.js", [], true), ("/", [], false), ("/index.html", ["X-Deployment-Id: \(site.releases[1].hex)"], true),
        ] as [(String, [String], Bool)] {
            let asked = try site.ask(target, fields)
            #expect(try #require(asked.content).isNeed(in: asked.request.site) == isNeed, "\(target)")
        }
    }

    @Test func m14AFixedNameFollowsTheRelease() throws {
        let site = try twoReleases([TestFile("core.js", "v1")], [TestFile("core.js", "v2")])
        #expect(try site.ask("/core.js").answered == "0:core.js")
        #expect(try site.ask("/core.js", ["X-Deployment-Id: \(site.releases[1].hex)"]).answered == "1:core.js")
        #expect(try site.ask("/core.js?dpl=\(site.releases[1].hex)").answered == "1:core.js")
        #expect(try site.ask("/core.js", [navigation, "X-Deployment-Id: \(site.releases[1].hex)"]).answered == "0:core.js")
    }

    @Test func aSuspectedNameInTheReleaseIsADocument() throws {
        let site = try TestSite([TestFile("icons/book-0123456789abcdef.svg", "x", .suspected)])
        let content = try #require(try site.ask("/icons/book-0123456789abcdef.svg").content)
        #expect(!content.isFingerprinted)
        #expect(content.means == .current)
    }

    // MARK: Digests in queries

    @Test(arguments: DigestKind.allCases) func m2AQueryDigestFindsTheContentItNames(kind: DigestKind) throws {
        let old = TestFile("core.js", "v1")
        let new = TestFile("core.js", "v2")
        let site = try twoReleases([old], [new])
        for (file, release) in [(old, 1), (new, 0)] {
            for query in [file.hex(kind), file.hex(kind).uppercased(), "v=\(file.hex(kind))", "utm=1&v=\(file.hex(kind))"] {
                let asked = try site.ask("/core.js?\(query)")
                #expect(asked.answered == "\(release):core.js", "\(query)")
                #expect(asked.content?.isFingerprinted == true)
            }
        }
    }

    @Test func m5ADigestThatNoReleaseKnowsIsAnotherNameThanThePath() throws {
        let site = try TestSite(Self.files)
        for digits in [32, 40, 64] {
            let unknown = String(repeating: "a", count: digits)
            for query in [unknown, "v=\(unknown)"] {
                let miss = try #require(try site.ask("/core.js?\(query)", [navigation], fallback: "index.html").miss, "\(query)")
                #expect(miss.isSuspected)
                #expect(miss.page == nil)
            }
        }
        // No digest, and so no part of the name.
        #expect(try site.ask("/core.js?\(String(repeating: "a", count: 33))").answered == "0:core.js")
    }

    @Test func m13TheVersionNumberIsNoPartOfTheName() throws {
        let site = try TestSite(Self.files)
        #expect(try site.ask("/core.js?v=12").answered == "0:core.js")
        #expect(try site.ask("/core.js?v=13").answered == "0:core.js")
    }

    @Test func d9BothFormsOfANameResolve() throws {
        let old = TestFile("core.js", "same bytes")
        let new = TestFile("core_\(old.hex(.md5)).js", "same bytes", .proven)
        let site = try twoReleases([old], [new])
        #expect(try site.ask("/core.js?\(old.hex(.md5))").answered == "1:core.js")
        #expect(try site.ask("/core_\(old.hex(.md5)).js").answered == "0:\(new.name)")
    }

    @Test func m12NamesWithDigestsAndPagesWithQueriesStandSideBySide() throws {
        let page = TestFile("module/page.html", "<p>v1")
        let changed = TestFile("module/page.html", "<p>v2")
        let script = TestFile("core_0123456789abcdef.js", "v1", .strong)
        let site = try twoReleases([page, script], [changed])
        #expect(try site.ask("/module/page.html?\(page.hex(.md5))").answered == "1:module/page.html")
        #expect(try site.ask("/module/page.html?\(changed.hex(.md5))").answered == "0:module/page.html")
        #expect(try site.ask("/core_0123456789abcdef.js").answered == "1:core_0123456789abcdef.js")
    }

    @Test func aQueryThatTheManifestListsIsPartOfTheName() throws {
        let site = try twoReleases(
            [TestFile("core.js?r1", "v1", .declared)], [TestFile("core.js?r2", "v2", .declared), TestFile("core.js", "x")])
        #expect(try site.ask("/core.js?r1").answered == "1:core.js?r1")
        #expect(try site.ask("/core.js?r2").answered == "0:core.js?r2")
        #expect(try site.ask("/core.js?r3").answered == "0:core.js")
    }

    // MARK: Revoked releases

    @Test func namesThatOnlyRevokedReleasesHaveAreGone() throws {
        var site = try TestSite(Self.files)
        let leaked = TestFile("leak.js", "secret")
        let revoked = try site.store.release(
            [
                TestFile("key-0123456789abcdef.js", "secret", .strong), leaked, TestFile(Self.script, "script", .strong),
                TestFile("page.html", "x"), TestFile("old.js?r1", "secret", .declared),
            ], .revoked)
        site.revoked = [revoked.manifest]
        #expect(try site.ask("/key-0123456789abcdef.js").isGone)
        #expect(try site.ask("/key-0123456789abcdef.js?utm=1").isGone)
        #expect(try site.ask("/leak.js?\(leaked.hex(.md5))").isGone)
        #expect(try site.ask("/old.js?r1").isGone)
        // A name that another release has goes on answering; a document is no name of the revoked release alone.
        #expect(try site.ask("/" + Self.script).answered == "0:" + Self.script)
        #expect(try site.ask("/page.html").miss != nil)
        #expect(try site.ask("/old.js").miss != nil)
    }

    // MARK: No current release

    @Test func withoutACurrentReleaseNamesAnswerAndDocumentsDoNot() throws {
        var site = try TestSite(Self.files)
        site.current = nil
        #expect(try site.ask("/" + Self.script).answered == "0:" + Self.script)
        #expect(try site.ask("/").hasNoRelease)
        #expect(try site.ask("/about").hasNoRelease)
        #expect(try TestSite().ask("/").hasNoRelease)
    }

    @Test func d2InASiteOfAssetsAnUnknownNameIsMissingAndMayArrive() throws {
        var site = try TestSite(Self.files)
        site.current = nil
        for target in ["/js/core-fedcba9876543210.js", "/core.js?\(String(repeating: "a", count: 32))"] {
            #expect(try site.ask(target).miss?.mayArrive == false)
            site.isArriving = true
            #expect(try site.ask(target).miss?.mayArrive == true)
            site.isArriving = false
        }
    }
}
