import Glibc
import Snapshots
import Synchronization
import TestPatience
import Testing

@testable import HTTPEngine
@testable import Proxying

/// Servers that speak HTTP/2: many requests over one connection.
@Suite struct HTTP2ServerTests {
    private static func policy(
        _ server: UpstreamServer, retry: BackendPolicy.Retry = .init(), checks: BackendPolicy.Checks? = nil
    ) -> BackendPolicy {
        BackendPolicy(number: 0, name: "app", servers: [server], checks: checks, retry: retry, speaksHTTP2: true)
    }

    private static func plain(_ port: UInt16) -> UpstreamServer {
        UpstreamServer(name: "http://127.0.0.1:\(port)", origin: .tcp(host: "127.0.0.1", port: port))
    }

    /// A proxy whose server is a loop of our own that speaks HTTP/2, in front of a scripted server.
    private struct Chain {
        let server: ScriptedServer
        let front: ProxyUnderTest
        let proxy: ProxyUnderTest

        init(_ server: ScriptedServer, secure: Bool = false) throws {
            self.server = server
            let onward = BackendPolicy(number: 0, name: "plain", servers: [HTTP2ServerTests.plain(server.port)])
            front = try ProxyUnderTest(onward, tls: secure ? TLSIdentities(try SecureFront.table(.server)) : nil)
            let target = secure ? Trust.server(front.port, try Trust.connector(protocols: .http2)) : HTTP2ServerTests.plain(front.port)
            proxy = try ProxyUnderTest(HTTP2ServerTests.policy(target))
        }

        func end() {
            proxy.end()
            front.end()
            server.end()
        }
    }

    @Test(arguments: [false, true]) func requestsAndBodiesGoBothWays(_ secure: Bool) throws {
        let server = ScriptedServer.echoing()
        let chain = try Chain(server, secure: secure)
        defer { chain.end() }
        let body = String(repeating: "0123456789", count: 60_000)
        let client = chain.proxy.connect()
        for number in 0..<5 {
            client.send("POST /\(number) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
            let answer = try #require(client.answer(to: "POST"))
            #expect(answer.status == 200 && answer.fields.contains("Via: 2 tandem"))
            #expect(answer.text.hasPrefix("POST /\(number) ") && answer.text.hasSuffix("\r\n\r\n" + body))
            #expect(answer.text.contains("Via: 2 tandem\r\n"))
        }
        let head = chain.proxy.ask("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n", method: "HEAD")
        #expect(head?.status == 200)
    }

    @Test func manyShareOneConnection() throws {
        // All are under way at once.
        let gate = Gate()
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            gate.wait()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            _ = connection.rest()
        }
        let chain = try Chain(server)
        defer { chain.end() }
        let clients = (0..<20).map { _ in chain.proxy.connect() }
        for client in clients { client.get("/") }
        #expect(eventually { server.connectionCount == 20 })
        gate.open()
        for client in clients { #expect(client.answer()?.text == "ok") }
        #expect(chain.front.thread.ask { $0.acceptedCount } == 1)
    }

    @Test func chunkedBodiesKeepTheirTrailersBothWays() throws {
        let bodies = Mutex<[String]>([])
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil, let body = connection.chunkedBody() else { return }
            bodies.withLock { $0.append(body) }
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nGrpc-Status: 0\r\n\r\n")
            _ = connection.rest()
        }
        let chain = try Chain(server)
        defer { chain.end() }
        let answer = chain.proxy.ask(
            "POST / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n",
            method: "POST")
        #expect(bodies.withLock { $0 } == ["5\r\nhello\r\n0\r\na: b\r\n\r\n"])
        #expect(answer?.text == "abc")
        #expect(answer?.fields.last == "trailer grpc-status: 0")
    }

    @Test func aSlowClientHoldsBackItsStreamAlone() throws {
        let size = 8 << 20
        let server = ScriptedServer { connection, _ in
            while let head = connection.head() {
                let count = head.hasPrefix("GET /large") ? size : 2
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n")
                connection.send([UInt8](repeating: 0x61, count: count))
            }
        }
        let chain = try Chain(server)
        defer { chain.end() }
        let slow = chain.proxy.connect(receiveBuffer: 4096)
        slow.get("/large")
        #expect(slow.head()?.hasPrefix("HTTP/1.1 200 ") == true)
        for _ in 0..<10 { #expect(chain.proxy.get("/small")?.text == "aa") }
        #expect(slow.read(size).count == size)
    }

    /// A server of frames: its settings, then what the test says.
    private static func framing(_ settings: [UInt8] = [], _ script: @escaping @Sendable (RawConnection, Int) -> Void) -> ScriptedServer {
        ScriptedServer { connection, number in
            guard connection.read(24).count == 24 else { return }
            connection.send(frame(.settings, settings))
            script(connection, number)
        }
    }

    private static func frame(_ kind: HTTP2Frame.Kind, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: HTTP2Frame.headCount)
        bytes.withUnsafeMutableBufferPointer {
            HTTP2Frame(kind, flags: flags, stream: stream, length: payload.count).write(to: $0.baseAddress!)
        }
        return bytes + payload
    }

