import Model
import Snapshots
import Testing

@testable import Serving

/// The server over a real socket: what a client meets.
@Suite struct SiteServerTests {
    private static let files = [
        TestFile("index.html", "home"), TestFile("docs/index.html", "docs"), TestFile("größe/index.html", "x"),
        TestFile("js/core-0123456789abcdef.js", "let core = 1", .strong, encoded: [.brotli: "brotli!"]),
    ]

    private func serve<Result>(_ site: TestSite, bucket: Int = 9999, _ body: (TestServer) throws -> Result) throws -> Result {
        let server = try TestServer(site.snapshot(1), bucket: bucket)
        defer { server.stop() }
        return try body(server)
    }

    @Test func hotAndColdAnswersAreTheSame() throws {
        try serve(try TestSite(Self.files)) { (server) throws in
            for (target, fields) in [
                ("/", []), ("/js/core-0123456789abcdef.js", []), ("/js/core-0123456789abcdef.js", ["Accept-Encoding: br"]),
            ] {
                let answers = try (0..<3).map { _ in try server.get(target, fields) }
                #expect(Set(answers.map(\.body)).count == 1)
                #expect(Set(answers.map { Set($0.fields.filter { !$0.hasPrefix("Date") }) }).count == 1)
                #expect(answers[0].status == 200)
                let head = try server.get(target, fields, method: "HEAD")
                #expect(Set(head.fields.filter { !$0.hasPrefix("Date") }) == Set(answers[0].fields.filter { !$0.hasPrefix("Date") }))
            }
            #expect(try server.get("/js/core-0123456789abcdef.js", ["Accept-Encoding: br"]).body == "brotli!")
            #expect(try server.get("/js/core-0123456789abcdef.js").body == "let core = 1")
        }
    }

    @Test func headAsTheFirstRequestIsAnsweredWithoutABody() throws {
        try serve(try TestSite(Self.files)) { (server) throws in
            let client = try TestClient(server)
            let head = try client.ask("/", method: "HEAD")
            #expect(head["Content-Length"] == "4")
            #expect(try client.ask("/").body == "home")
        }
    }

    @Test func s7AHotDocumentIsNotForWhoeverIsPinned() throws {
        var site = try TestSite([TestFile("index.html", "v2")])
        site.releases.append(try site.store.release([TestFile("index.html", "v1")], .draining))
        let old = site.releases[1].hex
        try serve(site) { (server) throws in
            for _ in 0..<3 {
                #expect(try server.get("/").body == "v2")
                #expect(try server.get("/", ["X-Deployment-Id: \(old)"]).body == "v1")
                #expect(try server.get("/", ["Cookie: tandem=1.\(old.prefix(12))"]).body == "v1")
                #expect(try server.get("/?dpl=\(old)").body == "v1")
                #expect(try server.get("/", ["If-None-Match: \(tag("v2"))"]).status == 304)
                #expect(try server.get("/", ["If-None-Match: \(tag("v1"))"]).status == 200)
                #expect(try server.get("/", ["Range: bytes=1-"]).body == "2")
            }
        }
    }

    @Test func aHotAnswerBelongsToItsHost() throws {
        var a = try TestSite([TestFile("index.html", "a")])
        a.hosts = [.exact("a.example")]
        var b = try TestSite()
        b.store = a.store
        b.releases = [try a.store.release([TestFile("index.html", "b")])]
        b.hosts = [.exact("b.example")]
        let server = try TestServer(Snapshot(number: 1, sites: [a.snapshot, b.snapshot], blobs: a.store.blobs))
        defer { server.stop() }
        for _ in 0..<2 {
            #expect(try server.get("/", host: "a.example").body == "a")
            #expect(try server.get("/", host: "B.EXAMPLE:80").body == "b")
            let unknown = try server.get("/", host: "c.example")
            #expect(unknown.status == 421)
            #expect(unknown["Cache-Control"] == "no-store")
        }
    }

