import HTTPEngine
import Model
import Snapshots
import Synchronization
import Testing

@testable import Proxying
@testable import Serving

/// What of a client decides about where its request goes, and what of it a server never sees.
@Suite struct ClientOfProxyTests {
    private func serve(
        _ origins: [TestOrigin], trusted: [AddressPrefix] = [], balance: BackendPolicy.Balance = .roundRobin,
        _ body: (TestServer) throws -> Void
    ) throws {
        let servers = origins.enumerated().map { UpstreamServer(name: "\($0)", origin: .tcp(host: "127.0.0.1", port: $1.port)) }
        var policy = ProxyPolicy(backend: BackendPolicy(number: 0, name: "app", servers: servers, balance: balance))
        policy.trusted = trusted
        var site = try TestSite()
        site.policy.trusted = trusted
        site.policy.routes = [SitePolicy.Route(path: .everything, action: .proxy(ProxyRoute(policy)))]
        let server = try TestServer(site.snapshot(1))
        defer {
            withExtendedLifetime(site) { server.stop() }
            for origin in origins { origin.stop() }
        }
        try body(server)
    }

    /// A tunnel of HTTP to the server would carry requests that no route has looked at.
    @Test(arguments: ["h2c", "H2C", "foo/1, h2c", "HTTP/2.0", "h2", "TLS/1.0"])
    func noOtherHTTPIsAskedOfAServer(_ upgrade: String) throws {
        let origin = try TestOrigin { _ in TestOrigin.answer("ok") }
        try serve([origin]) { (server) throws in
            let answer = try server.get(
                "/", ["Connection: Upgrade, HTTP2-Settings", "Upgrade: \(upgrade)", "HTTP2-Settings: AAMAAABkAAQAAP__"])
            #expect(answer.status == 200)
            let seen = try #require(origin.seen.withLock { $0.first })
            #expect(!seen.fields.contains { $0.hasPrefix("upgrade") || $0.hasPrefix("http2-settings") || $0.hasPrefix("connection") })
        }
    }

    @Test func otherProtocolsStillAre() throws {
        let origin = try TestOrigin { _ in TestOrigin.answer("ok") }
        try serve([origin]) { (server) throws in
            _ = try server.get("/", ["Connection: Upgrade", "Upgrade: foo/1"])
            #expect(origin.seen.withLock { $0.first?.fields.contains("upgrade: foo/1") } == true)
        }
    }

    /// Whom a trusted proxy names is the client, also for its place among the servers.
    @Test func clientsOfATrustedProxyAreSpreadOverTheServers() throws {
        let origins = try (0..<2).map { _ in try TestOrigin { _ in TestOrigin.answer("ok") } }
        try serve(origins, trusted: [AddressPrefix(bytes: [127, 0, 0, 0], length: 8)], balance: .consistentHash(.client)) {
            (server) throws in
            for number in 0..<40 { #expect(try server.get("/", ["X-Forwarded-For: 192.0.2.\(number)"]).status == 200) }
            #expect(origins.allSatisfy { $0.count > 0 })
            let before = origins.map(\.count)
            for _ in 0..<10 { _ = try server.get("/", ["X-Forwarded-For: 192.0.2.1"]) }
            #expect(zip(before, origins.map(\.count)).map { $1 - $0 }.sorted() == [0, 10])
        }
    }

    /// One client for each address that asked for what only the old release has, however few proxies they came through.
    @Test func needIsCountedByClientBehindATrustedProxy() throws {
        let old = TestFile("old.0123456789abcdef.js", "old", .proven)
        var site = try TestSite()
        site.releases = [try site.store.release([TestFile("index.html", "new")]), try site.store.release([old], .draining)]
        site.policy.trusted = [AddressPrefix(bytes: [127, 0, 0, 0], length: 8)]
        let server = try TestServer(site.snapshot(1))
        defer { withExtendedLifetime(site) { server.stop() } }
        for number in 0..<40 { #expect(try server.get("/" + old.name, ["X-Forwarded-For: 192.0.2.\(number)"]).status == 200) }
        let row = try #require(server.takeTally().releases.first { $0.needed > 0 })
        #expect(row.needed == 40 && row.sketch.estimate > 20)
    }
}
