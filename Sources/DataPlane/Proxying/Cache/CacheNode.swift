import Caching
import HTTPEngine
import Model
import Synchronization

/// What the event loops of a node share of the cache.
package final class CacheNode: Sendable {
    package let cache: SharedCache
    let families: GuardFamilies
    /// Of bodies that are looked at before anybody gets them, and of those that wait for a slow client then.
    let spoolRoom: SharedRoom
    private let flights = Mutex(FlightTable<Int>())
    /// By loop: what has landed that it waits for, and how it is woken.
    private let loops = Mutex<[Inbox]>([])

    private struct Inbox {
        let mailbox: LoopMailbox
        var landings: [Landing] = []
    }

    /// The end of a fetch that others waited for.
    struct Landing: Sendable {
        enum Outcome: Sendable {
            /// Look again: it is stored.
            case stored
            /// Go on by yourself.
            case forNobody
            case failed(PassageFailure)
            /// The server has failed, and this stands in for its answer.
            case standsIn(CachedObject)
        }

        let key: CacheKey
        let outcome: Outcome
    }

    /// What the guard has found, for metrics.
    private let found = Mutex(GuardCounts())

    package struct GuardCounts: Hashable, Sendable {
        package var proven: UInt64 = 0
        package var mismatches: UInt64 = 0
        package var provisional: UInt64 = 0
        /// Provisional names whose content was another one before.
        package var changes: UInt64 = 0
        /// Answers of `502` in place of what was not what its name says.
        package var refused: UInt64 = 0
    }

    package var guardCounts: GuardCounts { found.withLock { $0 } }

    func judged(_ verdict: GuardVerdict, changed: Bool) {
        found.withLock { found in
            switch verdict {
            case .proven: found.proven += 1
            case .mismatch: found.mismatches += 1
            case .provisional: found.provisional += 1
            case .unfit, .settled: break
            }
            if changed { found.changes += 1 }
        }
    }

    func refusedMismatch() { found.withLock { $0.refused += 1 } }

    /// - Parameter spoolBytes: that all bodies may take which are looked at before anybody gets them.
    package init(cache: SharedCache, families: GuardFamilies, spoolBytes: UInt64 = 128 << 20) {
        self.cache = cache
        self.families = families
        spoolRoom = SharedRoom(capacity: spoolBytes)
    }

    /// - Returns: the number by which the loop is known.
    func register(_ mailbox: LoopMailbox) -> Int {
        loops.withLock { loops in
            loops.append(Inbox(mailbox: mailbox))
            return loops.count - 1
        }
    }

    func join(_ key: CacheKey, loop: Int, now: Timestamp) -> FlightTable<Int>.Role {
        flights.withLock { $0.join(key, now: now, waiter: loop) }
    }

    func answers(_ key: CacheKey, now: Timestamp) { flights.withLock { $0.answers(key, now: now) } }

    func isWorthLeaving(_ key: CacheKey, now: Timestamp) -> Bool { flights.withLock { $0.isWorthLeaving(key, now: now) } }

    /// Fetches that are under way, and requests that wait for them.
    var flightCount: Int { flights.withLock { $0.count } }
    var waitingCount: Int { flights.withLock { $0.waiterCount } }

    func isFetching(_ key: CacheKey) -> Bool { flights.withLock { $0.isUnderWay(key) } }

    func land(_ key: CacheKey, _ outcome: Landing.Outcome, now: Timestamp) {
        let waiting = flights.withLock { flights in
            switch outcome {
            case .stored: flights.landed(key, isForAll: true, now: now)
            case .forNobody: flights.landed(key, isForAll: false, now: now)
            case .failed, .standsIn: flights.failed(key)
            }
        }
        guard !waiting.isEmpty else { return }
        let mailboxes = loops.withLock { loops in
            Set(waiting).map { loop in
                loops[loop].landings.append(Landing(key: key, outcome: outcome))
                return loops[loop].mailbox
            }
        }
        for mailbox in mailboxes { mailbox.post { $0.handler.turn($0) } }
    }

    func takeLandings(loop: Int) -> [Landing] {
        loops.withLock { loops in
            defer { loops[loop].landings = [] }
            return loops[loop].landings
        }
    }
}