    @Test func foldersAreRedirectedToTheirSlash() throws {
        try serve(try TestSite(Self.files)) { (server) throws in
            let answer = try server.get("/docs?a=b&c=%20")
            #expect(answer.status == 308)
            #expect(answer["Location"] == "/docs/?a=b&c=%20")
            #expect(answer["Cache-Control"] == "no-cache")
            #expect(try server.get("/gr%C3%B6%C3%9Fe")["Location"] == "/gr%C3%B6%C3%9Fe/")
            #expect(try server.get("/docs/").body == "docs")
        }
    }

    @Test(arguments: [
        ("POST", "/", 405), ("DELETE", "/js/core-0123456789abcdef.js", 405), ("OPTIONS", "*", 405),
        ("POST", "/.well-known/tandem/health", 405),
        ("GET", "/..%2f", 400), ("GET", "/%00", 400), ("GET", "/../x", 400), ("GET", "/missing", 404), ("GET", "/missing.js", 404),
    ])
    func whatCannotBeAnsweredIsNotCached(method: String, target: String, status: Int) throws {
        try serve(try TestSite(Self.files)) { (server) throws in
            let answer = try server.get(target, method: method)
            #expect(answer.status == status)
            #expect(answer["Cache-Control"] == "no-store")
            #expect(answer["Allow"] == (status == 405 ? "GET, HEAD" : nil))
        }
    }

    @Test(arguments: [
        ("POST", "/"), ("OPTIONS", "*"), ("POST", "/.well-known/tandem/health"), ("GET", "/.well-known/tandem/health"), ("GET", "/%00"),
        ("GET", "/missing"), ("GET", "/old/x"), ("GET", "/docs"), ("GET", "/"),
    ])
    func everyAnswerOfASiteHasItsFields(method: String, target: String) throws {
        var site = try TestSite(Self.files)
        site.policy.fieldLines = Array("X-Ours: yes\r\n".utf8)
        site.policy.routes = [
            SitePolicy.Route(path: .prefix("/old/"), action: .redirect(to: "/new/*", status: 308)),
            SitePolicy.Route(path: .everything, action: .release(fallback: nil)),
        ]
        try serve(site) { (server) throws in
            let answer = try server.get(target, method: method)
            #expect(answer["X-Content-Type-Options"] == "nosniff")
            #expect(answer["X-Ours"] == "yes")
        }
    }

    @Test func whatBelongsToNoSiteIsNotSniffedEither() throws {
        var site = try TestSite(Self.files)
        site.hosts = [.exact("a.example")]
        try serve(site) { (server) throws in
            for (host, target, status) in [("b.example", "/", 421), ("a.example", "/" + String(repeating: "x", count: 9000), 414)] {
                let answer = try server.get(target, host: host)
                #expect(answer.status == status)
                #expect(answer["X-Content-Type-Options"] == "nosniff")
            }
        }
    }

