import TestSeeds
import Testing

@testable import HTTPEngine

/// RFC 6455 §5.2.
@Suite struct WebSocketFramesTests {
    /// Ends of frames among bytes that come in pieces.
    private static func ends(of bytes: [UInt8], cuts: [Int], in frames: inout WebSocketFrames) -> [Int] {
        var ends: [Int] = []
        var at = 0
        for cut in cuts + [bytes.count] {
            while at < cut {
                let taken = bytes[at..<cut].withUnsafeBytes { frames.follow($0, stop: .atBoundary) }
                precondition(taken > 0 && taken <= cut - at, "it goes on, and stays inside")
                at += taken
                if frames.isAtBoundary { ends.append(at) }
            }
        }
        return ends
    }

    @Test(arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]) func aFrameEndsWhereItsLengthSays(_ count: Int) {
        for mask in [nil, [1, 2, 3, 4] as [UInt8]] {
            let frame = WebSocketFrameBytes.text(count, mask: mask)
            var frames = WebSocketFrames()
            #expect(frames.isAtBoundary)
            #expect(Self.ends(of: frame + frame, cuts: [], in: &frames) == [frame.count, 2 * frame.count])
            var whole = WebSocketFrames()
            #expect((frame + frame).withUnsafeBytes { whole.follow($0) } == 2 * frame.count)
            #expect(whole == frames && whole.isAtBoundary && !whole.hasCloseBegun)
        }
    }

    /// The length need not be in its shortest form to be one.
    @Test func aLengthMayBeLongerThanItNeedsToBe() {
        var frames = WebSocketFrames()
        let bytes: [UInt8] = [0x82, 127, 0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3, 0x82, 126, 0, 1, 9]
        #expect(Self.ends(of: bytes, cuts: [], in: &frames) == [13, 18])
    }

    @Test func aCloseFrameIsSeenAndNothingBehindIt() {
        for mask in [nil, [9, 8, 7, 6] as [UInt8]] {
            let bytes = WebSocketFrameBytes.text(3, mask: mask) + WebSocketFrameBytes.close(1000, mask: mask)
            var frames = WebSocketFrames()
            _ = bytes[..<(bytes.count - 1)].withUnsafeBytes { frames.follow($0) }
            #expect(frames.hasCloseBegun && !frames.isClosed && !frames.isAtBoundary)
            _ = (bytes.suffix(1) + [1, 2, 3]).withUnsafeBytes { frames.follow($0) }
            #expect(frames.isClosed)
        }
        var empty = WebSocketFrames()
        _ = ([0x88, 0] as [UInt8]).withUnsafeBytes { empty.follow($0) }
        #expect(empty.isClosed)
    }

    @Test func aCloseFrameCanBeHeldBackWhole() {
        let text = WebSocketFrameBytes.text(3)
        let bytes = text + text + WebSocketFrameBytes.close(1000)
        for cut in 0...bytes.count {
            var frames = WebSocketFrames()
            let first = bytes[..<cut].withUnsafeBytes { frames.follow($0, stop: .beforeClose) }
            let second = first == cut ? bytes[cut...].withUnsafeBytes { frames.follow($0, stop: .beforeClose) } : 0
            #expect(first + second == 2 * text.count)
            #expect(frames.isAtBoundary && !frames.hasCloseBegun)
        }
        // The first byte of a payload is none of a head.
        var inside = WebSocketFrames()
        #expect(([0x82, 2, 0x88, 0] as [UInt8]).withUnsafeBytes { inside.follow($0, stop: .beforeClose) } == 4)
    }

    /// Between the pieces of a message a control frame may stand (§5.4): each frame's end is a boundary.
    @Test func piecesOfAMessageHaveBoundaries() {
        let bytes =
            WebSocketFrameBytes.frame(1, [1, 2], isFinal: false) + WebSocketFrameBytes.frame(9, [])
            + WebSocketFrameBytes.frame(0, [3], isFinal: true)
        var frames = WebSocketFrames()
        #expect(Self.ends(of: bytes, cuts: [], in: &frames) == [4, 6, 9])
    }

    /// §5.2: the first bit of 64 is 0.
    @Test func aLengthThatNoneCanBeLeavesNothingToFollow() {
        for first in [0x80, 0xff] as [UInt8] {
            var frames = WebSocketFrames()
            let bytes: [UInt8] = [0x82, 127, first, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff] + [UInt8](repeating: 0, count: 100)
            #expect(bytes.withUnsafeBytes { frames.follow($0, stop: .atBoundary) } == bytes.count)
            #expect(frames.isLost && !frames.isAtBoundary)
        }
        var largest = WebSocketFrames()
        let bytes: [UInt8] = [0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff] + [UInt8](repeating: 0, count: 100)
        #expect(bytes.withUnsafeBytes { largest.follow($0) } == bytes.count)
        #expect(!largest.isLost && !largest.isAtBoundary)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>) func anySplitGivesTheSameBoundaries(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var bytes: [UInt8] = []
            var expected: [Int] = []
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let count = [0, 1, 30, 125, 126, 300, 65_536].randomElement(using: &random) ?? 0
                let mask = Bool.random(using: &random) ? (0..<4).map { _ in UInt8.random(in: 0...255, using: &random) } : nil
                let opcode: UInt8 = [0, 1, 2, 9, 10, 3, 11].randomElement(using: &random) ?? 0
                bytes += WebSocketFrameBytes.frame(
                    opcode, [UInt8](repeating: .random(in: 0...255, using: &random), count: count), isFinal: .random(using: &random),
                    mask: mask)
                expected.append(bytes.count)
            }
            let cuts = (0..<Int.random(in: 0...40, using: &random)).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            var frames = WebSocketFrames()
            #expect(Self.ends(of: bytes, cuts: cuts, in: &frames) == expected)
        }
    }

    /// Whatever comes, in whatever pieces: the same state, and no trap.
    @Test(arguments: 1...8 as ClosedRange<UInt64>) func garbageIsFollowedTheSameWayHoweverItComes(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                Bool.random(using: &random)
                    ? UInt8.random(in: 0...255, using: &random) : [0, 127, 255, 126].randomElement(using: &random) ?? 0
            }
            var (whole, piecewise) = (WebSocketFrames(), WebSocketFrames())
            _ = bytes.withUnsafeBytes { whole.follow($0) }
            for byte in bytes { _ = [byte].withUnsafeBytes { piecewise.follow($0) } }
            #expect(whole == piecewise)
        }
    }
}
