import Glibc
import HTTPEngine
import Sockets
import Synchronization
import TestPatience
import Testing

@testable import Proxying

/// Answers that go on until somebody ends them, when their generation's time is over.
@Suite struct ConcludedAnswerTests {
    private static let atOnce = DrainLimits(idle: .seconds(5), request: .seconds(30), transfer: .seconds(600), webSocket: .zero)
    /// 1001 (RFC 6455 §7.4.1), as a server says it.
    private static let goingAway: [UInt8] = [0x88, 2, 0x03, 0xe9]
    private static let upgrade = "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    private static let switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n"

    /// A server that does its part when it is told to, and says what came.
    private final class Server: Sendable {
        let held = Mutex<[UInt8]>([])
        private let gate = Gate()
        func waits(for number: Int) { gate.wait(for: number) }
        func goOn() { gate.open() }
    }

    private static func unmasked(_ frame: [UInt8]) -> [UInt8] {
        guard frame.count >= 6 else { return frame }
        return Array(frame[..<2]) + frame[6...].enumerated().map { $1 ^ frame[2 + $0 % 4] }
    }

    private static func census(_ proxy: ProxyUnderTest) -> ConnectionCensus {
        proxy.thread.ask { $0.census() } ?? ConnectionCensus()
    }

    private static func end(_ proxy: ProxyUnderTest, _ server: ScriptedServer) {
        proxy.thread.join()
        close(proxy.socket.descriptor)
        server.end()
    }

