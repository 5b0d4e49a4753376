/// How long to wait before a worker that crashed is started again: not at all, then 1, 2, 4 … 30 s.
struct BackOff: Hashable, Sendable {
    private var failures = 0

    /// The wait before the next start.
    mutating func next() -> Duration {
        defer { failures += 1 }
        return failures == 0 ? .zero : .seconds(min(1 << min(failures - 1, 5), 30))
    }

    /// One lived long enough to count as healthy.
    mutating func reset() { failures = 0 }
}
