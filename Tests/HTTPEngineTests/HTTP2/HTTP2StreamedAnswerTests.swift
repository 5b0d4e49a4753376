import Testing

@testable import HTTPEngine

/// Answers whose body comes piece by piece.
@Suite struct HTTP2StreamedAnswerTests {
    final class Source: AnswerSource {
        var resumed = 0
        var abandoned = 0
        func resume(_ exchange: Exchange) { resumed += 1 }
        func abandoned(_ exchange: Exchange) { abandoned += 1 }
    }

    /// A request that waits, and where its answer comes from.
    private static func waiting(_ trial: HTTP2Trial, method: String = "GET") -> (Exchange, Source) {
        trial.request(1, "/late", method: method)
        let exchange = trial.handler.waiting.removeFirst()
        let source = Source()
        exchange.source = source
        return (exchange, source)
    }

    private static func begin(
        _ exchange: Exchange, _ framing: StreamedHead.Framing, _ body: [UInt8] = [], isLast: Bool = false
    ) {
        Array("Via: 1.1 x\r\nDate: now\r\n".utf8).withUnsafeBufferPointer { lines in
            body.withUnsafeBytes { body in
                exchange.begin(
                    StreamedHead(status: 200, reason: UnsafeBufferPointer(start: nil, count: 0), lines: lines, framing: framing), body,
                    isLast: isLast)
            }
        }
    }

    private static func send(_ exchange: Exchange, _ bytes: [UInt8], isLast: Bool = false) {
        bytes.withUnsafeBytes { exchange.send($0, isLast: isLast) }
    }

    @Test func piecesComeAsTheyAreGiven() {
        let trial = HTTP2Trial()
        let (exchange, _) = Self.waiting(trial)
        Self.begin(exchange, .unknown, [1, 2])
        var frames = trial.frames()
        #expect(frames.map(\.kind) == [.headers, .data])
        #expect(trial.answer(1, in: frames).value("via") == "1.1 x")
        Self.send(exchange, [3])
        frames = trial.frames()
        #expect(frames.map(\.payload) == [[3]] && frames.last?.endsStream == false)
        Self.send(exchange, [4, 5], isLast: true)
        frames = trial.frames()
        #expect(frames.map(\.payload) == [[4, 5]] && frames.last?.endsStream == true)
        #expect(trial.connection.streams.isEmpty)
    }

    @Test func aWholeAnswerIsTwoFrames() {
        let trial = HTTP2Trial()
        let (exchange, _) = Self.waiting(trial)
        Self.begin(exchange, .length(3), [1, 2, 3], isLast: true)
        let answer = trial.answer(1)
        #expect(answer.body == [1, 2, 3] && answer.isWhole && answer.value("content-length") == "3")
        #expect(trial.connection.streams.isEmpty)
    }

    @Test func anEndWithoutBytesIsAnEmptyFrame() {
        let trial = HTTP2Trial()
        let (exchange, _) = Self.waiting(trial)
        Self.begin(exchange, .unknown, [1])
        _ = trial.frames()
        exchange.finish()
        let frames = trial.frames()
        #expect(frames.map(\.kind) == [.data] && frames.last?.endsStream == true && frames.last?.payload.isEmpty == true)
    }

    @Test func trailersEndTheStream() {
        let trial = HTTP2Trial()
        let (exchange, _) = Self.waiting(trial)
        Self.begin(exchange, .unknown, [1])
        exchange.finish(trailers: Array("Grpc-Status: 0\r\n".utf8))
        let frames = trial.frames()
        #expect(frames.map(\.kind) == [.headers, .data, .headers])
        #expect(frames.map(\.endsStream) == [false, false, true])
        #expect(trial.answer(1, in: [frames[2]]).value("grpc-status") == "0")
    }

    @Test func anAnswerWithoutABodyEndsWithItsHead() {
        let trial = HTTP2Trial()
        let (exchange, _) = Self.waiting(trial, method: "HEAD")
        Self.begin(exchange, .none(declared: 77), isLast: true)
        let frames = trial.frames()
        #expect(frames.map(\.kind) == [.headers] && frames.last?.endsStream == true)
        #expect(trial.answer(1, in: frames).value("content-length") == "77")
        #expect(trial.connection.streams.isEmpty)
    }

