import Glibc
import Sockets
import TestPatience
import Testing

@testable import HTTPEngine

@Suite struct TLSIdentitiesTests {
    private func table(_ names: [[String]]) throws -> TLSIdentities.Table {
        TLSIdentities.Table(
            try names.map { try TLSIdentity(chain: Array(TestIdentity.certificate.utf8), key: Array(TestIdentity.key.utf8), names: $0) })
    }

    @Test func anExactNameGoesBeforeAWildcardAndTheFirstAnswersForTheRest() throws {
        let table = try table([["a.example"], ["*.shop.example"], ["eu.shop.example", "*.shop.example"], ["B.Example"]])
        let rows: [(String?, Int)] = [
            (nil, 0), ("", 0), (".", 0), ("a.example", 0), ("b.example", 3), ("B.EXAMPLE", 3), ("b.example.", 3), ("us.shop.example", 1),
            ("eu.shop.example", 2), ("EU.Shop.Example", 2), ("shop.example", 0), ("deep.us.shop.example", 0), ("other", 0),
        ]
        for (name, index) in rows { #expect(table.index(for: name) == index, "\(name ?? "-")") }
    }

    @Test func whatIsNoCertificateIsRefused() {
        for (chain, key) in [("", TestIdentity.key), (TestIdentity.certificate, ""), (TestIdentity.key, TestIdentity.certificate)] {
            #expect(throws: TLSIdentityError.self) { try TLSIdentity(chain: Array(chain.utf8), key: Array(key.utf8), names: []) }
        }
    }
}

extension EngineTests {
    /// What can go wrong before the first request.
    @Suite struct HandshakeTests {
        /// A TCP connection that does not speak TLS by itself.
        private func bare(_ engine: TestEngine) -> Int32 {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var limit = timeval(tv_sec: Int(patience.components.seconds), tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            var target = sockaddr_in()
            target.sin_family = sa_family_t(AF_INET)
            target.sin_port = (UInt16(engine.socket.address.split(separator: ":")[1]) ?? 0).bigEndian
            inet_pton(AF_INET, "127.0.0.1", &target.sin_addr)
            let code = withUnsafePointer(to: &target) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            #expect(code == 0)
            return descriptor
        }

        /// Whether the server closes.
        private func isClosed(_ descriptor: Int32) -> Bool {
            var block = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = recv(descriptor, &block, block.count, 0)
                if count == 0 || (count < 0 && errno == ECONNRESET) { return true }
                if count < 0 { return false }
            }
        }

        @Test func aHandshakeThatNeverEndsIsCutOff() throws {
            var limits = EngineLimits()
            limits.handshakeSeconds = 60
            let engine = try TestEngine(.tls, limits: limits)
            defer { engine.end() }
            let mute = bare(engine)
            let slow = bare(engine)
            defer { for descriptor in [mute, slow] { close(descriptor) } }
            // The beginning of a ClientHello, then nothing.
            let hello: [UInt8] = [0x16, 0x03, 0x01, 0x01, 0x00, 0x01]
            send(slow, hello, hello.count, Int32(MSG_NOSIGNAL))
            let healthy = TestClient(engine)
            healthy.get("/hello")
            #expect(healthy.answer()?.text == "hello")
            #expect(engine.until { _, loop in loop.connectionCount == 3 })
            engine.advance(seconds: 61)
            #expect(isClosed(mute))
            #expect(isClosed(slow))
            #expect(engine.until { _, loop in loop.connectionCount == 1 })
            healthy.get("/a")
            #expect(healthy.answer()?.text == "/a")
        }

        @Test func aFloodOfHandshakesLeavesRoomForOthers() throws {
            var limits = EngineLimits()
            limits.handshakes = 8
            let engine = try TestEngine(.tls, limits: limits)
            defer { engine.end() }
            let flood = (0..<50).map { _ in bare(engine) }
            defer { for descriptor in flood { close(descriptor) } }
            #expect(engine.until { _, loop in loop.acceptedCount == 50 })
            #expect(engine.ask { _, loop in loop.connectionCount } <= 8)
            // The oldest went.
            #expect(isClosed(flood[0]))
            let client = TestClient(engine)
            client.get("/hello")
            #expect(client.answer()?.text == "hello")
        }

        @Test func aHandshakeThatBreaksOffIsForgotten() throws {
            let engine = try TestEngine(.tls)
            defer { engine.end() }
            let half = bare(engine)
            let hello: [UInt8] = [0x16, 0x03, 0x01, 0x01]
            send(half, hello, hello.count, Int32(MSG_NOSIGNAL))
            shutdown(half, Int32(SHUT_WR))
            let plain = bare(engine)
            let request = Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
            send(plain, request, request.count, Int32(MSG_NOSIGNAL))
            let gone = bare(engine)
            close(gone)
            #expect(isClosed(half))
            #expect(isClosed(plain))
            close(half)
            close(plain)
            #expect(engine.until { _, loop in loop.acceptedCount == 3 && loop.connectionCount == 0 })
            #expect(engine.ask { _, loop in loop.requestCount } == 0)
        }

        @Test func aStopWaitsForAHandshakeUnderWayOnlyAsLongAsItsGrace() throws {
            let engine = try TestEngine(.tls)
            let mute = bare(engine)
            defer { close(mute) }
            #expect(engine.until { _, loop in loop.connectionCount == 1 })
            engine.thread.stop(grace: .milliseconds(200))
            engine.thread.join()
            #expect(isClosed(mute))
            close(engine.socket.descriptor)
        }

        /// Replacing certificates touches nobody: who is connected stays, who comes gets the new ones.
        @Test func newCertificatesServeNewConnectionsAndOldConnectionsGoOn() throws {
            let identities = TLSIdentities(TLSIdentities.Table([try TestIdentity.make()]))
            let socket = try ListeningSocket.open("127.0.0.1:0")
            let engine = try TestEngine(.tls, socket: socket, entrance: Entrance(socket, tls: identities))
            defer { engine.end() }
            let before = TestClient(engine)
            for _ in 0..<20 {
                identities.replace(TLSIdentities.Table([try TestIdentity.make(), try TestIdentity.make()]))
                before.get("/hello")
                #expect(before.answer()?.text == "hello")
                let after = TestClient(engine)
                after.get("/a")
                #expect(after.answer()?.text == "/a")
            }
        }
    }
}
