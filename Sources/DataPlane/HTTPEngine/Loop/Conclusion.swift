import Model

/// When connections that would never end by themselves, WebSockets and event streams, are ended (`processes.md`, Drain): each at a
/// moment of its own, so that their clients do not all come back in one second. State belongs to one event loop.
///
/// ```
///  drain:          began ──────────────────────── first ░░░░░░░░░ last ── closing ──▶ cut off
///  stop, hurry:    began = first ░░░░░░░░░░░░░░░░░░░░░░░░░░░ last ── closing ──▶ the end
/// ```
struct Conclusion: Hashable, Sendable {
    /// Longest for a frame to end and for the answers to our close frames, in milliseconds.
    private static let closing: Int64 = 8_000
    /// Less is no time to wait for one side's answer before the other is told.
    private static let hurried: Int64 = 6_000
    /// Of the limit: the share at its end in which they leave.
    private static let part: Int64 = 4

    /// In milliseconds of the loop's clock.
    let first: Int64
    let last: Int64
    /// Whoever has not ended by then is cut off.
    let over: Int64

    /// Another generation serves: they may go on to `limit`, and leave in its last quarter.
    init(limit: Duration, now: Int64) {
        last = now + limit.wholeMilliseconds
        first = last - limit.wholeMilliseconds / Self.part
        over = last + Self.closing
    }

    /// All is to be over within `grace`: they leave over the whole time, but what their closing takes.
    init(within grace: Duration, now: Int64) {
        over = now + grace.wholeMilliseconds
        last = over - min(Self.closing, grace.wholeMilliseconds)
        first = now
    }

    func isHurried(_ now: Int64) -> Bool { over - now < Self.hurried }

    /// When the connection with this number is told, in milliseconds of the loop's clock. Consecutive numbers lie as far apart as they
    /// can: multiples of the golden ratio leave gaps of at most three sizes, however many there are.
    /// - Parameter seed: of the loop.
    func moment(of number: UInt64, seed: UInt64) -> Int64 {
        let share = (number &* 0x9e37_79b9_7f4a_7c15 &+ seed &* 0xd1b5_4a32_d192_ed03) >> 32
        return first + (((last - first) * Int64(share)) >> 32)
    }
}

/// An answer that goes on until somebody ends it.
package struct LastingAnswer: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case webSocket, eventStream
    }

    let kind: Kind
    /// Of all that this loop has had.
    let number: UInt64
    /// Its source was told to end it.
    var isConcluding = false
}
