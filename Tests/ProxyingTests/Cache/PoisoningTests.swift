import Caching
import Model
import Snapshots
import Testing

@testable import Proxying

/// What an attacker sends so that others get it: input that no key names, names that two readers take for two things, requests that make
/// an origin refuse. One test each.
@Suite struct PoisoningTests {
    private func echo(_ lines: [String] = ["Cache-Control: max-age=60"], status: Int = 200) -> Origin {
        Origin { head in .init(status: status, lines: lines, body: head.lowercased()) }
    }

    // MARK: Input that no key names

    /// Forwarded hosts, schemes and ports; other names for the path and the method.
    @Test(arguments: [
        "X-Forwarded-Host: evil.test", "X-Forwarded-Host: h\r\nX-Forwarded-Host: evil.test", "X-Forwarded-Server: evil.test",
        "X-Forwarded-Port: 666", "X-Forwarded-Scheme: evil", "X-Forwarded-Prefix: /evil", "X_Forwarded_Host: evil.test",
        "X-Host: evil.test",
        "X-HTTP-Host-Override: evil.test", "X-Original-Host: evil.test", "Forwarded: host=evil.test", "X-Original-URL: /evil",
        "X-Rewrite-URL: /evil", "X-Original-URI: /evil", "X-HTTP-Method-Override: EVIL", "X-HTTP-Method: EVIL", "X-Method-Override: EVIL",
        "Proxy: evil.test", "Connection: x-evil\r\nX-Evil: evil",
    ])
    func whatNoKeyNamesReachesNoOrigin(_ lines: String) throws {
        let cache = try CacheUnderTest(origin: echo())
        defer { cache.end() }
        let poisoned = try #require(cache.get("/a", lines))
        #expect(poisoned.status == 200)
        #expect(!poisoned.text.contains("evil") && !poisoned.text.contains("666"), "\(poisoned.text)")
        #expect(cache.get("/a")?.text == poisoned.text)
    }

    /// A `GET` whose body says another thing than its address (“fat GET”).
    @Test(arguments: ["Content-Length: 6\r\n\r\na=evil", "Transfer-Encoding: chunked\r\n\r\n6\r\na=evil\r\n0\r\n\r\n"])
    func aFatGetIsNotKept(_ rest: String) throws {
        let cache = try CacheUnderTest(origin: echo())
        defer { cache.end() }
        let client = cache.connect()
        client.send("GET /a?a=good HTTP/1.1\r\nHost: h\r\n" + rest)
        #expect(client.answer()?["Cache-Status"] == "tandem; fwd=bypass")
        #expect(cache.get("/a?a=good")?["Cache-Status"]?.contains("uri-miss") == true)
    }

