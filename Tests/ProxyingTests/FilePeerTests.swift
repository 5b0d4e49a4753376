import Glibc
import HTTPEngine
import Snapshots
import Testing

@testable import Proxying

/// What other makes of servers say of TLS and HTTP/2 is understood, and they understand us: nginx, h2o, nghttpd and OpenSSL's own.
@Suite struct FilePeerTests {
    private func proxy(_ peer: FilePeer, _ way: FilePeer.Way, name: String = "app.test") throws -> ProxyUnderTest {
        let target =
            way == .http2
            ? UpstreamServer(name: "http://127.0.0.1:\(peer.port)", origin: .tcp(host: "127.0.0.1", port: peer.port))
            : Trust.server(peer.port, try Trust.connector(name, protocols: way == .secure ? .http1 : .http2))
        return try ProxyUnderTest(BackendPolicy(number: 0, name: "app", servers: [target], speaksHTTP2: way != .secure))
    }

    @Test(.enabled(if: FilePeer.Meeting.missing.isEmpty, "not installed, so not met: \(FilePeer.Meeting.missing): scripts/bootstrap test"))
    func allPeersAreMet() {
        #expect(Set(FilePeer.Meeting.installed.map(\.kind)) == Set(FilePeer.Kind.allCases))
    }

    @Test(arguments: FilePeer.Meeting.installed) func filesComeWhole(_ meeting: FilePeer.Meeting) throws {
        let peer = try #require(FilePeer(meeting))
        let proxy = try proxy(peer, meeting.way)
        defer {
            proxy.end()
            peer.end()
        }
        for _ in 0..<5 { #expect(proxy.get("/small")?.text == "ok") }
        #expect(proxy.get("/large")?.text == FilePeer.large)
        if meeting.kind == .openssl { return }
        #expect(proxy.get("/none")?.status == 404)
        #expect(proxy.ask("HEAD /large HTTP/1.1\r\nHost: h\r\n\r\n", method: "HEAD")?["Content-Length"] == "\(FilePeer.large.utf8.count)")
        // Many at once, each as fast as it reads: over HTTP/2 in the windows of one connection.
        let clients = (0..<8).map { _ in proxy.connect(receiveBuffer: 32_768) }
        for client in clients { client.get("/large") }
        for client in clients.reversed() { #expect(client.answer()?.body.count == FilePeer.large.utf8.count) }
    }

    @Test(arguments: FilePeer.Meeting.installed.filter { $0.way != .http2 })
    func whoIsSomebodyElseGetsNothing(_ meeting: FilePeer.Meeting) throws {
        let peer = try #require(FilePeer(meeting))
        let proxy = try proxy(peer, meeting.way, name: "other.test")
        defer {
            proxy.end()
            peer.end()
        }
        #expect(proxy.get("/small")?.status == 502)
    }

    /// One that goes away and comes back takes a request or two with it at most, whatever it was speaking.
    @Test(arguments: FilePeer.Meeting.installed) func whoComesBackIsUsedAgain(_ meeting: FilePeer.Meeting) throws {
        let peer = try #require(FilePeer(meeting))
        let proxy = try proxy(peer, meeting.way)
        defer {
            proxy.end()
            peer.end()
        }
        #expect(proxy.get("/small")?.text == "ok")
        peer.stop()
        #expect(proxy.get("/small")?.status == 503)
        #expect(peer.start())
        #expect(proxy.get("/small")?.text == "ok")
    }

    @Test(arguments: FilePeer.Meeting.installed.filter { $0.kind == .nghttpd })
    func bodiesGoBothWays(_ meeting: FilePeer.Meeting) throws {
        let peer = try #require(FilePeer(meeting))
        let proxy = try proxy(peer, meeting.way)
        defer {
            proxy.end()
            peer.end()
        }
        let body = String(FilePeer.large.prefix(500_000))
        for _ in 0..<3 {
            let answer = proxy.ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body, method: "POST")
            #expect(answer?.status == 200 && answer?.text == body)
        }
    }
}
