import Testing

@testable import HTTPEngine

@Suite struct WebSocketRelayTests {
    private static let mask: [UInt8] = [1, 2, 3, 4]

    @discardableResult
    private static func take(_ relay: inout WebSocketRelay, _ bytes: [UInt8], from side: WebSocketRelay.Side) -> WebSocketRelay.Passed {
        bytes.withUnsafeBytes { relay.take($0, from: side) }
    }

    @Test func everythingPassesUntilItsEnd() {
        var relay = WebSocketRelay()
        for side in [WebSocketRelay.Side.client, .server] {
            #expect(Self.take(&relay, Array(0..<100), from: side) == .init(count: 100, isLast: false))
        }
        #expect(!relay.isOver)
    }

    @Test func betweenFramesBothAreToldAtOnceAndItIsOverWhenBothHaveAnswered() {
        var relay = WebSocketRelay()
        Self.take(&relay, WebSocketFrameBytes.text(5, mask: Self.mask), from: .client)
        Self.take(&relay, WebSocketFrameBytes.text(5), from: .server)
        #expect(relay.conclude() == .init(client: true, server: true))
        #expect(relay.isWaitingForAnswers && !relay.isOver)
        // What was on its way goes nowhere.
        #expect(Self.take(&relay, WebSocketFrameBytes.text(70_000), from: .server) == .init(count: 0, isLast: false))
        #expect(Self.take(&relay, WebSocketFrameBytes.close(1001), from: .server) == .init(count: 0, isLast: false))
        #expect(!relay.isOver)
        #expect(Self.take(&relay, WebSocketFrameBytes.close(1001, mask: Self.mask), from: .client).count == 0)
        #expect(relay.isOver)
        #expect(relay.conclude() == .init(), "once")
    }

    @Test func inAFrameItWaitsForItsLastByteInEachDirection() {
        let (large, small) = (WebSocketFrameBytes.text(70_000), WebSocketFrameBytes.text(10, mask: Self.mask))
        var relay = WebSocketRelay()
        Self.take(&relay, Array(large[..<100]), from: .server)
        Self.take(&relay, Array(small[..<1]), from: .client)
        #expect(relay.conclude() == .init())
        #expect(!relay.isWaitingForAnswers)
        #expect(Self.take(&relay, Array(large[100..<60_000]), from: .server) == .init(count: 59_900, isLast: false))
        #expect(Self.take(&relay, Array(small[1...]) + small, from: .client) == .init(count: small.count - 1, isLast: true))
        #expect(!relay.isWaitingForAnswers)
        #expect(Self.take(&relay, Array(large[60_000...]) + large, from: .server) == .init(count: large.count - 60_000, isLast: true))
        #expect(relay.isWaitingForAnswers && !relay.isOver)
    }

    /// RFC 6455 §7.1.2: who has begun the closing handshake gets the answer that is its own.
    @Test(arguments: [WebSocketRelay.Side.client, .server]) func aHandshakeThatOneSideHasBegunGoesOn(_ side: WebSocketRelay.Side) {
        let other: WebSocketRelay.Side = side == .client ? .server : .client
        var relay = WebSocketRelay()
        let close = WebSocketFrameBytes.close(1000, mask: side == .client ? Self.mask : nil)
        Self.take(&relay, close, from: side)
        #expect(relay.conclude() == .init())
        #expect(relay.isWaitingForAnswers && !relay.isOver)
        let answer = WebSocketFrameBytes.close(1000, mask: side == .client ? nil : Self.mask)
        #expect(Self.take(&relay, answer, from: other) == .init(count: answer.count, isLast: false))
        #expect(relay.isOver)
    }

    @Test func aCloseFrameThatComesWhileAFrameIsWaitedForIsPassedOnAndNoSecondOneBehindIt() {
        var relay = WebSocketRelay()
        let close = WebSocketFrameBytes.close(1000)
        Self.take(&relay, [0x81], from: .server)
        #expect(relay.conclude() == .init(client: false, server: true))
        #expect(Self.take(&relay, [1, 0x61] + close, from: .server) == .init(count: 2, isLast: true))
        var second = WebSocketRelay()
        Self.take(&second, [0x82, 0x80 | 1], from: .client)
        Self.take(&second, Array(close[..<1]), from: .server)
        #expect(second.conclude() == .init(), "neither: a head is under way in both")
        #expect(Self.take(&second, Array(close[1...]), from: .server) == .init(count: close.count - 1, isLast: false))
    }

    @Test func aSideThatHasGoneNeedsNoAnswer() {
        var relay = WebSocketRelay()
        _ = relay.conclude()
        relay.ended(.client)
        #expect(!relay.isOver)
        Self.take(&relay, WebSocketFrameBytes.close(1001), from: .server)
        #expect(relay.isOver)
    }

    @Test func whereFramesCannotBeFollowedNobodyIsTold() {
        var relay = WebSocketRelay()
        Self.take(&relay, [0x82, 127, 255], from: .server)
        #expect(relay.conclude() == .init(client: false, server: true))
        Self.take(&relay, WebSocketFrameBytes.close(1001, mask: Self.mask), from: .client)
        #expect(relay.isOver)
    }

    /// RFC 6455 §5.1, §7.4.1.
    @Test func theCloseFramesAreWhatEachSideTakes() {
        #expect(WebSocketClose.toClient == WebSocketFrameBytes.close(1001))
        #expect(WebSocketClose.toServer(mask: 0x0102_0304) == WebSocketFrameBytes.close(1001, mask: Self.mask))
    }

    /// Any frames in any pieces, ended anywhere: what comes out of each side are whole frames of it, and then the close frame.
    @Test(arguments: 1...8 as ClosedRange<UInt64>) func whatPassesIsWholeFramesWhereverItEnds(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var stream: [UInt8] = []
            var ends: Set<Int> = [0]
            for _ in 0..<8 {
                stream += WebSocketFrameBytes.text([0, 3, 126, 400].randomElement(using: &random) ?? 0)
                ends.insert(stream.count)
            }
            var relay = WebSocketRelay()
            let moment = Int.random(in: 0...stream.count, using: &random)
            var (at, passed, told) = (0, 0, 0)
            while at < stream.count {
                let next =
                    at < moment
                    ? min(moment, at + .random(in: 1...200, using: &random)) : min(stream.count, at + .random(in: 1...200, using: &random))
                if at == moment, relay.conclude().client { told += 1 }
                let taken = Self.take(&relay, Array(stream[at..<next]), from: .server)
                passed += taken.count
                if taken.isLast { told += 1 }
                at = next
            }
            if moment == stream.count, relay.conclude().client { told += 1 }
            #expect(told == 1)
            #expect(ends.contains(passed) && passed >= moment)
        }
    }
}
