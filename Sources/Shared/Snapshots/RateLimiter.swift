import Synchronization

/// Token buckets by key in bounded memory, one table for all event loops, without a lock.
///
/// A bucket is one word: when it will be full again (the generic cell rate algorithm: a token is a step of that time, and a request
/// that would move it further ahead than the burst allows is refused), beside a tag of the key. A bucket that is full again says
/// nothing and is free for another key. A key has its place in one of eight neighbours; where all are taken by others, the one that
/// would be full first gives way: so a flood of keys makes limits lenient, never the table larger.
/// Of neighbours one in 32,768 has another's tag, and shares its bucket.
///
/// ```
///  63        48 47                            0
///  │   tag     │ microseconds of the full bucket │
/// ```
package final class RateLimiter: Sendable {
    /// What became of a request.
    package struct Verdict: Hashable, Sendable {
        package var isAllowed: Bool
        /// Whole requests that may follow at once.
        package var remaining: Int
        /// Until the bucket is full again, or, where it was refused, until the next request is allowed; rounded up.
        package var seconds: Int
    }

    private static let ways = 8
    private static let timeMask: UInt64 = (1 << 48) - 1

    /// Microseconds between two requests at the rate.
    private let step: UInt64
    /// Microseconds that a bucket may be ahead.
    private let depth: UInt64
    private let mask: Int
    // The pointer never changes, and what it points at is only ever touched as atomics.
    private nonisolated(unsafe) let words: UnsafeMutablePointer<Atomic<UInt64>>

    /// - Parameters:
    ///   - requests: allowed in a period, at least 1.
    ///   - period: in microseconds.
    ///   - burst: requests that may come at once, at least 1.
    ///   - capacity: keys that are told apart; rounded up to a power of two.
    package init(requests: Int, period: UInt64, burst: Int, capacity: Int = 65_536) {
        step = max(period / UInt64(max(requests, 1)), 1)
        depth = step * UInt64(max(burst, 1))
        var count = Self.ways
        while count < capacity { count *= 2 }
        mask = count - 1
        words = .allocate(capacity: count)
        for index in 0..<count { (words + index).initialize(to: Atomic(0)) }
    }

    deinit {
        words.deinitialize(count: mask + 1)
        words.deallocate()
    }

    /// Takes a token for a key.
    /// - Parameters:
    ///   - key: a hash, well mixed.
    ///   - now: microseconds of the monotonic clock.
    package func take(_ key: UInt64, now: UInt64) -> Verdict {
        let tag = (key >> 48 | 1) << 48
        let first = Int(truncatingIfNeeded: key) & mask & ~(Self.ways - 1)
        while true {
            let (index, held) = place(tag, first)
            let full = held & ~Self.timeMask == tag ? max(held & Self.timeMask, now) : now
            let next = full + step
            if next > now + depth {
                return Verdict(isAllowed: false, remaining: 0, seconds: Self.seconds(next - depth - now))
            }
            let word = tag | (next & Self.timeMask)
            if words[index].compareExchange(expected: held, desired: word, ordering: .relaxed).exchanged {
                return Verdict(isAllowed: true, remaining: Int((now + depth - next) / step), seconds: Self.seconds(next - now))
            }
        }
    }

    /// The key's own word, else the one that would be full first: one that is full already counts nothing.
    private func place(_ tag: UInt64, _ first: Int) -> (index: Int, held: UInt64) {
        var best = (index: first, held: words[first].load(ordering: .relaxed))
        for index in first..<(first + Self.ways) {
            let held = words[index].load(ordering: .relaxed)
            if held & ~Self.timeMask == tag { return (index, held) }
            if held & Self.timeMask < best.held & Self.timeMask { best = (index, held) }
        }
        return best
    }

    private static func seconds(_ microseconds: UInt64) -> Int { Int((microseconds + 999_999) / 1_000_000) }
}
