import TestSeeds
import Testing

@testable import HTTPEngine

@Suite struct WebSocketRelayTests {
    private static let mask: [UInt8] = [1, 2, 3, 4]

    @discardableResult
    private static func take(_ relay: inout WebSocketRelay, _ bytes: [UInt8], from side: WebSocketRelay.Side) -> WebSocketRelay.Passed {
        bytes.withUnsafeBytes { relay.take($0, from: side) }
    }

    /// Whether the server is told at once.
    private static func conclude(_ relay: inout WebSocketRelay) -> Bool { relay.conclude() }

    /// Whether it is told at once.
    private static func tellClient(_ relay: inout WebSocketRelay) -> Bool { relay.tellClient() }

    @Test func everythingPassesUntilItsEnd() {
        var relay = WebSocketRelay()
        for side in [WebSocketRelay.Side.client, .server] {
            #expect(Self.take(&relay, Array(0..<100), from: side) == .init(count: 100, isLast: false))
        }
        #expect(!relay.isOver && !Self.tellClient(&relay))
    }

    /// What the server says up to its answer is not lost.
    @Test func theServerIsToldFirstAndTheClientBehindTheServersLastWord() {
        let text = WebSocketFrameBytes.text(5)
        var relay = WebSocketRelay()
        Self.take(&relay, WebSocketFrameBytes.text(5, mask: Self.mask), from: .client)
        #expect(Self.conclude(&relay))
        #expect(!Self.conclude(&relay), "once")
        // What the client says from here on goes nowhere.
        #expect(Self.take(&relay, WebSocketFrameBytes.text(70_000, mask: Self.mask), from: .client) == .init(count: 0, isLast: false))
        #expect(Self.take(&relay, text, from: .server) == .init(count: text.count, isLast: false))
        #expect(relay.isServerAnswering)
        // Whatever code it answers with.
        #expect(Self.take(&relay, text + WebSocketFrameBytes.close(1000), from: .server) == .init(count: text.count, isLast: true))
        #expect(!relay.isServerAnswering && !relay.isOver)
        #expect(Self.take(&relay, WebSocketFrameBytes.close(1001, mask: Self.mask), from: .client).count == 0)
        #expect(relay.isOver)
    }

    @Test func aServerThatDoesNotAnswerHoldsNothingUp() {
        var relay = WebSocketRelay()
        #expect(Self.conclude(&relay))
        #expect(Self.tellClient(&relay))
        #expect(!Self.tellClient(&relay), "once")
        #expect(Self.take(&relay, WebSocketFrameBytes.text(5), from: .server) == .init(count: 0, isLast: false))
        #expect(Self.take(&relay, WebSocketFrameBytes.close(1001), from: .server) == .init(count: 0, isLast: false))
        Self.take(&relay, WebSocketFrameBytes.close(1001, mask: Self.mask), from: .client)
        #expect(relay.isOver)
    }

    @Test func inAFrameItWaitsForItsLastByteInEachDirection() {
        let (large, small) = (WebSocketFrameBytes.text(70_000), WebSocketFrameBytes.text(10, mask: Self.mask))
        var relay = WebSocketRelay()
        Self.take(&relay, Array(large[..<100]), from: .server)
        Self.take(&relay, Array(small[..<1]), from: .client)
        #expect(!Self.conclude(&relay))
        #expect(!Self.tellClient(&relay))
        #expect(relay.isEndingFrame)
        #expect(Self.take(&relay, Array(large[100..<60_000]), from: .server) == .init(count: 59_900, isLast: false))
        #expect(Self.take(&relay, Array(small[1...]) + small, from: .client) == .init(count: small.count - 1, isLast: true))
        #expect(Self.take(&relay, Array(large[60_000...]) + large, from: .server) == .init(count: large.count - 60_000, isLast: true))
        #expect(!relay.isEndingFrame && !relay.isOver)
    }

    /// RFC 6455 §7.1.2: who has begun the closing handshake gets the answer that is its own.
    @Test(arguments: [WebSocketRelay.Side.client, .server]) func aHandshakeThatOneSideHasBegunGoesOn(_ side: WebSocketRelay.Side) {
        let other: WebSocketRelay.Side = side == .client ? .server : .client
        var relay = WebSocketRelay()
        let close = WebSocketFrameBytes.close(1000, mask: side == .client ? Self.mask : nil)
        Self.take(&relay, close, from: side)
        #expect(!Self.conclude(&relay) && !Self.tellClient(&relay) && !relay.isOver)
        let answer = WebSocketFrameBytes.close(1000, mask: side == .client ? nil : Self.mask)
        #expect(Self.take(&relay, answer, from: other) == .init(count: answer.count, isLast: false))
        #expect(relay.isOver)
    }

    @Test func aCloseFrameThatComesInPiecesIsNotFollowedByASecondOne() {
        var relay = WebSocketRelay()
        let close = WebSocketFrameBytes.close(1000)
        Self.take(&relay, Array(close[..<1]), from: .server)
        #expect(Self.conclude(&relay))
        #expect(!Self.tellClient(&relay))
        #expect(Self.take(&relay, Array(close[1...]), from: .server) == .init(count: close.count - 1, isLast: false))
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
        #expect(Self.conclude(&relay))
        #expect(!Self.tellClient(&relay) && !relay.isEndingFrame)
        Self.take(&relay, WebSocketFrameBytes.close(1001, mask: Self.mask), from: .client)
        #expect(relay.isOver)
    }

    /// RFC 6455 §5.1, §7.4.1.
    @Test func theCloseFramesAreWhatEachSideTakes() {
        #expect(WebSocketClose.toClient == WebSocketFrameBytes.close(1001))
        #expect(WebSocketClose.toServer(mask: 0x0102_0304) == WebSocketFrameBytes.close(1001, mask: Self.mask))
    }

    /// Any frames in any pieces, ended anywhere, with the server's answer or without: what comes out are whole frames, then ours.
    @Test(arguments: 1...8 as ClosedRange<UInt64>) func whatPassesIsWholeFramesWhereverItEnds(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var stream: [UInt8] = []
            var ends: Set<Int> = [0]
            for _ in 0..<8 {
                stream += WebSocketFrameBytes.text([0, 3, 126, 400].randomElement(using: &random) ?? 0)
                ends.insert(stream.count)
            }
            let saidAll = stream.count
            if Bool.random(using: &random) { stream += WebSocketFrameBytes.close(1000) }
            var relay = WebSocketRelay()
            let moment = Int.random(in: 0...saidAll, using: &random)
            let patience = Int.random(in: moment...stream.count, using: &random)
            var (at, passed, told) = (0, 0, 0)
            while true {
                if at == moment { _ = relay.conclude() }
                if at == patience, relay.tellClient() { told += 1 }
                guard at < stream.count else { break }
                let limit = [moment, patience, stream.count].filter { $0 > at }.min() ?? stream.count
                let next = min(limit, at + .random(in: 1...200, using: &random))
                let taken = Self.take(&relay, Array(stream[at..<next]), from: .server)
                passed += taken.count
                if taken.isLast { told += 1 }
                at = next
            }
            #expect(told == 1)
            #expect(ends.contains(passed) && passed >= min(patience, saidAll))
        }
    }
}
