import Glibc
import Snapshots
import Synchronization
import TestPatience
import Testing

@testable import Proxying

/// Servers that refuse, reset, stall, lie or die: the right status in the right time, and nothing asked twice that may not be.
@Suite struct FailingServerTests {
    private static let post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab"

    /// A port where nobody listens: no server of a test is ever given it.
    private static func deadServer() -> UpstreamServer {
        UpstreamServer(name: "http://127.0.0.1:1", origin: .tcp(host: "127.0.0.1", port: 1))
    }

    private static func live(_ server: ScriptedServer) -> UpstreamServer {
        UpstreamServer(name: "http://127.0.0.1:\(server.port)", origin: .tcp(host: "127.0.0.1", port: server.port))
    }

    @Test func nobodyToAskIs503WithRetryAfterAndAtOnce() throws {
        let proxy = try ProxyUnderTest(BackendPolicy(number: 0, name: "app", servers: [Self.deadServer()]))
        defer { proxy.end() }
        let answer = try #require(proxy.get("/"))
        #expect(answer.status == 503)
        #expect(answer["Retry-After"] == "1")
        #expect(answer["Cache-Control"] == "no-store")
        #expect(proxy.reports.until(1).first?.failure == "connect")
    }

    @Test func whatWasRefusedIsAskedElsewhereWhateverItsMethod() throws {
        let server = ScriptedServer.echoing()
        let proxy = try ProxyUnderTest(
            BackendPolicy(number: 0, name: "app", servers: [Self.deadServer(), Self.deadServer(), Self.live(server)]))
        defer {
            proxy.end()
            server.end()
        }
        for _ in 0..<3 {
            #expect(proxy.get("/")?.status == 200)
            #expect(proxy.ask(Self.post, method: "POST")?.text.hasSuffix("\r\n\r\nab") == true)
        }
        #expect(server.connectionCount == 1)
    }

    @Test func aMethodThatMayNotBeRepeatedIsNot() throws {
        let requests = Mutex<[String]>([])
        let server = ScriptedServer { connection, _ in
            guard let head = connection.head() else { return }
            requests.withLock { $0.append(head) }
        }
        let other = ScriptedServer { connection, _ in
            guard let head = connection.head() else { return }
            requests.withLock { $0.append(head) }
        }
        let proxy = try ProxyUnderTest([server, other])
        defer { proxy.end() }
        #expect(proxy.ask(Self.post, method: "POST")?.status == 502)
        #expect(requests.withLock { $0.count } == 1)
        #expect(proxy.reports.until(1).first?.failure == "endedBeforeAnswer")
    }

    @Test func anIdempotentRequestIsAskedAgain() throws {
        let server = ScriptedServer { connection, number in
            guard connection.head() != nil, number > 0 else { return }
            _ = connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            _ = connection.rest()
        }
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        #expect(proxy.get("/")?.text == "ok")
        #expect(proxy.reports.until(1).first?.tries == 2)
    }

    @Test func anIdleConnectionThatItsServerEndedIsReplaced() throws {
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            // Ends when the next request has come: that is when a proxy can not have known.
            _ = connection.head()
            connection.reset()
        }
        let proxy = try ProxyUnderTest(
            [server],
            retry: {
                var retry = BackendPolicy.Retry(); retry.attempts = 0; return retry
            }())
        defer { proxy.end() }
        for _ in 0..<6 { #expect(proxy.get("/")?.text == "ok") }
        #expect(proxy.reports.until(6).allSatisfy { $0.tries == 1 && $0.failure == nil })
    }

