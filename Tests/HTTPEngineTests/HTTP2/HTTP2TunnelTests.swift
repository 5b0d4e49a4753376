import Testing

@testable import HTTPEngine

/// WebSockets over HTTP/2 (RFC 8441): what HTTP/1.1 does with a connection is done with a stream.
@Suite struct HTTP2TunnelTests {
    private final class Ends: AnswerSource, BodyReader {
        var received: [UInt8] = []
        var hasEnded = false
        var isBroken = false
        var isAbandoned = false
        var concluded: [Bool] = []

        func resume(_ exchange: Exchange) {}
        func abandoned(_ exchange: Exchange) { isAbandoned = true }
        func conclude(_ exchange: Exchange, isHurried: Bool) { concluded.append(isHurried) }
        func received(_ bytes: UnsafeRawBufferPointer, of exchange: Exchange) { received += bytes }
        func ended(_ exchange: Exchange) { hasEnded = true }
        func broken(_ exchange: Exchange) { isBroken = true }
    }

    private let trial = HTTP2Trial()
    private let ends = Ends()
    private let exchange: Exchange

    init() {
        let fields = HTTP2Trial.pseudo("/late", method: "CONNECT") + [(":protocol", "websocket"), ("sec-websocket-version", "13")]
        trial.send(HTTP2Trial.frame(.headers, flags: 4, stream: 1, HTTP2Trial.block(fields)))
        exchange = trial.handler.waiting.removeFirst()
        exchange.source = ends
        Array("Date: now\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: chat\r\n".utf8).withUnsafeBufferPointer {
            exchange.beginTunnel(
                StreamedHead(status: 101, reason: UnsafeBufferPointer(start: nil, count: 0), lines: $0, framing: .unknown), reader: ends,
                isWebSocket: true)
        }
    }

    private func send(_ bytes: [UInt8]) { bytes.withUnsafeBytes { exchange.send($0) } }

    @Test func itIsAnswered200WithoutFieldsOfAConnection_5() {
        let frames = trial.frames()
        let answer = trial.answer(1, in: frames)
        #expect(answer.status == "200" && !answer.isWhole)
        #expect(answer.value("upgrade") == nil && answer.value("connection") == nil && answer.value("content-length") == nil)
        #expect(answer.value("sec-websocket-protocol") == "chat")
        #expect(exchange.head.isExtendedConnect && exchange.head.framing == .none)
    }

    @Test func dataGoesBothWaysWithinTheWindows() {
        _ = trial.frames()
        trial.send(HTTP2Trial.data(1, [1, 2, 3]))
        #expect(ends.received == [1, 2, 3])
        send([UInt8](repeating: 9, count: 100_000))
        #expect(trial.answer(1).body.count == 65_535)
        send([UInt8](repeating: 9, count: 40_000))
        #expect(exchange.isCongested)
        trial.send(HTTP2Trial.window(1, 100_000) + HTTP2Trial.window(0, 100_000))
        #expect(trial.answer(1).body.count == 140_000 - 65_535)
        #expect(!exchange.isCongested)
    }

    @Test func aReaderThatHoldsBackGivesNoWindow() {
        _ = trial.frames()
        exchange.holdBody()
        for _ in 0..<12 { trial.send(HTTP2Trial.data(1, [UInt8](repeating: 1, count: 16_384))) }
        #expect(trial.frames().allSatisfy { $0.kind != .windowUpdate })
        exchange.resumeBody()
        #expect(trial.frames().contains { $0.kind == .windowUpdate && $0.stream == 1 })
    }

    /// END_STREAM is what a FIN is below HTTP/1.1 (RFC 8441 §5).
    @Test func endStreamEndsOneHalf_5() {
        _ = trial.frames()
        trial.send(HTTP2Trial.data(1, [7], ends: true))
        #expect(ends.received == [7] && ends.hasEnded && !ends.isAbandoned)
        send([8])
        exchange.finish()
        let answer = trial.answer(1)
        #expect(answer.body == [8] && answer.isWhole)
        #expect(trial.connection.streams.isEmpty)
    }

    /// RST_STREAM is what a reset is (RFC 8441 §5).
    @Test func aResetOfTheStreamIsTheEndOfBoth_5() {
        trial.send(HTTP2Trial.frame(.reset, stream: 1, [0, 0, 0, 8]))
        #expect(ends.isAbandoned && ends.isBroken)
        #expect(trial.connection.streams.isEmpty)
    }

    @Test func anErrorBehindItIsCancel_5() {
        exchange.abort()
        #expect(trial.resetCode(1) == .cancel)
    }

    /// RFC 9113 §8.5: DATA alone.
    @Test func fieldsOnAConnectedStreamAreAFault_9113_8_5() {
        trial.send(HTTP2Trial.frame(.headers, flags: 5, stream: 1, HTTP2Trial.block([("x", "y")])))
        #expect(trial.resetCode(1) == .protocolError)
        #expect(ends.isAbandoned)
    }

    @Test func silenceIsNoStall() {
        trial.pass(seconds: 300)
        #expect(!ends.isAbandoned && !trial.transport.isClosed)
        trial.send(HTTP2Trial.data(1, [1]))
        #expect(ends.received == [1])
    }

    /// It is not cut off with the connection's other streams, and is told its own time.
    @Test func atItsLimitItIsToldAndThenReset() {
        #expect(trial.connection.kind == .webSocket)
        let begin = trial.loop.clock.monotonic
        let conclusion = Conclusion(limit: .seconds(4), now: begin)
        #expect(!trial.connection.conclude(conclusion) && ends.concluded.isEmpty)
        trial.pass(seconds: 4)
        #expect(!trial.connection.conclude(conclusion) && ends.concluded == [false])
        #expect(!trial.connection.conclude(conclusion) && ends.concluded == [false], "once")
        trial.pass(seconds: 8)
        #expect(!trial.connection.conclude(conclusion), "the connection goes on")
        #expect(trial.resetCode(1) == .cancel && ends.isAbandoned)
        #expect(trial.loop.forcedCount == 1 && trial.loop.concludedCount == 1)
    }
}
