/// What an HTTP/2 connection may cost beside what every connection may. A peer over a limit that its own work would never
/// reach is told `ENHANCE_YOUR_CALM` (RFC 9113 §10.5).
package struct HTTP2Limits: Sendable {
    /// Streams at once. Over it: `REFUSED_STREAM`.
    package var concurrentStreams = 128
    /// Bytes of one header block as it comes. Over it: the connection ends. Fields over `fieldBytes` once decoded: 431.
    package var blockBytes = 64 * 1024
    /// CONTINUATION frames of one header block. Over it: the connection ends (CVE-2024-27316).
    package var continuations = 32
    /// Bytes of a request's body that may come before its reader has taken any.
    package var streamWindow = 256 * 1024
    /// The same for all of a connection's bodies together.
    package var connectionWindow = 1024 * 1024
    /// Bytes of our own control frames that may wait for a peer that does not read. Over it: input is paused.
    package var controlBytes = 16 * 1024
    /// Streams that end before their time, by the peer's RST_STREAM or by its faults (CVE-2023-44487).
    package var resets = Rate(burst: 256, perSecond: 32)
    /// PING frames, each of which makes us write one.
    package var pings = Rate(burst: 256, perSecond: 32)
    /// SETTINGS frames, likewise (CVE-2019-9515).
    package var settings = Rate(burst: 32, perSecond: 2)
    /// DATA frames that bring nothing and end nothing (CVE-2019-9518).
    package var emptyFrames = Rate(burst: 128, perSecond: 16)
    /// WINDOW_UPDATE frames beside those that our own DATA frames entitle to.
    package var windowUpdates = Rate(burst: 1024, perSecond: 256)
    /// PRIORITY and PRIORITY_UPDATE frames (CVE-2019-9513), and frames of unknown type.
    package var otherFrames = Rate(burst: 1024, perSecond: 64)

    package struct Rate: Sendable {
        package var burst: Int
        package var perSecond: Int

        package init(burst: Int, perSecond: Int) {
            self.burst = burst
            self.perSecond = perSecond
        }
    }

    package init() {}
}

/// How often something may happen: so many times at once, and again so many a second.
struct RateBudget: Sendable {
    private let rate: HTTP2Limits.Rate
    private var left: Int
    private var second: Int64

    init(_ rate: HTTP2Limits.Rate, now: Int64) {
        self.rate = rate
        left = rate.burst
        second = now
    }

    /// - Parameter now: seconds of the loop's monotonic clock.
    /// - Returns: whether it may happen once more.
    @inline(__always)
    mutating func take(now: Int64) -> Bool {
        if now != second {
            left = min(rate.burst, left + Int(min(now - second, 3600)) * rate.perSecond)
            second = now
        }
        left -= 1
        return left >= 0
    }

    /// Something has happened that entitles to more.
    @inline(__always)
    mutating func add(_ count: Int) { left = min(rate.burst, left + count) }
}