    /// The stream of the next request; nil: the client has gone.
    private static func request(_ connection: RawConnection) -> UInt32? {
        while true {
            let head = connection.read(HTTP2Frame.headCount)
            guard head.count == HTTP2Frame.headCount else { return nil }
            let frame = head.withUnsafeBufferPointer { HTTP2Frame($0.baseAddress!) }
            _ = connection.read(frame.length)
            if frame.kind == .headers { return frame.stream }
        }
    }

    /// `200` without a body.
    private static func answer(_ stream: UInt32) -> [UInt8] { frame(.headers, flags: 5, stream: stream, [0x88]) }

    private static let post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab"

    @Test func whatAServerThatGoesAwayHasNotLookedAtIsAskedAgainWhateverItsMethod() throws {
        let server = Self.framing { connection, number in
            while let stream = Self.request(connection) {
                if number == 0 {
                    connection.send(Self.frame(.goAway, [0, 0, 0, 0, 0, 0, 0, 0]))
                    _ = connection.rest()
                    return
                }
                connection.send(Self.answer(stream))
            }
        }
        let proxy = try ProxyUnderTest(Self.policy(Self.plain(server.port)))
        defer {
            proxy.end()
            server.end()
        }
        #expect(proxy.ask(Self.post, method: "POST")?.status == 200)
        #expect(server.connectionCount == 2)
        #expect(proxy.reports.until(1).first?.tries == 1)
    }

    @Test func aRefusedStreamIsAskedAgainAndNotForEver() throws {
        let server = Self.framing { connection, _ in
            while let stream = Self.request(connection) { connection.send(Self.frame(.reset, stream: stream, [0, 0, 0, 7])) }
        }
        let proxy = try ProxyUnderTest(Self.policy(Self.plain(server.port)))
        defer {
            proxy.end()
            server.end()
        }
        let answer = proxy.ask(Self.post, method: "POST")
        #expect(answer?.status == 502)
        #expect(proxy.reports.until(1).first?.failure == "unprocessed")
    }

    @Test func aResetStreamIs502AndTheConnectionGoesOn() throws {
        let server = Self.framing { connection, _ in
            var isFirst = true
            while let stream = Self.request(connection) {
                connection.send(isFirst ? Self.frame(.reset, stream: stream, [0, 0, 0, 2]) : Self.answer(stream))
                isFirst = false
            }
        }
        let proxy = try ProxyUnderTest(Self.policy(Self.plain(server.port)))
        defer {
            proxy.end()
            server.end()
        }
        #expect(proxy.get("/")?.status == 502)
        #expect(proxy.reports.until(1).first?.failure == "resetStream")
        #expect(proxy.get("/")?.status == 200)
        #expect(server.connectionCount == 1)
    }

