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

/// What the access log says of requests on a route that keeps answers: as much as of any that is passed on.
@Suite struct CachedLogTests {
    private func serve(port: UInt16, _ body: (TestServer, Lines) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tandem-logged-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let lines = Lines()
        var options = SiteServer.Options()
        options.logSink = lines
        options.cache = CacheNode(
            cache: try SharedCache(path: folder, size: 64 << 20, memory: 8 << 20, boot: 1),
            families: GuardFamilies(path: folder + "/families"))
        var retry = BackendPolicy.Retry()
        retry.attempts = 0
        let server = UpstreamServer(name: "http://app", origin: .tcp(host: "127.0.0.1", port: port))
        var policy = ProxyPolicy(backend: BackendPolicy(number: 0, name: "app", servers: [server], retry: retry))
        policy.cache = CachePolicy(site: .default)
        var site = try TestSite()
        site.policy.routes = [SitePolicy.Route(path: .everything, action: .proxy(ProxyRoute(policy)))]
        let tested = try TestServer(site.snapshot(1), options: options)
        defer { withExtendedLifetime(site) { tested.stop() } }
        try body(tested, lines)
    }

    /// The lines so far.
    private func said(_ server: TestServer, _ lines: Lines) -> [String] {
        server.onLoop { _, server in server.log.handOver() }
        return String(decoding: lines.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func aFailureHasItsReasonAndItsServer() throws {
        let socket = try ListeningSocket.open("127.0.0.1:0")
        let port = try #require(UInt16(socket.address.split(separator: ":").last ?? ""))
        close(socket.descriptor)
        try serve(port: port) { (server, lines) throws in
            #expect(try server.get("/a").status == 503)
            let line = try #require(said(server, lines).first)
            #expect(line.contains("\"status\":503") && line.contains("\"cache\":\"miss\""))
            #expect(line.contains("\"upstream\":\"http://app\",\"failure\":\"connect\""))
        }
    }

    @Test func whoWasAskedStandsBesideWhatTheCacheDid() throws {
        let origin = try TestOrigin { _ in TestOrigin.answer("hello", "Cache-Control: max-age=60") }
        defer { origin.stop() }
        try serve(port: origin.port) { (server, lines) throws in
            for _ in 0..<2 { #expect(try server.get("/a").body == "hello") }
            let all = said(server, lines)
            #expect(all.count == 2)
            #expect(all.first?.contains("\"cache\":\"miss\",\"upstream\":\"http://app\"") == true)
            #expect(all.last?.contains("\"cache\":\"hit\"") == true && all.last?.contains("upstream") == false)
        }
    }

    /// One asks, one waits for what that brings; both lose patience.
    @Test func whoLeavesBeforeTheAnswerIsInTheLog() throws {
        let silent = try ListeningSocket.open("127.0.0.1:0")
        defer { close(silent.descriptor) }
        try serve(port: UInt16(silent.address.split(separator: ":").last ?? "") ?? 0) { (server, lines) throws in
            for number in 1...2 {
                let client = try TestClient(server)
                try client.send("/a")
                server.waitForRequests(UInt64(number))
                client.reset()
            }
            var all: [String] = []
            for _ in 0..<100_000 where all.count < 2 {
                all = said(server, lines)
                sched_yield()
            }
            #expect(all.count == 2 && all.allSatisfy { $0.contains("\"status\":499,\"bytes\":0") })
        }
    }
}