    @Test func bothSidesOfAWebSocketHear1001AndAnswer() throws {
        let told = Server()
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send(Self.switching)
            connection.send([0x81, 2, 0x68, 0x69])
            let frame = connection.read(8)
            told.held.withLock { $0 = frame }
            // An echo that was under way, then the answer, with another code.
            connection.send([0x81, 2, 0x68, 0x6f, 0x88, 2, 0x03, 0xe8])
            _ = connection.rest()
        }
        let proxy = try ProxyUnderTest([server])
        let client = proxy.connect()
        client.send(Self.upgrade)
        _ = try #require(client.head())
        #expect(client.read(4) == [0x81, 2, 0x68, 0x69])
        #expect(Self.census(proxy).webSockets == 1)
        #expect(Self.census(proxy).connections == 1)
        proxy.thread.drain(Self.atOnce)
        #expect(client.read(8) == [0x81, 2, 0x68, 0x6f] + Self.goingAway)
        client.send([0x88, 0x82, 1, 2, 3, 4, 0x02, 0xeb])
        let rest = client.rest()
        #expect(rest.bytes.isEmpty && rest.end == .closed)
        Self.end(proxy, server)
        #expect(Self.unmasked(told.held.withLock { $0 }) == [0x88, 0x82, 0x03, 0xe9])
        #expect(proxy.reports.all.map(\.status) == [101])
    }

    /// Each direction is at its own place when the limit strikes.
    @Test func aFrameThatIsUnderWayIsCompleted() throws {
        let (size, told) = (300_000, Server())
        let head: [UInt8] = [0x82, 127, 0, 0, 0, 0, 0, UInt8(size >> 16), UInt8(size >> 8 & 255), UInt8(size & 255)]
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send(Self.switching)
            connection.send(head + [UInt8](repeating: 7, count: 1_000))
            let close = connection.read(8)
            told.waits(for: 1)
            // An answer without a code is one.
            connection.send([UInt8](repeating: 7, count: size - 1_000) + [0x88, 0])
            told.held.withLock { $0 = close + connection.rest().bytes }
            told.goOn()
        }
        let proxy = try ProxyUnderTest([server])
        let client = proxy.connect()
        client.send(Self.upgrade)
        _ = try #require(client.head())
        #expect(client.read(1_010).count == 1_010)
        proxy.thread.drain(Self.atOnce)
        // The server has been told, the client not yet.
        #expect(Self.census(proxy).concluded == 1)
        told.goOn()
        #expect(client.read(size - 1_000) == [UInt8](repeating: 7, count: size - 1_000))
        #expect(client.read(4) == Self.goingAway)
        client.send([0x88, 0x82, 1, 2, 3, 4, 0x02, 0xeb])
        #expect(client.rest().end == .closed)
        Self.end(proxy, server)
        told.waits(for: 2)
        #expect(Self.unmasked(told.held.withLock { $0 }) == [0x88, 0x82, 0x03, 0xe9])
    }

    /// The client is told all the same.
    @Test func sidesThatDoNotAnswerAreLeftAfterAMoment() throws {
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send(Self.switching)
            _ = connection.rest()
        }
        let proxy = try ProxyUnderTest([server])
        let client = proxy.connect()
        client.send(Self.upgrade)
        _ = try #require(client.head())
        proxy.thread.drain(Self.atOnce)
        let rest = client.rest()
        #expect(rest.bytes == Self.goingAway && rest.end == .closed)
        Self.end(proxy, server)
    }

    /// `generations.maximum` leaves a second.
    @Test func aHurriedStopTellsAllAtOnce() throws {
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send(Self.switching)
            _ = connection.rest()
        }
        let proxy = try ProxyUnderTest([server])
        let clients = (0..<20).map { _ in proxy.connect() }
        for client in clients {
            client.send(Self.upgrade)
            _ = try #require(client.head())
        }
        proxy.thread.drain(DrainLimits(idle: .seconds(5), request: .seconds(30), transfer: .seconds(600)))
        #expect(Self.census(proxy).concluded == 0)
        proxy.thread.stop(grace: .seconds(1))
        for client in clients {
            #expect(client.read(4) == Self.goingAway)
            client.leave()
        }
        Self.end(proxy, server)
    }

    /// Another protocol is nobody's to end: it is a transfer.
    @Test func otherProtocolsAreTransfers() throws {
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n")
            _ = connection.rest()
        }
        let proxy = try ProxyUnderTest([server])
        let client = proxy.connect()
        client.send("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n")
        _ = try #require(client.head())
        let census = Self.census(proxy)
        #expect(census.webSockets == 0 && census.connections == 1)
        client.leave()
        proxy.end()
        server.end()
    }

    @Test(arguments: ["chunked", "close"]) func anEventStreamEndsBehindAnEvent(_ framing: String) throws {
        let told = Server()
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            func send(_ text: String) {
                connection.send(framing == "chunked" ? String(text.utf8.count, radix: 16) + "\r\n\(text)\r\n" : text)
            }
            connection.send(
                "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n"
                    + (framing == "chunked" ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n"))
            send("data: 1\n\nda")
            told.waits(for: 1)
            send("ta: 2\n\ndata: 3\n\n")
            _ = connection.rest()
        }
        let proxy = try ProxyUnderTest([server])
        let client = proxy.connect()
        client.get("/events")
        _ = try #require(client.head())
        #expect(String(decoding: client.read(16), as: UTF8.self) == "b\r\ndata: 1\n\nda\r\n")
        #expect(Self.census(proxy).eventStreams == 1)
        proxy.thread.drain(Self.atOnce)
        #expect(Self.census(proxy).concluded == 1)
        told.goOn()
        let rest = client.rest()
        #expect(String(decoding: rest.bytes, as: UTF8.self) == "7\r\nta: 2\n\n\r\n0\r\n\r\n" && rest.end == .closed)
        Self.end(proxy, server)
        #expect(proxy.reports.all.map(\.status) == [200] && proxy.reports.all.first?.failure == nil)
    }

    @Test func anEventStreamBetweenEventsEndsAtOnce() throws {
        let server = ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            _ = connection.rest()
        }
        let proxy = try ProxyUnderTest([server])
        let client = proxy.connect()
        client.get("/events")
        _ = try #require(client.head())
        proxy.thread.drain(Self.atOnce)
        let rest = client.rest()
        #expect(String(decoding: rest.bytes, as: UTF8.self) == "0\r\n\r\n" && rest.end == .closed)
        Self.end(proxy, server)
    }
}
