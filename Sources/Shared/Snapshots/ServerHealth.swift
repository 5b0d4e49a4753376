import Synchronization

/// Whether a server is worth asking, from what requests and checks have met. All loops read it and write it; each field stands for
/// itself, so that none needs a lock. Times are milliseconds of the monotonic clock, which is one for the process.
///
/// ```
///           failures in a row                    its time is over, or a check is good
///  up ───────────────────────────▶ out for a while ──────────────────────────────────▶ up, slowly
///   └── bad checks in a row ──▶ down ──── good checks in a row ──▶ up, slowly
/// ```
package final class ServerHealth: Sendable {
    /// Failures in a row that take a server out where checks say nothing else.
    private static let failureLimit = 3
    /// How long it is out; twice as long each time, up to `longestBreak`.
    private static let firstBreak: Int64 = 5_000
    private static let longestBreak: Int64 = 60_000
    /// How long a server that has come back gets less than its share.
    private static let slowStart: Int64 = 10_000

    private let failures = Atomic<Int>(0)
    private let breaks = Atomic<Int>(0)
    /// 0: it is not out.
    private let outUntil = Atomic<Int64>(0)
    private let isDown = Atomic<Bool>(false)
    /// Good checks in a row, or bad ones as a negative number.
    private let streak = Atomic<Int>(0)
    private let nextCheck = Atomic<Int64>(0)
    /// When it came back; 0: it was never away.
    private let backSince = Atomic<Int64>(0)

    package init() {}

    /// Of a server that joins others: it begins slowly, as one that comes back.
    package init(joinedAt now: Int64) {
        backSince.store(now, ordering: .relaxed)
    }

    /// Whether requests are sent to it.
    @inline(__always)
    package func isUp(now: Int64) -> Bool { !isDown.load(ordering: .relaxed) && outUntil.load(ordering: .relaxed) <= now }

    /// Whether checks have found it down.
    package var isKnownDown: Bool { isDown.load(ordering: .relaxed) }

    /// When it is asked again; 0: it is not out.
    package var returnsAt: Int64 { outUntil.load(ordering: .relaxed) }

    /// A request was answered.
    @inline(__always)
    package func succeeded(now: Int64) {
        if failures.load(ordering: .relaxed) != 0 { recover(now: now) }
    }

    private func recover(now: Int64) {
        failures.store(0, ordering: .relaxed)
        breaks.store(0, ordering: .relaxed)
        if outUntil.exchange(0, ordering: .relaxed) != 0 { backSince.store(now, ordering: .relaxed) }
    }

    /// A request was not: no connection, no answer in time, or garbage.
    package func failed(now: Int64) {
        let count = failures.wrappingAdd(1, ordering: .relaxed).newValue
        guard count >= Self.failureLimit, outUntil.load(ordering: .relaxed) <= now else { return }
        let before = breaks.wrappingAdd(1, ordering: .relaxed).oldValue
        let length = min(Self.firstBreak << Int64(min(before, 8)), Self.longestBreak)
        outUntil.store(now + length, ordering: .relaxed)
    }

    /// Who asks next: one loop takes each turn.
    package func takeTurn(now: Int64, every: Int64) -> Bool {
        let due = nextCheck.load(ordering: .relaxed)
        guard due <= now else { return false }
        return nextCheck.compareExchange(expected: due, desired: now + every, ordering: .relaxed).exchanged
    }

    /// What a check found.
    /// - Parameters:
    ///   - healthy: good ones in a row that bring it back.
    ///   - unhealthy: bad ones in a row that take it away.
    /// - Returns: whether this changed something.
    package func checked(isGood: Bool, healthy: Int, unhealthy: Int, now: Int64) -> Bool {
        let before = streak.load(ordering: .relaxed)
        let row = isGood ? max(before, 0) + 1 : min(before, 0) - 1
        streak.store(row, ordering: .relaxed)
        if isGood, row >= healthy {
            failures.store(0, ordering: .relaxed)
            breaks.store(0, ordering: .relaxed)
            let wasOut = outUntil.exchange(0, ordering: .relaxed) > now
            let wasDown = isDown.exchange(false, ordering: .relaxed)
            if wasOut || wasDown { backSince.store(now, ordering: .relaxed) }
            return wasDown
        }
        if !isGood, -row >= unhealthy { return !isDown.exchange(true, ordering: .relaxed) }
        return false
    }

    /// Its weight now: a server that has come back gets a tenth at first, and its whole share ten seconds later.
    @inline(__always)
    package func weight(of whole: Int, now: Int64) -> Int {
        let since = backSince.load(ordering: .relaxed)
        if since == 0 { return whole * 10 }
        let passed = now - since
        if passed >= Self.slowStart { return whole * 10 }
        return max(whole * 10 * Int(max(passed, 0)) / Int(Self.slowStart), whole)
    }
}