    @Test func whatTheEngineRefusesIsInTheAccessLog() throws {
        let sink = Lines()
        var options = SiteServer.Options()
        options.logSink = sink
        let server = try TestServer(try TestSite(Self.files).snapshot(1), options: options)
        #expect(try server.get("/" + String(repeating: "x", count: 9000)).status == 414)
        #expect(try server.get("/", ["X-Large: " + String(repeating: "x", count: 40_000)]).status == 431)
        #expect(try server.get("/", ["Transfer-Encoding: gzip"]).status == 400)
        server.stop()
        let lines = String(decoding: sink.bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 3)
        for (line, status) in zip(lines, [414, 431, 400]) { #expect(line.contains("\"target\":\"-\",\"status\":\(status),")) }
    }

    @Test func aSiteWithoutAReleaseIsUnavailable() throws {
        try serve(try TestSite()) { (server) throws in
            let answer = try server.get("/")
            #expect(answer.status == 503)
            #expect(answer["Cache-Control"] == "no-store")
        }
    }

    @Test func aMissingBlobIsUnavailableAndNeverMissing() throws {
        let site = try TestSite(Self.files)
        site.store.remove(digest("home"))
        try serve(site) { (server) throws in
            for method in ["GET", "HEAD"] {
                let answer = try server.get("/", method: method)
                #expect(answer.status == 503)
                #expect(answer["Cache-Control"] == "no-store")
                #expect(answer["ETag"] == nil)
            }
            let damaged = server.takeTally()
            #expect(damaged.damaged.map(\.blob) == [digest("home"), digest("home")])
            #expect(damaged.damaged.first?.release == site.releases[0].id)
            #expect(damaged.releases.first?.errors == 2)
        }
    }

    @Test func whatADamagedReleaseMayHaveIsUnavailable() throws {
        var site = try TestSite(Self.files)
        site.isDamaged = true
        try serve(site) { (server) throws in
            #expect(try server.get("/app-0123456789abcdef.js").status == 503)
            #expect(try server.get("/missing").status == 404)
        }
    }

    @Test func revokedNamesAreGone() throws {
        var site = try TestSite(Self.files)
        site.revoked = [try site.store.release([TestFile("key-0123456789abcdef.js", "secret", .strong)], .revoked).manifest]
        try serve(site) { (server) throws in
            let answer = try server.get("/key-0123456789abcdef.js")
            #expect(answer.status == 410)
            #expect(answer["Cache-Control"] == "no-store")
        }
    }

    @Test func healthAnswersForEveryHost() throws {
        var site = try TestSite()
        site.hosts = [.exact("only.example")]
        try serve(site) { (server) throws in
            #expect(try server.get("/.well-known/tandem/health").body == "ok\n")
            server.follow(site.snapshot(2, isStopping: true))
            #expect(try server.get("/.well-known/tandem/health").status == 503)
        }
    }

    @Test func aHeadIsLoggedWithoutTheBytesItDidNotSend() throws {
        let site = try TestSite(Self.files)
        var options = SiteServer.Options()
        let sink = Lines()
        options.logSink = sink
        let server = try TestServer(site.snapshot(1), options: options)
        defer { server.stop() }
        for method in ["HEAD", "GET", "HEAD"] { _ = try server.get("/", method: method) }
        _ = try server.get("/.well-known/tandem/health", method: "HEAD")
        server.onLoop { loop, server in server.turn(loop) }
        let lines = String(decoding: sink.bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.map { $0.contains("\"bytes\":0,") } == [true, false, true, true])
        #expect(lines[1].contains("\"bytes\":4,"))
    }

    // MARK: Redirects

    private func redirect(_ path: SitePolicy.PathPattern, to: String, _ target: String) throws -> Received {
        var site = try TestSite(Self.files)
        site.policy.routes = [.init(path: path, action: .redirect(to: to, status: 308))]
        return try serve(site) { try $0.get(target) }
    }

    @Test(
        arguments: [
            (SitePolicy.PathPattern.prefix("/old/"), "/new/*", "/old/a/b", "/new/a/b"), (.prefix("/old/"), "/new/*", "/old/", "/new/"),
            (.prefix("/old/"), "/new/*", "/old/a?x=1", "/new/a?x=1"), (.prefix("/old/"), "/new?p=*", "/old/a?x=1", "/new?p=a"),
            (.exact("/a"), "/b", "/a?x", "/b?x"), (.everything, "https://www.example.com/*", "/a/b", "https://www.example.com/a/b"),
            (.everything, "https://www.example.com/*", "/", "https://www.example.com/"),
            (.prefix("/old/"), "/*", "/old/%C3%BC%20x", "/%C3%BC%20x"),
            (.everything, "https://www.example.com*", "/.evil.example", "https://www.example.com/.evil.example"),
            (.everything, "https://www.example.com?p=*", "/a", "https://www.example.com?p=a"),
        ] as [(SitePolicy.PathPattern, String, String, String)])
    func routesRedirect(path: SitePolicy.PathPattern, to: String, target: String, location: String) throws {
        let answer = try redirect(path, to: to, target)
        #expect(answer.status == 308)
        #expect(answer["Location"] == location)
    }

    @Test(arguments: ["/old//evil.example", "/old///evil.example/x", "/old//evil.example?x"])
    func aRedirectNeverLeavesForAHostTheClientNames(target: String) throws {
        let location = try #require(try redirect(.prefix("/old/"), to: "/*", target)["Location"])
        #expect(location.hasPrefix("/evil.example"))
        let everything = try #require(try redirect(.everything, to: "/*", String(target.dropFirst(4)))["Location"])
        #expect(everything.hasPrefix("/evil.example"))
    }
}
