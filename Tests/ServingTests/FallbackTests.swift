import Model
import Snapshots
import Testing

@testable import Serving

/// What stands in for a path the release lacks: a page for navigations, a wait for names on their way, `404.html`.
@Suite struct FallbackTests {
    private static let files = [TestFile("index.html", "app"), TestFile("404.html", "lost")]

    private func ask(_ target: String, _ fields: [String] = [navigation], fallback: String? = "index.html") throws -> Asked {
        try TestSite(Self.files).ask(target, fields, fallback: fallback)
    }

    @Test func navigationsGetThePage() throws {
        for target in ["/settings", "/users/42", "/a/b/c/", "/v1.2/notes", "/user@example.com", "/report.2024"] {
            let content = try #require(try ask(target).content, "\(target)")
            #expect(content.usesFallback)
            #expect(content.status == 200)
        }
    }

    @Test(
        arguments: [
            (["Sec-Fetch-Mode: navigate"], true), (["Sec-Fetch-Mode: cors"], false),
            (["Sec-Fetch-Mode: no-cors", "Accept: text/html"], false),
            (["Accept: text/html,application/xhtml+xml;q=0.9"], true), (["Accept: TEXT/HTML"], true), (["Accept: application/json"], false),
            (["Accept: */*"], false), ([], false), (["Sec-Fetch-Mode: Navigate"], false), (["Sec-Fetch-Mode: navigate2"], false),
        ] as [([String], Bool)])
    func onlyNavigationsFallBack(fields: [String], expected: Bool) throws {
        #expect(try (ask("/settings", fields).content != nil) == expected)
    }

    @Test(arguments: [
        "/app.js", "/style.css", "/logo.PNG", "/a/b.map", "/font.woff2", "/data.json", "/js/core-0123456789abcdef.js",
        "/assets/index-C77ar7rq.js", "/module?\(String(repeating: "a", count: 32))",
    ])
    func m2APageNeverStandsInForAnAsset(target: String) throws {
        #expect(try ask(target).content == nil)
    }

    @Test func withoutAFallbackThereIsNone() throws {
        #expect(try ask("/settings", fallback: nil).content == nil)
        #expect(try ask("/settings", fallback: "missing.html").content == nil)
    }

    @Test func theReleasesOwnPageSaysThatAPathIsMissing() throws {
        let miss = try #require(try ask("/app.js").miss)
        #expect(miss.page?.status == 404)
        let answer = try #require(try ask("/app.js").answer)
        #expect(answer.text == "lost")
        #expect(answer.status == 404)
        #expect(answer["Cache-Control"] == "no-store")
        #expect(answer["ETag"] == nil)
        #expect(answer["Content-Type"] == "text/html; charset=utf-8")
        #expect(!answer.mayBePrepared)
    }

    @Test func aMissingPageIsNoNeedOfTheReleaseThatSaysSo() throws {
        var site = try TestSite([TestFile("index.html", "v2")])
        site.releases.append(try site.store.release(Self.files, .draining))
        let asked = try site.ask("/nothing", ["X-Deployment-Id: \(site.releases[1].hex)"])
        let page = try #require(asked.miss?.page)
        #expect(page.release == 1)
        #expect(!page.isNeed(in: asked.request.site))
    }

    @Test func m5APageDoesNotStandInForASuspectedName() throws {
        #expect(try ask("/js/core-0123456789abcdef.js").miss?.page == nil)
        #expect(try TestSite([TestFile("index.html", "x")]).ask("/nothing").miss?.page == nil)
    }

    // MARK: Arrival

    @Test func d2ASuspectedNameMayArriveWhileAPublishIsOpen() throws {
        var site = try TestSite(Self.files)
        #expect(try site.ask("/js/core-0123456789abcdef.js").miss?.mayArrive == false)
        site.isArriving = true
        #expect(try site.ask("/js/core-0123456789abcdef.js").miss?.mayArrive == true)
        #expect(try site.ask("/core.js?\(String(repeating: "a", count: 40))").miss?.mayArrive == true)
        // Neither a page nor an ordinary script waits.
        #expect(try site.ask("/core.js").miss?.mayArrive == false)
        #expect(try site.ask("/settings", [navigation]).miss?.mayArrive == false)
    }

    @Test func d2ASuspectedNameMayArriveWithAReleaseThatThisNodeDoesNotHaveYet() throws {
        let site = try TestSite(Self.files)
        let own = site.releases[0].hex
        for (pin, mayArrive) in [
            (String(repeating: "0", count: 64), true), ("000000000000", true), (own, false), (String(own.prefix(12)), false),
            ("00000000000", false), ("not-hexadecimal!", false), (String(repeating: "0", count: 65), false), (own.uppercased(), false),
        ] {
            #expect(try site.ask("/js/core-0123456789abcdef.js", ["X-Deployment-Id: \(pin)"]).miss?.mayArrive == mayArrive, "\(pin)")
            #expect(try site.ask("/js/core-0123456789abcdef.js?dpl=\(pin)").miss?.mayArrive == mayArrive, "\(pin)")
            #expect(try site.ask("/settings", ["X-Deployment-Id: \(pin)"]).miss?.mayArrive == false)
        }
    }
}
