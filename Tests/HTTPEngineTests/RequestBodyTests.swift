import Testing

@testable import HTTPEngine

extension EngineTests {
    /// What comes behind a body, and bodies that are longer than their reader takes.
    @Suite struct RequestBodyTests {
        private static let chunked = "POST /trailers HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"

        @Test(arguments: Carrier.allCases)
        func trailersAreKnownAtTheEnd_9110_6_5(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.send(Self.chunked + "0\r\nChecksum: 12\r\nX-Note:  a\r\n\r\n")
            #expect(client.answer()?.text == "abcChecksum: 12\r\nX-Note:  a\r\n")
            // The next request has none of them.
            client.send(Self.chunked + "0\r\n\r\n")
            #expect(client.answer()?.text == "abc")
        }

        @Test func trailersThatFrameOrRouteAreRefused_9110_6_5_1() throws {
            for line in ["Content-Length: 3", "Host: other", "Transfer-Encoding: chunked", "Authorization: x", " folded: x", "no colon"] {
                let engine = try TestEngine(.plain)
                defer { engine.end() }
                let client = TestClient(engine)
                client.send(Self.chunked + "0\r\n\(line)\r\n\r\n")
                #expect(client.answer()?.status == 400, "\(line)")
                #expect(client.end() == .closed)
                #expect(engine.ask { handler, _ in handler.brokenBodies } == 1)
            }
        }

        @Test(arguments: Carrier.allCases)
        func aBodyLongerThanItsReaderTakesIs413(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let head = "POST /limited HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
            let exact = TestClient(engine)
            exact.send(head + "5\r\n12345\r\n3\r\n678\r\n0\r\n\r\n")
            #expect(exact.answer()?.text == "12345678")
            exact.send(head + "5\r\n12345\r\n4\r\n6789\r\n0\r\n\r\n")
            let answer = exact.answer()
            #expect(answer?.status == 413)
            #expect(answer?.connection == "close")
            #expect(exact.end() == .closed)
            #expect(engine.ask { handler, _ in handler.brokenBodies } == 1)
            #expect(engine.ask { handler, _ in handler.refusals.map(\.reason) } == [.bodyTooLarge])
        }
    }
}

@Suite struct HTTP2BodyTests {
    @Test func trailersAreKnownAtTheEnd_8_1() {
        let trial = HTTP2Trial()
        trial.request(1, "/trailers", method: "POST", hasBody: true)
        trial.send(HTTP2Trial.data(1, Array("abc".utf8)))
        let fields = [("checksum", "12"), ("host", "other.example"), ("x-note", "a")]
        trial.send(HTTP2Trial.frame(.headers, flags: 5, stream: 1, HTTP2Trial.block(fields)))
        // What would route it is left out (RFC 9110 §6.5.1).
        #expect(trial.answer(1).text == "abcchecksum: 12\r\nx-note: a\r\n")
        trial.request(3, "/trailers", method: "POST", hasBody: true)
        trial.send(HTTP2Trial.data(3, Array("def".utf8), ends: true))
        #expect(trial.answer(3).text == "def")
    }

    @Test func aBodyLongerThanItsReaderTakesIs413AndTheConnectionGoesOn() {
        let trial = HTTP2Trial()
        trial.request(1, "/limited", method: "POST", hasBody: true)
        trial.send(HTTP2Trial.data(1, Array("12345".utf8)))
        trial.request(3, "/limited", method: "POST", hasBody: true)
        trial.send(HTTP2Trial.data(1, Array("6789".utf8)))
        let frames = trial.frames()
        #expect(trial.answer(1, in: frames).status == "413")
        // What still comes of it is of no use.
        #expect(frames.last { $0.kind == .reset && $0.stream == 1 }?.number() == HTTP2ErrorCode.noError.rawValue)
        trial.send(HTTP2Trial.data(1, Array("more".utf8), ends: true))
        trial.send(HTTP2Trial.data(3, Array("12345678".utf8), ends: true))
        #expect(trial.answer(3).text == "12345678")
        #expect(trial.handler.brokenBodies == 1)
        #expect(trial.handler.refusals.map(\.reason) == [.bodyTooLarge])
        #expect(!trial.transport.hasFinished)
    }
}
