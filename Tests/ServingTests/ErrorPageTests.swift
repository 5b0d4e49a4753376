import Caching
import Foundation
import Glibc
import HTTPEngine
import Model
import Proxying
import Snapshots
import Sockets
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

    /// What no server has answered is an error of ours like any other, also where a cache is asked first.
    @Test(arguments: [false, true]) func aRequestThatNoServerAnswersGetsThePageToo(_ keeps: Bool) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tandem-errors-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // Nobody listens there: the port is one that was just given back.
        let socket = try ListeningSocket.open("127.0.0.1:0")
        let port = try #require(UInt16(socket.address.split(separator: ":").last ?? ""))
        close(socket.descriptor)
        var options = SiteServer.Options()
        options.cache = CacheNode(
            cache: try SharedCache(path: folder, size: 1 << 20, memory: 1 << 20, boot: 1), families: GuardFamilies(path: folder + "/f"))
        var policy = ProxyPolicy(
            backend: BackendPolicy(
                number: 0, name: "app", servers: [UpstreamServer(name: "s", origin: .tcp(host: "127.0.0.1", port: port))]))
        policy.cache = keeps ? CachePolicy(site: .default) : nil
        var site = try TestSite(Self.files)
        site.policy.errorPages.set(.release("errors/404.html"), for: 5)
        site.policy.fieldLines = Array("X-Site: shop\r\n".utf8)
        site.policy.routes = [SitePolicy.Route(path: .everything, action: .proxy(ProxyRoute(policy)))]
        let server = try TestServer(site.snapshot(1), options: options)
        defer { withExtendedLifetime(site) { server.stop() } }
        let answer = try server.get("/api")
        #expect(answer.status == 503 && answer.body == "<h1>nothing here</h1>")
        #expect(answer["Content-Type"] == "text/html; charset=utf-8" && answer["Cache-Control"] == "no-store")
        #expect(answer["Retry-After"] != nil && answer["X-Site"] == "shop")
        #expect(answer["Cache-Status"]?.contains("detail=connect") == true)
        let encoded = try server.get("/api", ["Accept-Encoding: gzip"])
        #expect(encoded["Content-Encoding"] == "gzip" && encoded.body == "gz")
        #expect(try server.get("/app-fedcba9876543210.js").body == "503 Service Unavailable\n")
        #expect(try server.get("/app.js?0123456789abcdef0123456789abcdef").body == "503 Service Unavailable\n")
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
