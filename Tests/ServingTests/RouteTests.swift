import HTTPEngine
import Model
import Snapshots
import Testing

@testable import Serving

/// Routes that answer by themselves, and folders that are shown, over a real socket.
@Suite struct RouteTests {
    private static func fixed(_ status: UInt16 = 200, _ body: String = "User-agent: *\n") -> SitePolicy.Action {
        .respond(
            SitePolicy.FixedAnswer(
                status: status, type: "text/plain", cacheControl: "max-age=60", fieldLines: Array("X-Note: yes\r\n".utf8),
                body: Array(body.utf8)))
    }

    private func serve(_ files: [TestFile], _ routes: [SitePolicy.Route], _ body: (TestServer) throws -> Void) throws {
        var site = try TestSite(files)
        site.policy.routes = routes
        site.policy.fieldLines = Array("X-Site: shop\r\n".utf8)
        let server = try TestServer(site.snapshot(1))
        defer { withExtendedLifetime(site) { server.stop() } }
        try body(server)
    }

    // MARK: Fixed answers

    @Test func aFixedAnswerIsTheSameForEverybody() throws {
        try serve([], [SitePolicy.Route(path: .exact("/robots.txt"), action: Self.fixed())]) { (server) throws in
            let answer = try server.get("/robots.txt?x=1")
            #expect(answer.status == 200)
            #expect(answer.body == "User-agent: *\n")
            #expect(
                Set(answer.fields.filter { !$0.hasPrefix("Date") }) == [
                    "Content-Type: text/plain", "ETag: \(tag("User-agent: *\n"))", "Cache-Control: max-age=60", "X-Note: yes",
                    "X-Site: shop",
                    "X-Content-Type-Options: nosniff", "Content-Length: 14",
                ])
            #expect(try server.get("/robots.txt", ["If-None-Match: \(tag("User-agent: *\n"))"]).status == 304)
            #expect(try server.get("/robots.txt", method: "HEAD")["Content-Length"] == "14")
            #expect(try server.get("/other").status == 404)
        }
    }

    @Test func anErrorIsNeverStored() throws {
        try serve([], [SitePolicy.Route(path: .everything, action: Self.fixed(503, "back soon"))]) { (server) throws in
            for method in ["GET", "POST", "DELETE"] {
                let answer = try server.get("/", method: method)
                #expect(answer.status == 503)
                #expect(answer.body == "back soon")
                #expect(answer["Cache-Control"] == "no-store")
                #expect(answer["ETag"] == nil)
            }
        }
    }

    @Test func anAnswerWithoutContentHasNoType() throws {
        let asked = try Asked.detached("/")
        let fixed = SitePolicy.FixedAnswer(status: 204, type: "text/plain", cacheControl: "no-cache", fieldLines: [], body: [])
        let answer = Answer(FixedResponse.make(fixed, asked.exchange, policy: SitePolicy()))
        #expect(answer.status == 204)
        #expect(answer["Content-Type"] == nil)
        #expect(answer.body == [])
    }

    // MARK: Folders

    private static let files = [
        TestFile("docs/a & b.txt", "ab"), TestFile("docs/<b>.txt", "1"), TestFile("docs/deep/x/y.txt", "y"),
        TestFile("docs/deep/z.txt", "z"),
        TestFile("docs/javascript:alert(1)", "no"), TestFile("own/index.html", "own"), TestFile("docs/app.js?0123456789abcdef", "q"),
    ]

    @Test func aFolderIsShownWhereTheRouteAsks() throws {
        try serve(Self.files, [SitePolicy.Route(path: .everything, action: .release(fallback: nil, listing: true))]) { (server) throws in
            let page = try server.get("/docs/")
            #expect(page.status == 200)
            #expect(page["Content-Type"] == "text/html; charset=utf-8")
            #expect(page["Content-Security-Policy"] == "default-src 'none'; base-uri 'none'; form-action 'none'")
            #expect(page["Vary"] == "X-Deployment-Id")
            #expect(
                page.body.split(separator: "\n").filter { $0.hasPrefix("<li>") } == [
                    "<li><a href=\"../\">../</a>", "<li><a href=\"./%3Cb%3E.txt\">&lt;b&gt;.txt</a> 1",
                    "<li><a href=\"./a%20&amp;%20b.txt\">a &amp; b.txt</a> 2", "<li><a href=\"./deep/\">deep/</a>",
                    "<li><a href=\"./javascript:alert(1)\">javascript:alert(1)</a> 2",
                ])
            let tag = page["ETag"] ?? ""
            #expect(try server.get("/docs/", ["If-None-Match: \(tag)"]).status == 304)
            #expect(try server.get("/docs/", method: "HEAD")["Content-Length"] == "\(page.body.utf8.count)")
            #expect(try server.get("/docs").status == 308)
            #expect(try server.get("/docs")["Location"] == "/docs/")
            let root = try server.get("/").body
            #expect(root.contains("<li><a href=\"./own/\">own/</a>"))
            #expect(!root.contains("../"))
            #expect(try server.get("/own/").body == "own")
            #expect(try server.get("/nowhere/").status == 404)
            #expect(try server.get("/doc").status == 404)
        }
    }

    @Test func elsewhereAFolderIsNotShown() throws {
        try serve(Self.files, [SitePolicy.Route(path: .everything, action: .release(fallback: nil))]) { (server) throws in
            #expect(try server.get("/docs/").status == 404)
            #expect(try server.get("/docs").status == 404)
        }
    }
}