    @Test func aStatusThatAnotherServerMayDoBetterThanIsTriedThere() throws {
        let bad = ScriptedServer { connection, _ in
            while connection.head() != nil { connection.send("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy") }
        }
        let good = ScriptedServer.echoing()
        let proxy = try ProxyUnderTest([bad, good])
        defer { proxy.end() }
        for _ in 0..<6 { #expect(proxy.get("/")?.status == 200) }
        // What cannot be repeated is answered as it is.
        let answers = (0..<4).compactMap { _ in proxy.ask(Self.post, method: "POST")?.status }
        #expect(answers.contains(503) && answers.contains(200))
    }

    private final class Count: Sendable {
        private let number = Mutex(0)
        var value: Int { number.withLock { $0 } }
        func raise() { number.withLock { $0 += 1 } }
    }

    private static func busy(_ asked: Count) -> ScriptedServer {
        ScriptedServer { connection, _ in
            while connection.head() != nil {
                asked.raise()
                connection.send("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
            }
        }
    }

    @Test func retriesEndWithTheBudget() throws {
        let (asked, begin) = (Count(), ContinuousClock.now)
        let proxy = try ProxyUnderTest([Self.busy(asked), Self.busy(asked)])
        defer { proxy.end() }
        let client = proxy.connect()
        for _ in 0..<100 {
            client.get("/")
            #expect(client.answer()?.status == 503)
        }
        // Ten that a quiet site may spend, a fifth of the requests, and what the time of the test has brought.
        let time = Int((ContinuousClock.now - begin).components.seconds) + 1
        #expect((120...130 + time).contains(asked.value), "\(asked.value) in \(time) s")
    }

    @Test func aServerThatHasAnsweredIsNotAskedTheSameAgain() throws {
        let asked = Count()
        let proxy = try ProxyUnderTest([Self.busy(asked)])
        defer { proxy.end() }
        #expect(proxy.get("/")?.status == 503)
        #expect(asked.value == 1)
    }

    @Test func aServerThatStallsIs504() throws {
        let asked = Gate()
        let server = ScriptedServer { connection, _ in
            _ = connection.head()
            asked.open()
            _ = connection.rest()
        }
        var limits = BackendPolicy.Limits()
        limits.firstByteSeconds = 60
        var retry = BackendPolicy.Retry()
        retry.attempts = 0
        let proxy = try ProxyUnderTest([server], retry: retry, limits: limits)
        defer { proxy.end() }
        let client = proxy.connect()
        client.get("/")
        #expect(asked.wait())
        proxy.thread.advance(seconds: 61)
        #expect(client.answer()?.status == 504)
        #expect(proxy.reports.until(1).first?.failure == "first-byte-timeout")
    }

    @Test(arguments: [
        "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    ])
    func whatIsNoAnswerIs502(_ text: String) throws {
        let server = ScriptedServer.saying(text)
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        #expect(proxy.get("/")?.status == 502)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nx",
    ])
    func anAnswerThatIsCutIsSeenToBe(_ text: String) throws {
        let server = ScriptedServer.saying(text)
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        #expect(proxy.get("/") == nil)
        #expect(proxy.reports.until(1).first?.status == 200)
        #expect(proxy.reports.until(1).first?.failure != nil)
        // An old client is told by a reset: an end would say that all is well.
        let old = proxy.connect()
        old.send("GET / HTTP/1.0\r\nHost: h\r\n\r\n")
        if text.contains("chunked") { #expect(old.rest().end == .reset) } else { #expect(old.rest().bytes.count < text.utf8.count + 200) }
    }

    @Test func whatComesBehindAnAnswerNeverReachesAnotherClient() throws {
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\ninjected")
            _ = connection.rest()
        }
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        let client = proxy.connect()
        for _ in 0..<4 {
            client.get("/")
            #expect(client.answer()?.text == "ok")
        }
        #expect(server.connectionCount == 4)
    }

    @Test func aClientThatLeavesEndsTheRequest() throws {
        let (asked, ended) = (Gate(), Gate())
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            asked.open()
            _ = connection.rest()
            ended.open()
        }
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        let client = proxy.connect()
        client.get("/slow")
        #expect(asked.wait())
        client.leave()
        #expect(proxy.reports.until(1).first?.status == 499)
        #expect(ended.wait())
    }

    @Test func aSlowClientHoldsBackTheServer() throws {
        let sent = Mutex(0)
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n")
            let piece = [UInt8](repeating: 0x61, count: 64 * 1024)
            for _ in 0..<1024 {
                if !connection.send(piece) { return }
                sent.withLock { $0 += piece.count }
            }
        }
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        let client = proxy.connect(receiveBuffer: 64 * 1024)
        client.get("/large")
        _ = client.head()
        // It comes to rest: what has been sent are the buffers on the way.
        var before = -1
        while true {
            usleep(200_000)
            let now = sent.withLock { $0 }
            if now == before { break }
            before = now
        }
        #expect(before < 32 << 20, "\(before) bytes were read for a client that takes none")
        #expect(client.read(67_108_864).count == 67_108_864)
    }

    @Test func aSlowServerHoldsBackTheClient() throws {
        let gate = Gate()
        let got = Mutex(0)
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            gate.wait()
            while got.withLock({ $0 }) < 33_554_432 {
                let count = connection.read(65_536).count
                if count == 0 { return }
                got.withLock { $0 += count }
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            _ = connection.rest()
        }
        let proxy = try ProxyUnderTest([server])
        defer { proxy.end() }
        let client = proxy.connect()
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 33554432\r\n\r\n")
        var flags = fcntl(client.descriptor, F_GETFL)
        _ = fcntl(client.descriptor, F_SETFL, flags | O_NONBLOCK)
        let piece = [UInt8](repeating: 0x62, count: 65_536)
        var sent = 0
        var quiet = 0
        while quiet < 100, sent < 33_554_432 {
            let count = piece.withUnsafeBytes {
                Glibc.send(client.descriptor, $0.baseAddress, min($0.count, 33_554_432 - sent), Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
                quiet = 0
            } else {
                quiet += 1
                usleep(2_000)
            }
        }
        #expect(sent < 33_554_432)
        gate.open()
        flags = fcntl(client.descriptor, F_GETFL)
        _ = fcntl(client.descriptor, F_SETFL, flags & ~O_NONBLOCK)
        while sent < 33_554_432 {
            let count = min(piece.count, 33_554_432 - sent)
            #expect(client.send(Array(piece.prefix(count))))
            sent += count
        }
        #expect(client.answer(to: "POST")?.status == 200)
    }

    /// The same over HTTP/2, where an answer that is cut is a stream that is reset; and nothing stays open behind it.
    @Test(arguments: [
        ("garbage\r\n\r\n", 502), ("HTTP/1.1 200 OK\r\nContent-Le", 502), ("", 502),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", nil),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf", nil),
    ])
    func clientsOfHTTP2AreToldTheSame(_ text: String, _ status: Int?) throws {
        let server = ScriptedServer.saying(text)
        var retry = BackendPolicy.Retry()
        retry.attempts = 0
        let proxy = try ProxyUnderTest([server], retry: retry)
        defer { proxy.end() }
        let client = StreamsClient(port: proxy.port)
        client.ask("/", times: 20)
        client.read(20)
        if let status { #expect(client.statuses == Array(repeating: status, count: 20)) } else { #expect(client.resets == 20) }
        #expect(server.connectionCount == 20)
        #expect(eventually { server.openCount == 0 })
    }

}
