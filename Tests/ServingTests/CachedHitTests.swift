import Caching
import Glibc
import HTTPEngine
import Model
import Names
import Proxying
import Snapshots
import Testing

@testable import Serving

/// What is answered from the table of prepared answers because the cache has it: the same as what the cache would say itself, each time.
@Suite struct CachedHitTests {
    /// A server with a cache before an origin.
    private struct Site {
        let origin: TestOrigin
        let server: TestServer
        let node: CacheNode
        let site: TestSite

        init(
            _ answer: @escaping @Sendable (TestOrigin.Asked) -> Response, log: Lines? = nil,
            _ change: (inout CachePolicy) -> Void = { _ in }
        ) throws {
            site = try TestSite()
            origin = try TestOrigin(answer)
            let upstream = UpstreamServer(name: "origin", origin: .tcp(host: "127.0.0.1", port: origin.port))
            var proxy = ProxyPolicy(backend: BackendPolicy(number: 0, name: "app", servers: [upstream]))
            var policy = CachePolicy(site: .default)
            change(&policy)
            proxy.cache = policy
            var other = site
            other.policy.routes = [SitePolicy.Route(path: .everything, action: .proxy(ProxyRoute(proxy)))]
            let folder = site.store.path + "/cache"
            node = CacheNode(
                cache: try SharedCache(path: folder, size: 64 << 20, memory: 8 << 20, boot: 1),
                families: GuardFamilies(path: folder + "/families"))
            var options = SiteServer.Options()
            options.cache = node
            options.logSink = log
            server = try TestServer(other.snapshot(1), options: options)
        }

        /// Asked for until it is answered from the table: twice within a second.
        func warm(_ target: String = "/a", _ fields: [String] = []) throws {
            for _ in 0..<200 where hotCount == 0 { _ = try server.get(target, fields) }
            try #require(hotCount > 0)
        }

        var hotCount: Int { server.onLoop { _, server in server.hot.count } }

        func stop() {
            withExtendedLifetime(site) {
                server.stop(); origin.stop()
            }
        }
    }