    @Test func anAnswerGivenUpResetsItsStream() {
        let trial = HTTP2Trial()
        let (exchange, source) = Self.waiting(trial)
        Self.begin(exchange, .unknown, [1])
        exchange.abort()
        #expect(trial.resetCode(1) == .internalError)
        #expect(source.abandoned == 1)
        trial.request(3, "/hello")
        #expect(trial.answer(3).text == "hello")
    }

    @Test func aClientThatTakesNoMoreHoldsBackTheSource() {
        let trial = HTTP2Trial()
        let (exchange, source) = Self.waiting(trial)
        Self.begin(exchange, .unknown)
        var sent = 0
        while !exchange.isCongested, sent < 100 {
            Self.send(exchange, [UInt8](repeating: 7, count: 10_000))
            sent += 1
        }
        // The window of 65,535, and as much again that waits.
        #expect((13...14).contains(sent))
        #expect(trial.answer(1).body.count == 65_535)
        #expect(source.resumed == 0)
        trial.send(HTTP2Trial.window(0, 200_000) + HTTP2Trial.window(1, 200_000))
        #expect(source.resumed == 1)
        #expect(!exchange.isCongested)
        #expect(trial.answer(1).body.count == sent * 10_000 - 65_535)
        exchange.finish()
        #expect(trial.answer(1).isWhole)
    }

    @Test func whatIsSentWhileTheSourceIsHeldBackDoesNotMakeItForgotten() {
        let trial = HTTP2Trial()
        let (exchange, source) = Self.waiting(trial)
        Self.begin(exchange, .unknown)
        Self.send(exchange, [UInt8](repeating: 7, count: 140_000))
        #expect(exchange.isCongested)
        // Some of it goes out, less than lets the source go on; what it still had to say is said behind that.
        trial.send(HTTP2Trial.window(0, 30_000) + HTTP2Trial.window(1, 30_000))
        #expect(exchange.isCongested && source.resumed == 0)
        Self.send(exchange, [8])
        #expect(exchange.isCongested && source.resumed == 0)
        trial.send(HTTP2Trial.window(0, 200_000) + HTTP2Trial.window(1, 200_000))
        #expect(source.resumed == 1 && !exchange.isCongested)
        #expect(trial.answer(1).body.count == 140_001)
    }

    @Test func aResetIsHeardByTheSource() {
        let trial = HTTP2Trial()
        let (exchange, source) = Self.waiting(trial)
        Self.begin(exchange, .unknown, [1])
        trial.send(HTTP2Trial.frame(.reset, stream: 1, HTTP2Trial.number(8)))
        #expect(source.abandoned == 1)
        #expect(exchange.isAbandoned)
        Self.send(exchange, [2])
        exchange.finish()
        #expect(trial.connection.streams.isEmpty)
    }

    @Test func theEndOfTheConnectionIsHeardByTheSource() {
        let trial = HTTP2Trial()
        let (exchange, source) = Self.waiting(trial)
        trial.transport.close()
        #expect(source.abandoned == 1)
        #expect(exchange.isAbandoned)
    }

    @Test func aSilentSourceIsNoStall() {
        let trial = HTTP2Trial()
        let (exchange, source) = Self.waiting(trial)
        Self.begin(exchange, .unknown, [1])
        trial.pass(seconds: 300)
        Self.send(exchange, [2], isLast: true)
        #expect(trial.answer(1).body == [1, 2])
        #expect(source.abandoned == 0)
    }

    @Test func anAnswerMayBeginAtOnce() {
        let trial = HTTP2Trial()
        trial.handler.onStream = { exchange in
            exchange.suspend()
            Self.begin(exchange, .unknown, [1])
        }
        trial.request(1, "/stream")
        trial.request(3, "/hello")
        let frames = trial.frames()
        #expect(trial.answer(1, in: frames).body == [1])
        #expect(trial.answer(3, in: frames).text == "hello")
        #expect(trial.connection.streams.count == 1)
    }
}
