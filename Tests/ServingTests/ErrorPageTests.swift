import HTTPEngine
import Model
import Snapshots
import Testing

@testable import Serving

/// Pages in place of the words of an error, over a real socket.
@Suite struct ErrorPageTests {
    private static let files = [
        TestFile("index.html", "home"), TestFile("errors/404.html", "<h1>nothing here</h1>", encoded: [.gzip: "gz"]),
        TestFile("errors/any.html", "<h1>sorry</h1>"), TestFile("404.html", "the release's own"),
        TestFile("app-0123456789abcdef.js", "code", .proven),
    ]

    private func serve(
        _ pages: [UInt16: ErrorPages.Page], on files: [TestFile] = files, changing change: (inout TestSite) -> Void = { _ in },
        _ body: (TestServer) throws -> Void
    ) throws {
        var site = try TestSite(files)
        for (status, page) in pages { site.policy.errorPages.set(page, for: status) }
        site.policy.fieldLines = Array("X-Site: shop\r\n".utf8)
        change(&site)
        let server = try TestServer(site.snapshot(1))
        defer { withExtendedLifetime(site) { server.stop() } }
        try body(server)
    }

    @Test func aPageOfTheReleaseIsSentWithItsStatusAndNeverKept() throws {
        try serve([404: .release("errors/404.html")]) { (server) throws in
            let answer = try server.get("/nowhere")
            #expect(answer.status == 404)
            #expect(answer.body == "<h1>nothing here</h1>")
            #expect(answer["Content-Type"] == "text/html; charset=utf-8")
            #expect(answer["Cache-Control"] == "no-store")
            #expect(answer["X-Site"] == "shop")
            #expect(answer["X-Deployment-Id"]?.count == 64)
            #expect(answer["ETag"] == nil)
            #expect(answer["Accept-Ranges"] == nil)
            #expect(answer["Vary"] == "Accept-Encoding")
            let encoded = try server.get("/nowhere", ["Accept-Encoding: gzip"])
            #expect(encoded["Content-Encoding"] == "gzip")
            #expect(encoded.body == "gz")
            let head = try server.get("/nowhere", method: "HEAD")
            #expect(head["Content-Length"] == "21")
            // Asked for by its own name it is a page like any other.
            #expect(try server.get("/errors/404.html").status == 200)
            // No condition and no range makes another answer of it.
            #expect(try server.get("/nowhere", ["If-None-Match: *", "Range: bytes=0-1"]).status == 404)
        }
    }

    /// Rule 5: never a page in place of a script.
    @Test func aNameThatLooksFingerprintedGetsWordsAlone() throws {
        try serve([404: .release("errors/404.html"), 4: .fixed(type: "text/html", body: Array("fixed".utf8))]) { (server) throws in
            let answer = try server.get("/app-fedcba9876543210.js")
            #expect(answer.status == 404)
            #expect(answer.body == "404 Not Found\n")
        }
    }

    @Test func theStatusGoesBeforeItsClassAndAReleaseWithoutThePageDoesNotEndTheSearch() throws {
        let fixed = ErrorPages.Page.fixed(type: "text/html", body: Array("fixed".utf8))
        try serve([404: .release("no/such.html"), 4: .release("errors/any.html"), 405: fixed]) { (server) throws in
            #expect(try server.get("/nowhere").body == "<h1>sorry</h1>")
            let refused = try server.get("/", method: "DELETE")
            #expect(refused.status == 405)
            #expect(refused.body == "fixed")
            #expect(refused["Allow"] == "GET, HEAD")
            #expect(refused["X-Deployment-Id"] == nil)
            #expect(try server.get("/a%2Fb").body == "<h1>sorry</h1>")
        }
    }

    @Test func withoutAReleaseAFileStandsIn() throws {
        let fixed = ErrorPages.Page.fixed(type: "text/html", body: Array("back soon".utf8))
        try serve([503: .release("errors/any.html"), 5: fixed], on: []) { (server) throws in
            let answer = try server.get("/")
            #expect(answer.status == 503)
            #expect(answer.body == "back soon")
            #expect(answer["Cache-Control"] == "no-store")
        }
    }

    @Test func withoutPagesTheReleasesOwnIsSent() throws {
        try serve([5: .release("errors/any.html")]) { (server) throws in
            #expect(try server.get("/nowhere").body == "the release's own")
        }
    }

    @Test func aPageThatCannotBeReadIsNoOtherError() throws {
        try serve(
            [404: .release("errors/any.html")],
            changing: { site in
                site.store.remove(digest("<h1>sorry</h1>"))
            }
        ) { (server) throws in
            let answer = try server.get("/nowhere")
            #expect(answer.status == 404)
            #expect(answer.body == "404 Not Found\n")
        }
    }

    @Test func aBodyOverTheLimitIs413() throws {
        try serve(
            [413: .release("errors/any.html")],
            changing: { site in
                site.policy.maximumBody = 10
                let answer = SitePolicy.FixedAnswer(status: 200, type: "text/plain", cacheControl: "no-cache", fieldLines: [], body: [])
                site.policy.routes = [
                    SitePolicy.Route(path: .prefix("/large/"), action: .respond(answer), maximumBody: 1_000_000_000_000),
                    SitePolicy.Route(path: .everything, action: .respond(answer)),
                ]
            }
        ) { (server) throws in
            #expect(try server.get("/", ["Content-Length: 11"], method: "POST").status == 413)
            #expect(try server.get("/", ["Content-Length: 11"], method: "POST").body == "<h1>sorry</h1>")
            #expect(try server.get("/large/a", ["Content-Length: 500000000"], method: "POST").status == 200)
        }
    }
}
