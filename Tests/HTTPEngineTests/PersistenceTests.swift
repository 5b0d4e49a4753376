import Glibc
import Testing

@testable import HTTPEngine

extension EngineTests {
    /// RFC 9112 §9, over real sockets.
    @Suite struct PersistenceTests {
        @Test(arguments: Carrier.allCases, ["127.0.0.1:0", "unix:/tmp/tandem-engine-persistence-\(getpid()).sock"])
        func requestsFollowEachOtherOnOneConnection(_ carrier: Carrier, _ address: String) throws {
            let engine = try TestEngine(carrier, address)
            defer { engine.end() }
            let client = TestClient(engine)
            for path in ["/hello", "/a", "/hello", "/b"] {
                client.get(path)
                let answer = client.answer()
                #expect(answer?.status == 200)
                #expect(answer?.text == (path == "/hello" ? "hello" : path))
                #expect(answer?.connection == nil)
                #expect(answer?.fields.first?.hasPrefix("Date: ") == true && answer?.fields.first?.hasSuffix(" GMT") == true)
            }
            #expect(engine.ask { $1.requestCount } == 4)
            #expect(engine.ask { $1.connectionCount } == 1)
        }

        @Test(arguments: Carrier.allCases)
        func aThousandPipelinedRequestsAreAnsweredInOrder(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.send((0..<1_000).map { "GET \($0 % 3 == 0 ? "/hello" : "/\($0)") HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
            for index in 0..<1_000 {
                let answer = client.answer()
                #expect(answer?.text == (index % 3 == 0 ? "hello" : "/\(index)"))
                if answer == nil { return }
            }
        }

        @Test(arguments: Carrier.allCases)
        func aRequestThatComesByteByByteIsAnswered(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            for byte in Array("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".utf8) {
                client.send([byte])
            }
            #expect(client.answer()?.text == "abc")
        }

        @Test(arguments: Carrier.allCases)
        func headHasTheFieldsOfGetAndNoBody(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            for path in ["/hello", "/some", "/nothing"] {
                client.get(path)
                let get = client.answer()
                client.get(path, method: "HEAD")
                let head = client.answer(to: "HEAD")
                #expect(head?.status == get?.status)
                #expect(head?.fields.dropFirst() == get?.fields.dropFirst())
            }
            client.get("/hello", "Connection: close", method: "HEAD")
            #expect(client.answer(to: "HEAD")?.fields.contains("Content-Length: 5") == true)
            #expect(client.end() == .closed)
        }

        @Test(arguments: Carrier.allCases)
        func http10ClosesUnlessItAsksToStay(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            for path in ["/hello", "/a"] {
                let closing = TestClient(engine)
                closing.get(path, version: "1.0")
                #expect(closing.answer()?.connection == "close")
                #expect(closing.end() == .closed)
                let staying = TestClient(engine)
                for _ in 0..<2 {
                    staying.get(path, "Connection: keep-alive", version: "1.0")
                    #expect(staying.answer()?.connection == "keep-alive")
                }
                staying.get(path, version: "1.0")
                #expect(staying.answer()?.connection == "close")
                #expect(staying.end() == .closed)
            }
        }

        @Test(arguments: Carrier.allCases)
        func nothingAfterCloseIsAnswered(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.send(
                "GET /hello HTTP/1.1\r\nHost: h\r\n\r\nGET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
                    + "GET /never HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(client.answer()?.connection == nil)
            #expect(client.answer()?.connection == "close")
            #expect(client.end() == .closed)
            #expect(engine.ask { $1.requestCount } == 2)
        }

        /// A client may say that it will send no more, and still read (RFC 9112 §9.6).
        @Test(arguments: Carrier.allCases)
        func everythingThatCameBeforeAHalfCloseIsAnswered(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.send((0..<50).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined() + "GET /cut HT")
            client.finishSending()
            for index in 0..<50 { #expect(client.answer()?.text == "/\(index)") }
            #expect(client.end() == .closed)
            let late = TestClient(engine)
            late.send("GET /late HTTP/1.1\r\nHost: h\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n")
            late.finishSending()
            #expect(engine.until { handler, _ in handler.waiting.count == 1 })
            engine.ask { handler, _ in handler.answerAll() }
            #expect(late.answer()?.text == "l")
            #expect(late.answer()?.text == "/a")
            #expect(late.answer()?.text == "/b")
            #expect(late.end() == .closed)
        }

        /// The end of input stays readable: waiting beside it must not turn the loop.
        @Test(arguments: Carrier.allCases)
        func aHalfClosedConnectionThatWaitsCostsNothing(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.get("/late")
            client.finishSending()
            #expect(engine.until { handler, _ in handler.waiting.count == 1 })
            let before = engine.loopTime
            usleep(120_000)
            #expect(engine.loopTime - before < .milliseconds(60))
            engine.ask { handler, _ in handler.answerAll() }
            #expect(client.answer()?.connection == "close")
            #expect(client.end() == .closed)
        }
    }
}
