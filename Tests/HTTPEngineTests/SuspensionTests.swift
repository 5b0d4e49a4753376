import Glibc
import Testing

@testable import HTTPEngine

extension EngineTests {
    /// Exchanges that are answered later, and peers that do not wait for it.
    @Suite struct SuspensionTests {
        @Test(arguments: Carrier.allCases)
        func aLateAnswerComesInItsPlace(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            for path in ["/late", "/late-prepared"] {
                client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET \(path) HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(client.answer()?.text == "/a")
                #expect(engine.until { handler, _ in handler.waiting.count == 1 })
                #expect(client.isSilent)
                engine.ask { handler, _ in handler.answerAll() }
                #expect(client.answer()?.text == (path == "/late" ? "l" : "hello"))
                #expect(client.answer()?.text == "/b")
            }
            #expect(engine.ask { handler, _ in handler.leftovers } == 0)
        }

        @Test(arguments: Carrier.allCases)
        func aSuspendedRequestKeepsItsBytes(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.get("/late", "Cookie: a=b")
            #expect(engine.until { handler, _ in handler.waiting.count == 1 })
            // Another connection uses the block that the loop reads into.
            let other = TestClient(engine)
            other.get("/" + String(repeating: "x", count: 500))
            #expect(other.answer()?.status == 200)
            let cookie = engine.ask { handler, _ in handler.waiting.first.map { String(decoding: $0.joined(.cookie), as: UTF8.self) } ?? ""
            }
            #expect(cookie == "a=b")
            engine.ask { handler, _ in handler.answerAll() }
            #expect(client.answer()?.text == "l")
        }

        @Test(arguments: Carrier.allCases, ["/late", "/late-prepared"])
        func anAnswerToAClientThatHasLeftGoesNowhere(_ carrier: Carrier, _ path: String) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let gone = TestClient(engine)
            gone.get(path)
            #expect(engine.until { handler, _ in handler.waiting.count == 1 })
            gone.reset()
            #expect(engine.until { _, loop in loop.connectionCount == 0 })
            #expect(engine.ask { handler, _ in handler.waiting.first?.isAbandoned == true })
            engine.ask { handler, _ in handler.answerAll() }
            let next = TestClient(engine)
            next.get("/hello")
            #expect(next.answer()?.text == "hello")
        }

        @Test(arguments: Carrier.allCases)
        func anAnswerAfterARefusalGoesNowhere(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.send("POST /late HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            #expect(engine.until { handler, _ in handler.waiting.count == 1 })
            client.send("nonsense\r\n")
            #expect(client.answer()?.status == 400)
            engine.ask { handler, _ in handler.answerAll() }
            #expect(client.end() == .closed)
        }
    }

    @Suite struct RefusalTests {
        @Test(arguments: Carrier.allCases)
        func theRefusalIsReadThoughMoreWasSent(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let rows: [(String, Int)] = [
                ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/2.0\r\n\r\n", 505),
                ("GET /\(String(repeating: "a", count: 9_000)) HTTP/1.1\r\n\r\n", 414),
                ("GET / HTTP/1.1\r\nHost: h\r\nA: \(String(repeating: "a", count: 40_000))\r\n\r\n", 431),
                ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
                ("POST / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n", 417),
            ]
            for (text, status) in rows {
                let client = TestClient(engine)
                #expect(client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n" + text))
                #expect(client.send([UInt8](repeating: 0x78, count: 150_000)))
                #expect(client.answer()?.text == "/a")
                let answer = client.answer()
                #expect(answer?.status == status)
                #expect(answer?.connection == "close")
                #expect(client.end() == .closed, "\(status)")
            }
            #expect(engine.ask { handler, _ in handler.refusals.map { Int($0.status) } } == rows.map(\.1))
        }

        @Test(arguments: Carrier.allCases)
        func aRefusedHeadRequestGetsNoBody(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.send("HEAD / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n")
            #expect(client.answer(to: "HEAD")?.status == 400)
            #expect(client.end() == .closed)
            // But the method of the request before does not count.
            let other = TestClient(engine)
            other.get("/a", method: "HEAD")
            #expect(other.answer(to: "HEAD")?.status == 200)
            other.send("@\r\n\r\n")
            #expect(other.answer()?.body.isEmpty == false)
        }
    }
}
