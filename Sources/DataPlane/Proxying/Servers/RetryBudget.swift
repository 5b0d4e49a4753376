/// How many requests may be asked again: a fifth of all, so that retries cannot pile up on servers that are failing because they have
/// too much to do. State belongs to one event loop.
struct RetryBudget: Sendable {
    /// In thousandths of a retry.
    private static let perRequest = 200
    private static let whole = 1_000
    /// What a quiet site may spend at once.
    private static let most = 10_000
    /// So that a site with few requests is not left without: one in a second.
    private static let perMillisecond: Int64 = 1

    private var held = Self.most
    private var at: Int64

    /// - Parameter now: milliseconds of the monotonic clock.
    init(now: Int64) { at = now }

    @inline(__always)
    mutating func requestBegins() {
        if held < Self.most { held = min(held + Self.perRequest, Self.most) }
    }

    /// - Returns: whether the request may be asked again.
    mutating func take(now: Int64) -> Bool {
        let passed = max(now - at, 0)
        at = now
        held = Int(min(Int64(held) + passed * Self.perMillisecond, Int64(Self.most)))
        guard held >= Self.whole else { return false }
        held -= Self.whole
        return true
    }
}
