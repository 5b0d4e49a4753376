import Testing

@testable import HTTPEngine

extension EngineTests {
    /// HTTP/2 over real sockets: how a plain listener knows it.
    @Suite struct HTTP2EngineTests {
        private static let opening = HTTP2Trial.preface + HTTP2Trial.frame(.settings) + HTTP2Trial.request(1, "/hello")

        /// What the server sends until it closes: the client's input ends, so it does.
        private func conversation(_ pieces: [[UInt8]]) throws -> [SeenFrame] {
            let engine = try TestEngine(.plain)
            defer { engine.end() }
            let client = TestClient(engine)
            for (index, piece) in pieces.enumerated() {
                client.send(piece)
                // The loop has seen this piece before the next is on its way.
                if index + 1 < pieces.count { #expect(engine.until { _, loop in loop.connectionCount == 1 }) }
            }
            client.finishSending()
            let trial = HTTP2Trial(isGreeted: false)
            trial.transport.sent = client.rest()
            return trial.frames()
        }

        @Test(arguments: [24, 1, 3, 4, 5, 30]) func aPrefaceIsKnownInAnyPieces(_ cut: Int) throws {
            let frames = try conversation([Array(Self.opening[..<cut]), Array(Self.opening[cut...])])
            #expect(frames.first?.kind == .settings)
            #expect(frames.contains { $0.kind == .data && $0.payload == Array("hello".utf8) })
        }

        @Test func whatOnlyBeginsLikeOneIsHTTP1() throws {
            for text in ["POST /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", "PUT /hello HTTP/1.1\r\nHost: h\r\n\r\n"] {
                let engine = try TestEngine(.plain)
                defer { engine.end() }
                let client = TestClient(engine)
                client.send(String(text.prefix(1)))
                client.send(String(text.dropFirst()))
                #expect(client.answer()?.text == "hello")
            }
        }

        @Test func stoppingSendsAGoAway() throws {
            let engine = try TestEngine(.plain)
            defer { engine.end() }
            let client = TestClient(engine)
            client.send(Self.opening)
            #expect(engine.until { _, loop in loop.requestCount == 1 })
            engine.thread.stop(grace: .seconds(5))
            let trial = HTTP2Trial(isGreeted: false)
            trial.transport.sent = client.rest()
            #expect(trial.frames().filter { $0.kind == .goAway }.map { $0.number() } == [0x7fff_ffff, 1])
            client.leave()
            engine.thread.join()
        }
    }
}