    @Test func moreThanAServerTakesGoesOverAnotherConnection() throws {
        // Behind the first, none is answered before two are there at once.
        let asked = Mutex(0)
        let gate = Gate()
        let server = Self.framing([0, 3, 0, 0, 0, 1]) { connection, _ in
            while let stream = Self.request(connection) {
                let number = asked.withLock { count in
                    count += 1
                    return count
                }
                if number == 3 { gate.open() }
                if number > 1 { gate.wait() }
                connection.send(Self.answer(stream))
            }
        }
        let proxy = try ProxyUnderTest(Self.policy(Self.plain(server.port)))
        defer {
            proxy.end()
            server.end()
        }
        #expect(proxy.get("/")?.status == 200)
        let clients = (0..<3).map { _ in proxy.connect() }
        for client in clients { client.get("/") }
        for client in clients { #expect(client.answer()?.status == 200) }
        // Before it has said how many it takes, a connection is trusted with more.
        #expect((2...3).contains(server.connectionCount))
    }

    /// As from a server that speaks HTTP/1.1.
    @Test func aSmallAnswerHasItsLengthAlsoWhereItIsEncoded() throws {
        let text = String(repeating: "0123456789\n", count: 300)
        let server = Self.framing { connection, _ in
            while let stream = Self.request(connection) {
                // Content-Type is 31 in the static table (RFC 7541 appendix A).
                let head: [UInt8] = [0x88, 0x0f, 0x10, 10] + Array("text/plain".utf8)
                connection.send(
                    Self.frame(.headers, flags: 4, stream: stream, head) + Self.frame(.data, flags: 1, stream: stream, Array(text.utf8)))
            }
        }
        let proxy = try ProxyUnderTest(Self.policy(Self.plain(server.port)), policy: { $0.compression = CompressionPolicy() })
        defer {
            proxy.end()
            server.end()
        }
        for _ in 0..<3 {
            let answer = try #require(proxy.get("/", "Accept-Encoding: gzip"))
            #expect(answer["Content-Encoding"] == "gzip" && answer["Content-Length"] == "\(answer.body.count)")
            #expect(try decoded(answer.body, "gzip", size: text.utf8.count) == Array(text.utf8))
        }
        #expect(server.connectionCount == 1)
    }

    @Test func anAnswerThatBreaksOffIsSeenToBe() throws {
        let gate = Gate()
        let server = Self.framing { connection, _ in
            guard let stream = Self.request(connection) else { return }
            connection.send(Self.frame(.headers, flags: 4, stream: stream, [0x88]) + Self.frame(.data, stream: stream, Array("half".utf8)))
            gate.wait()
        }
        let proxy = try ProxyUnderTest(Self.policy(Self.plain(server.port)))
        defer {
            proxy.end()
            server.end()
        }
        let client = proxy.connect()
        client.get("/")
        #expect(client.head()?.contains("Transfer-Encoding: chunked") == true)
        #expect(client.chunk() == Array("half".utf8))
        gate.open()
        #expect(client.rest().bytes.isEmpty)
        // A server that closes with bytes unread resets the connection.
        #expect(["truncated", "reset"].contains(proxy.reports.until(1).first?.failure))
    }

    @Test func aServerThatSpeaksHTTP1IsNoServer() throws {
        let server = ScriptedServer { connection, _ in
            _ = connection.read(24)
            connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            _ = connection.rest()
        }
        let proxy = try ProxyUnderTest(Self.policy(Self.plain(server.port)))
        defer {
            proxy.end()
            server.end()
        }
        #expect(proxy.get("/")?.status == 502)
        #expect(proxy.reports.until(1).first?.failure == "brokenHTTP2")
    }

    @Test func aClientThatLeavesCancelsItsStream() throws {
        let asked = Gate()
        let cancelled = Mutex<[UInt8]>([])
        let server = Self.framing { connection, _ in
            guard Self.request(connection) != nil else { return }
            asked.open()
            while true {
                let head = connection.read(HTTP2Frame.headCount)
                guard head.count == HTTP2Frame.headCount else { return }
                let frame = head.withUnsafeBufferPointer { HTTP2Frame($0.baseAddress!) }
                let payload = connection.read(frame.length)
                if frame.kind == .reset { return cancelled.withLock { $0 = payload } }
            }
        }
        let proxy = try ProxyUnderTest(Self.policy(Self.plain(server.port)))
        defer {
            proxy.end()
            server.end()
        }
        let client = proxy.connect()
        client.get("/")
        #expect(asked.wait())
        client.reset()
        #expect(eventually { cancelled.withLock { $0 } == [0, 0, 0, 8] })
    }

    @Test func healthIsAskedInFrames() throws {
        let server = Self.framing { connection, _ in
            while let stream = Self.request(connection) { connection.send(Self.frame(.headers, flags: 5, stream: stream, [0x8e])) }
        }
        var checks = BackendPolicy.Checks()
        (checks.every, checks.unhealthy) = (1000, 1)
        let target = Self.plain(server.port)
        let proxy = try ProxyUnderTest(Self.policy(target, checks: checks))
        defer {
            proxy.end()
            server.end()
        }
        #expect(eventually { target.health.isKnownDown })
        #expect(proxy.get("/")?.status == 503)
    }

    @Test(arguments: RealServer.Kind.installed, [true, false]) func realServersAreReached(_ kind: RealServer.Kind, _ secure: Bool) throws {
        let server = try #require(RealServer(kind, secure ? .secure : .http2))
        let target = secure ? Trust.server(server.port, try Trust.connector(protocols: .http2)) : Self.plain(server.port)
        let proxy = try ProxyUnderTest(Self.policy(target))
        defer {
            proxy.end()
            server.end()
        }
        let client = proxy.connect()
        for _ in 0..<10 {
            client.get("/a")
            #expect(client.answer()?.text == "ok")
        }
        // A server writes its log behind the answer, and looking whether it is there has left a line too.
        func count() -> Int { server.requests.count { $0.hasPrefix("GET ") && $0.hasSuffix("/a HTTP/2.0") } }
        #expect(eventually { count() == 10 })
    }
}