    /// Parameters that a server reads otherwise than a cache: here the query is one text, and every byte of it counts.
    @Test func noParameterIsCloaked() throws {
        let cache = try CacheUnderTest(origin: echo())
        defer { cache.end() }
        let targets = [
            "/a?x=1", "/a?x=1;y=2", "/a?x=1&y=2", "/a?y=2&x=1", "/a?x=1&x=2", "/a?x=1%26y=2", "/a?X=1", "/a?x=1&", "/a?utm_content=1&x=1",
        ]
        for target in targets { #expect(cache.get(target)?.text.contains("get \(target.lowercased()) ") == true) }
        #expect(Set(cache.origin.asked).count == targets.count)
        for target in targets { #expect(cache.get(target)?["Cache-Status"]?.hasPrefix("tandem; hit") == true) }
    }

    /// A field that is too long for the origin (CPDoS), or that it will not read, brings an error; nobody else gets it.
    @Test(arguments: [400, 406, 412, 413, 414, 415, 416, 417, 431, 500, 501, 502])
    func aRefusalThatOneRequestProvokesIsHisAlone(_ status: Int) throws {
        let origin = Origin { head in
            head.lowercased().contains("x-oversized") ? .init(status: status, lines: [], body: "refused") : .init(body: "good")
        }
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        #expect(cache.get("/a", "X-Oversized: " + String(repeating: "x", count: 9_000))?.text == "refused")
        #expect(cache.get("/a")?.text == "good")
    }

    /// Where the origin says how long errors are good, those about the request itself are still no one else's.
    @Test(arguments: [400, 413, 431]) func norWhereItHasALifetime(_ status: Int) throws {
        let origin = Origin { head in head.lowercased().contains("x-evil") ? .init(status: status, body: "refused") : .init(body: "good") }
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        #expect(cache.get("/a", "X-Evil: y")?.text == "refused")
        #expect(cache.get("/a")?.text == "good")
    }

    /// Characters that a server chokes on are refused here, and reach nobody.
    @Test(arguments: ["X-A: \u{7}", "X-A: b\u{0}c", "X A: b", "X-A : b", "X-A: b\r\n c"]) func metaCharactersStayOutside(_ line: String)
        throws
    {
        let cache = try CacheUnderTest(origin: echo())
        defer { cache.end() }
        let client = cache.connect()
        client.send("GET /a HTTP/1.1\r\nHost: h\r\n\(line)\r\n\r\n")
        #expect(client.answer()?.status == 400)
        #expect(cache.origin.asked.isEmpty)
    }

    /// A port that goes without saying makes no other key, and reaches no server either.
    @Test func aDefaultPortIsNoOtherHost() throws {
        let origin = echo()
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        func ask(_ host: String) throws -> RawConnection.Answer {
            let client = cache.connect()
            client.send("GET /a HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            return try #require(client.answer())
        }
        let first = try ask("H:80")
        #expect(origin.asked.first?.contains("Host: h\r\n") == true)
        #expect(try ask("h").body == first.body)
        #expect(origin.asked.count == 1)
        _ = try ask("h:443")
        #expect(origin.asked.count == 2)
        #expect(CacheKey(url: "HTTP://H:80/a#b") == cache.key("/a"))
    }

    /// Behind a proxy that is trusted its word decides about the answer, and therefore about the key.
    @Test func whatATrustedProxySaysIsInTheKey() throws {
        let cache = try CacheUnderTest(origin: echo(), trusted: [AddressPrefix(bytes: [127, 0, 0, 0], length: 8)])
        defer { cache.end() }
        let said = ["X-Forwarded-Proto: http", "X-Forwarded-Proto: https", "X-Forwarded-Host: a.test", "X-Forwarded-Host: b.test"]
        for line in said { #expect(cache.get("/a", line)?.text.contains(line.lowercased()) == true) }
        for line in said { #expect(cache.get("/a", line)?["Cache-Status"]?.hasPrefix("tandem; hit") == true) }
        #expect(cache.origin.asked.count == 4)
        // A change through it makes all of them invalid, but for those of another scheme: they are another origin's (RFC 9111 §4.4).
        #expect(cache.get("/a", "X-Forwarded-Host: a.test", "Content-Length: 1", method: "POST", body: "x")?.status == 200)
        for line in said {
            #expect(cache.get("/a", line)?["Cache-Status"]?.contains("hit") == line.hasSuffix("https"), "\(line)")
        }
    }

    // MARK: Deception: a private page under a name that looks like an asset's

    @Test(arguments: [
        "/account/x.css", "/account%2fx.css", "/account;x.css", "/account%3bx.css", "/account%00x.css", "/account%0ax.css",
        "/account%23x.css",
        "/account%3fx.css", "/account.css", "/account/..%2fx.css", "/static/..%2faccount", "/account/.js", "/account//x.css",
    ])
    func aPrivatePageIsKeptUnderNoName(_ target: String) throws {
        let origin = Origin { head in
            .init(lines: ["Cache-Control: no-cache, private"], body: head.contains("victim") ? "secret" : "please log in")
        }
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        #expect(cache.get(target, "Cookie: victim")?.text == "secret")
        #expect(cache.get(target)?.text == "please log in")
    }

    /// What one reader takes for the end of a name is none here: each spelling is a name of its own, and reaches the server as it is.
    @Test func noDelimiterMakesTwoNamesOne() throws {
        let cache = try CacheUnderTest(origin: echo())
        defer { cache.end() }
        let names = [
            "/a/b", "/a%2fb", "/a%2Fb", "/a;b", "/a%3bb", "/a%00b", "/a%0ab", "/a%23b", "/a%3fb", "/a?b", "/a//b", "/a/b/", "/A/b",
            "/%61/b",
        ]
        for name in names { #expect(cache.get(name)?.text.contains("get \(name.lowercased()) ") == true) }
        #expect(cache.origin.asked.count == names.count)
    }

    /// A fragment never reaches a server that reads addresses as they should be.
    @Test func aFragmentIsRefused() throws {
        let cache = try CacheUnderTest(origin: echo())
        defer { cache.end() }
        #expect(cache.get("/account#x.css")?.status == 400)
        #expect(cache.origin.asked.isEmpty)
    }

    // MARK: Parts and variants

    /// A part is never kept as the whole, whoever asked for it.
    @Test func aPartIsNotTheWhole() throws {
        let origin = Origin { head in
            head.lowercased().contains("range:") || head.lowercased().contains("x-evil")
                ? .init(status: 206, lines: ["Cache-Control: max-age=60", "Content-Range: bytes 0-1/4"], body: "go") : .init(body: "good")
        }
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        #expect(cache.get("/a", "X-Evil: 1")?.status == 206)
        #expect(cache.get("/a", "Range: bytes=0-1")?.text == "go")
        #expect(cache.get("/a")?.text == "good")
    }

    /// A thousand variants of one address push out each other, and never more than there is room for.
    @Test func variantsAreBounded() throws {
        let origin = Origin { _ in
            .init(lines: ["Cache-Control: max-age=60", "Vary: X-Random"], body: String(repeating: "x", count: 5_000))
        }
        let cache = try CacheUnderTest(origin: origin, size: 1 << 20, memory: 256 << 10)
        defer { cache.end() }
        let client = cache.connect()
        for number in 0..<1_000 {
            client.get("/a", "X-Random: \(number)-" + String(repeating: "y", count: 4_000))
            #expect(client.answer()?.status == 200)
        }
        let counts = cache.node.cache.counts
        #expect(counts.bytes <= 1 << 20 && counts.memoryBytes <= 256 << 10)
        #expect(counts.objects < 200)
        client.get("/other")
        #expect(client.answer()?.status == 200)
    }
}
