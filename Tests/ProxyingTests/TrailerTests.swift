import Glibc
import Snapshots
import Synchronization
import Testing

@testable import HTTPEngine
@testable import Proxying

/// What stands behind bodies and in front of answers.
@Suite struct TrailerTests {
    /// Keeps what comes of a chunked body, and answers.
    private final class Collector: Sendable {
        let bodies = Mutex<[String]>([])
        let heads = Mutex<[String]>([])

        func server() -> ScriptedServer {
            ScriptedServer { [self] connection, _ in
                while let head = connection.head() {
                    heads.withLock { $0.append(head) }
                    guard let body = connection.chunkedBody() else { return }
                    bodies.withLock { $0.append(body) }
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                }
            }
        }
    }

    @Test func whatStandsBehindARequestGoesOnUnlessItWouldNotPassInFront() throws {
        let collector = Collector()
        let server = collector.server()
        let proxy = try ProxyUnderTest(
            BackendPolicy(
                number: 0, name: "app",
                servers: [UpstreamServer(name: "s", origin: .tcp(host: "127.0.0.1", port: server.port))]),
            policy: { $0.request.removed = [Array("x-secret".utf8)] })
        defer {
            proxy.end()
            server.end()
        }
        let answer = proxy.ask(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: Digest\r\n\r\n3\r\nabc\r\n0\r\nDigest: a=b\r\n"
                + "X-Real-IP: 1.2.3.4\r\nX-Secret: 1\r\nX-Deployment-Id: 2\r\nX_Forwarded_Proto: https\r\nX-Own: 3\r\n\r\n",
            method: "POST")
        #expect(answer?.text == "ok")
        #expect(collector.bodies.withLock { $0 } == ["3\r\nabc\r\n0\r\nDigest: a=b\r\nX-Own: 3\r\n\r\n"])
        #expect(collector.heads.withLock { $0 }.first?.contains("\r\nTrailer: Digest\r\n") == true)
    }

    @Test func aBodyOfKnownLengthHasNothingBehindIt() throws {
        let server = ScriptedServer.echoing()
        let proxy = try ProxyUnderTest([server])
        defer {
            proxy.end()
            server.end()
        }
        let answer = proxy.ask("POST / HTTP/1.1\r\nHost: h\r\nTrailer: A\r\nContent-Length: 2\r\n\r\nab", method: "POST")
        #expect(answer?.text.contains("Trailer") == false)
        #expect(answer?.text.hasSuffix("\r\n\r\nab") == true)
    }

    @Test func theyComeFromHTTP2AndGoThere() throws {
        let collector = Collector()
        let server = collector.server()
        let proxy = try ProxyUnderTest([server])
        defer {
            proxy.end()
            server.end()
        }
        let client = FrameClient(proxy.connect())
        client.headers([(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "h")], endsStream: false)
        client.data("abc", endsStream: false)
        client.headers([("digest", "a=b"), ("x-real-ip", "1.2.3.4")], endsStream: true)
        #expect(client.blocks(until: { $0.contains { $0.hasPrefix(":status: 200") } }).isEmpty == false)
        #expect(collector.bodies.withLock { $0 } == ["3\r\nabc\r\n0\r\ndigest: a=b\r\n\r\n"])
    }

    // MARK: In front of answers

    private static func hinting() -> ScriptedServer {
        ScriptedServer { connection, _ in
            while connection.head() != nil {
                connection.send(
                    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nConnection: x\r\nX: 1\r\n\r\n"
                        + "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
    }

    @Test func hintsOfAServerGoOn() throws {
        let server = Self.hinting()
        let proxy = try ProxyUnderTest([server])
        defer {
            proxy.end()
            server.end()
        }
        let client = proxy.connect()
        for _ in 0..<2 {
            client.get("/")
            #expect(client.head() == "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")
            #expect(client.head() == "HTTP/1.1 102 Processing\r\n\r\n")
            #expect(client.answer()?.text == "ok")
        }
        // They came after HTTP/1.0.
        let old = proxy.ask("GET / HTTP/1.0\r\nHost: h\r\n\r\n")
        #expect(old?.status == 200 && old?.text == "ok")
    }

    @Test func hintsOfAServerGoOnInHTTP2() throws {
        let server = Self.hinting()
        let proxy = try ProxyUnderTest([server])
        defer {
            proxy.end()
            server.end()
        }
        let client = FrameClient(proxy.connect())
        client.headers([(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "h")], endsStream: true)
        let blocks = client.blocks(until: { $0.contains { $0.hasPrefix(":status: 200") } })
        #expect(blocks.map { $0.prefix(12) } == [":status: 103", ":status: 102", ":status: 200"])
        #expect(blocks.first == ":status: 103\r\nlink: </a.css>; rel=preload\r\n")
    }
}
