import Testing

@testable import HTTPEngine

extension EngineTests {
    /// A head in front of the answer's (RFC 8297).
    @Suite struct EarlyHintTests {
        private static let early = "HTTP/1.1 103 Early Hints\r\nLink: </a.js>; rel=modulepreload\r\n\r\n"

        @Test(arguments: Carrier.allCases)
        func itComesBeforeTheAnswer(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.get("/hinted", "Connection: close")
            let text = String(decoding: client.rest(), as: UTF8.self)
            #expect(text.hasPrefix(Self.early + "HTTP/1.1 200 OK\r\n"))
            #expect(text.hasSuffix("hello"))
        }

        @Test(arguments: Carrier.allCases)
        func itDoesNotWaitForTheAnswer(_ carrier: Carrier) throws {
            let engine = try TestEngine(carrier)
            defer { engine.end() }
            let client = TestClient(engine)
            client.get("/hinted-late")
            #expect(engine.until { handler, loop in handler.waiting.count == 1 && loop.sentBytes >= UInt64(Self.early.utf8.count) })
            engine.ask { handler, _ in handler.answerAll() }
            #expect(client.answer()?.status == 103)
            #expect(client.answer()?.text == "hello")
        }

        @Test func http10IsNotSentOne() throws {
            let engine = try TestEngine(.plain)
            defer { engine.end() }
            let client = TestClient(engine)
            client.send("GET /hinted HTTP/1.0\r\n\r\n")
            #expect(client.answer()?.status == 200)
        }
    }
}

@Suite struct HTTP2EarlyHintTests {
    @Test(arguments: [false, true])
    func itComesBeforeTheAnswer_9113_8_1(_ isLate: Bool) {
        let trial = HTTP2Trial()
        trial.request(1, isLate ? "/hinted-late" : "/hinted")
        var frames = trial.frames()
        #expect(frames.count == (isLate ? 1 : 3))
        #expect(frames.first?.endsStream == false)
        let early = trial.answer(1, in: Array(frames.prefix(1)))
        #expect(early.status == "103")
        #expect(early.value("link") == "</a.js>; rel=modulepreload")
        #expect(early.value("content-length") == nil)
        trial.handler.answerAll()
        frames += trial.frames()
        let answer = trial.answer(1, in: Array(frames.dropFirst()))
        #expect(answer.status == "200")
        #expect(answer.text == "hello")
        #expect(answer.isWhole)
    }

    /// The table's new size is acknowledged in the first block that follows, whichever that is (RFC 7541 §4.2).
    @Test func itAcknowledgesASmallerTable() {
        let trial = HTTP2Trial()
        trial.send(HTTP2Trial.frame(.settings, HTTP2Trial.setting(1, 0)))
        trial.request(1, "/hinted")
        let heads = trial.frames().filter { $0.kind == .headers }
        #expect(heads.map { $0.payload.first == HPACKEncoder.emptyTable } == [true, false])
    }
}
