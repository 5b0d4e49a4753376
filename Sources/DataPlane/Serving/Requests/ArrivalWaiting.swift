import HTTPEngine

/// Requests for names that may be on their way, until a snapshot brings them or their time is over. State belongs to one
/// event loop.
struct ArrivalWaiting {
    private struct Waiter {
        var exchange: Exchange
        var site: Int
        var deadline: Int64
    }

    /// How many requests of one site may wait; the next is answered at once.
    static let limit = 256
    private var waiters: [Waiter] = []

    /// - Returns: false when too many wait already, or the request has gone.
    mutating func add(_ exchange: Exchange, site: Int, until deadline: Int64) -> Bool {
        guard waiters.count(where: { $0.site == site }) < Self.limit else { return false }
        // A request that waits again keeps its first deadline.
        let first = (exchange.handlerState as? Deadline)?.at
        if first == nil {
            exchange.suspend()
            exchange.handlerState = Deadline(deadline)
        }
        waiters.append(Waiter(exchange: exchange, site: site, deadline: first ?? deadline))
        return true
    }

    private final class Deadline {
        let at: Int64
        init(_ at: Int64) { self.at = at }
    }

    /// Milliseconds of the monotonic clock; `.max` when nobody waits.
    var nextDeadline: Int64 { waiters.map(\.deadline).min() ?? .max }

    mutating func takeAll() -> [Exchange] {
        let all = waiters.map(\.exchange)
        waiters.removeAll()
        return all
    }

    mutating func takeExpired(now: Int64) -> [Exchange] {
        if waiters.isEmpty { return [] }
        let expired = waiters.filter { $0.deadline <= now }.map(\.exchange)
        waiters.removeAll { $0.deadline <= now }
        return expired
    }
}
