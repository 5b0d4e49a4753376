import Model

/// Requests for what is on its way already: one goes to the origin, the others wait for what it brings.
///
/// A response that turns out to be of no use to others lets them all go on side by side, and is remembered for a short time, so that
/// the next ones do not queue up for nothing.
package struct FlightTable<Waiter> {
    package enum Role: Hashable, Sendable {
        /// Ask the origin; the others wait.
        case lead
        /// Wait: `landed` gives the waiter back.
        case wait
        /// Ask the origin for itself alone.
        case alone
    }

    private struct Flight {
        var waiters: [Waiter] = []
        /// Since when its answer has been coming in.
        var answersSince: Timestamp?
    }

    private var flights: [CacheKey: Flight] = [:]
    private var loners: [CacheKey: Timestamp] = [:]
    private let maximumWaiters: Int
    private let maximumLoners = 65_536
    /// How long a key's responses are taken to be of no use to others.
    static var lonerTime: Duration { .seconds(10) }

    /// - Parameter maximumWaiters: more for one key go on alone.
    package init(maximumWaiters: Int = 65_536) { self.maximumWaiters = maximumWaiters }

    package var count: Int { flights.count }
    package var waiterCount: Int { flights.values.reduce(0) { $0 + $1.waiters.count } }

    /// Longer nobody waits for the end of an answer that is coming in.
    static var longestAnswer: Duration { .seconds(5) }

    /// The head of its answer has come.
    package mutating func answers(_ key: CacheKey, now: Timestamp) { flights[key]?.answersSince = now }

    /// Whether one who waits does better to ask himself: where there is none to wait for, or a long body is coming in. A server that has
    /// not answered yet would let him wait as well, and ten thousand of him would not make it faster.
    package func isWorthLeaving(_ key: CacheKey, now: Timestamp) -> Bool {
        guard let flight = flights[key] else { return true }
        return flight.answersSince.map { now - $0 > Self.longestAnswer } ?? false
    }

    package func isUnderWay(_ key: CacheKey) -> Bool { flights[key] != nil || loners[key] != nil }

    package mutating func join(_ key: CacheKey, now: Timestamp, waiter: @autoclosure () -> Waiter) -> Role {
        if let until = loners[key] {
            if now < until, until - now <= Self.lonerTime { return .alone }
            loners[key] = nil
        }
        guard let flight = flights[key] else {
            flights[key] = Flight()
            return .lead
        }
        guard flight.waiters.count < maximumWaiters, !isWorthLeaving(key, now: now) else { return .alone }
        flights[key]?.waiters.append(waiter())
        return .wait
    }

    /// The one that went has its answer, or none.
    /// - Parameter isForAll: whether it was stored. Else those who come in the next seconds go alone.
    /// - Returns: who waited, in order.
    package mutating func landed(_ key: CacheKey, isForAll: Bool, now: Timestamp) -> [Waiter] {
        if !isForAll {
            if loners.count >= maximumLoners { loners = loners.filter { $0.value > now } }
            if loners.count < maximumLoners { loners[key] = now + Self.lonerTime }
        } else {
            loners[key] = nil
        }
        return flights.removeValue(forKey: key)?.waiters ?? []
    }

    /// The one that went failed: nothing is known of what the next answer will be.
    package mutating func failed(_ key: CacheKey) -> [Waiter] { flights.removeValue(forKey: key)?.waiters ?? [] }
}