    private static let hello: @Sendable (TestOrigin.Asked) -> Response = { _ in
        TestOrigin.answer("hello", "Cache-Control: max-age=600", "ETag: \"1\"", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT")
    }

    @Test func manyRequestsAreOneForTheOrigin() throws {
        let site = try Site(Self.hello)
        defer { site.stop() }
        try site.warm()
        let first = try site.server.get("/a")
        for _ in 0..<20 {
            let answer = try site.server.get("/a")
            #expect(answer.status == 200 && answer.body == "hello" && answer["ETag"] == "\"1\"")
            #expect(answer["Cache-Status"]?.hasPrefix("tandem; hit; ttl=") == true)
            #expect(answer["Date"] == first["Date"] && answer["Via"] == "1.1 tandem")
        }
        #expect(site.origin.count == 1)
        #expect(try site.server.get("/a", method: "HEAD").body.isEmpty)
        #expect(try site.server.get("/a", method: "HEAD")["Content-Length"] == "5")
    }

    @Test func conditionsAndRangesAreStillLookedAt() throws {
        let site = try Site(Self.hello)
        defer { site.stop() }
        try site.warm()
        #expect(try site.server.get("/a", ["If-None-Match: \"1\""]).status == 304)
        #expect(try site.server.get("/a", ["If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"]).status == 304)
        #expect(try site.server.get("/a", ["If-Match: \"2\""]).status == 412)
        #expect(try site.server.get("/a", ["If-Unmodified-Since: Sun, 06 Nov 1990 08:49:37 GMT"]).status == 412)
        let part = try site.server.get("/a", ["Range: bytes=1-2"])
        #expect(part.status == 206 && part.body == "el")
        #expect(site.origin.count == 1)
    }

    @Test(arguments: [false, true]) func whatIsPurgedIsNotAnsweredOnceMore(isSoft: Bool) throws {
        let site = try Site(Self.hello)
        defer { site.stop() }
        try site.warm()
        try site.node.cache.purge(Purge(.site(.default), isSoft: isSoft, at: Timestamp(milliseconds: 1 << 45)))
        let answer = try site.server.get("/a")
        #expect(answer["Cache-Status"]?.contains("hit") == false)
        #expect(site.origin.count == 2)
    }

    @Test func whatARequestHasChangedIsNotAnsweredOnceMore() throws {
        let site = try Site(Self.hello)
        defer { site.stop() }
        try site.warm()
        #expect(try site.server.get("/a", ["Content-Length: 0"], method: "POST").status == 200)
        #expect(try site.server.get("/a")["Cache-Status"]?.contains("fwd=") == true)
    }

    @Test func aCookieThatPassesTheCacheByIsSeen() throws {
        let site = try Site({ asked in
            TestOrigin.answer(asked.fields.contains("cookie: session=1") ? "mine" : "everybody's", "Cache-Control: max-age=600")
        }) { $0.bypass = [.cookie("session")] }
        defer { site.stop() }
        try site.warm()
        #expect(try site.server.get("/a", ["Cookie: session=1"]).body == "mine")
        #expect(try site.server.get("/a", ["Cookie: other=1"]).body == "everybody's")
        #expect(try site.server.get("/a").body == "everybody's")
    }

    @Test func eachCodingGetsItsOwn() throws {
        let site = try Site({ asked in
            let coding = asked.fields.contains("accept-encoding: gzip") ? "gzip" : "none"
            return TestOrigin.answer(coding, "Cache-Control: max-age=600", "Vary: Accept-Encoding")
        })
        defer { site.stop() }
        try site.warm("/a", ["Accept-Encoding: gzip"])
        for _ in 0..<5 {
            #expect(try site.server.get("/a", ["Accept-Encoding: gzip"]).body == "gzip")
            #expect(try site.server.get("/a").body == "none")
            // Another list that asks for the same in our own terms, and not in those of the origin.
            #expect(try site.server.get("/a", ["Accept-Encoding: gzip, sdch"]).body == "none")
        }
        #expect(site.origin.count == 3)
    }

    @Test func whatVariesByMoreIsNeverPrepared() throws {
        let site = try Site({ asked in
            TestOrigin.answer(
                asked.fields.first { $0.hasPrefix("accept-language") } ?? "", "Cache-Control: max-age=600", "Vary: Accept-Language")
        })
        defer { site.stop() }
        for _ in 0..<10 {
            #expect(try site.server.get("/a", ["Accept-Language: de"]).body == "accept-language: de")
            #expect(try site.server.get("/a", ["Accept-Language: en"]).body == "accept-language: en")
        }
        #expect(site.hotCount == 0)
    }

    /// The clock moves on by itself: what is fresh for a second is asked for again, and says its age.
    @Test func timeGoesOn() throws {
        let site = try Site({ _ in TestOrigin.answer("x", "Cache-Control: max-age=2") })
        defer { site.stop() }
        var ages: Set<String> = []
        let client = try TestClient(site.server)
        while site.origin.count < 3 { ages.insert(try client.ask("/a")["Age"] ?? "0") }
        #expect(ages.isSuperset(of: ["0", "1"]) && ages.isSubset(of: ["0", "1", "2"]))
    }

    // MARK: What is counted

    @Test func whatTheCacheDidIsCountedAndLogged() throws {
        let sink = Lines()
        let site = try Site(Self.hello, log: sink)
        defer { site.stop() }
        try site.warm()
        for _ in 0..<3 { _ = try site.server.get("/a") }
        _ = try site.server.get("/a", ["Content-Length: 0"], method: "POST")
        let asked = site.server.onLoop { loop, server in
            server.log.handOver()
            return loop.requestCount
        }
        var counted: [String: UInt64] = [:]
        for batch in [site.server.onLoop { loop, server in server.tally.take(loop, droppedLogLines: 0) }] + site.server.counters.takeAll() {
            counted.merge(batch.cacheResults, uniquingKeysWith: +)
        }
        #expect(counted == ["miss": 1, "hit": asked - 2, "bypass": 1])
        let lines = String(decoding: sink.bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == Int(asked))
        #expect(lines.count { $0.contains("\"cache\":\"hit\"") && !$0.contains("upstream") } == Int(asked) - 2)
        #expect(lines.first?.contains("\"cache\":\"miss\"") == true && lines.last?.contains("\"cache\":\"bypass\"") == true)
    }

    @Test func otherBytesUnderAProvenFamilysNameAreToldWithBothDigests() throws {
        let right = "right".utf8.withContiguousStorageIfAvailable { ContentDigests(of: UnsafeRawBufferPointer($0)) }!
        let md5 = right.withBytes(of: .md5) { Hexadecimal.string($0) }
        let site = try Site({ _ in TestOrigin.answer("right", "Cache-Control: max-age=600") }) { $0.guarding = GuardPolicy() }
        defer { site.stop() }
        let other = String(md5.reversed())
        #expect(try site.server.get("/core.js?\(md5)").status == 200)
        #expect(try site.server.get("/core.js?\(other)")["Cache-Control"] == "no-store")
        let batch = site.server.onLoop { loop, server in server.tally.take(loop, droppedLogLines: 0) }
        let findings = (site.server.counters.takeAll() + [batch]).flatMap(\.guardFindings)
        #expect(findings == [GuardFinding(url: "http://shop.example.com/core.js?\(other)", says: other, has: md5)])
    }

    @Test(arguments: [(false, 200, "mismatch"), (true, 502, "refused")])
    func theLogSaysWhatTheGuardFound(_ refuses: Bool, _ status: Int, _ word: String) throws {
        let right = "right".utf8.withContiguousStorageIfAvailable { ContentDigests(of: UnsafeRawBufferPointer($0)) }!
        let md5 = right.withBytes(of: .md5) { Hexadecimal.string($0) }
        let sink = Lines()
        let site = try Site({ _ in TestOrigin.answer("right", "Cache-Control: max-age=600") }, log: sink) {
            $0.guarding = GuardPolicy(refusesMismatch: refuses)
        }
        defer { site.stop() }
        #expect(try site.server.get("/core.js?\(md5)").status == 200)
        #expect(try site.server.get("/core.js?\(String(md5.reversed()))").status == status)
        site.server.onLoop { _, server in server.log.handOver() }
        let lines = String(decoding: sink.bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.first?.contains("\"guard\"") == false)
        #expect(lines.last?.contains("\"cache\":\"miss\",\"guard\":\"\(word)\"") == true)
    }
}
