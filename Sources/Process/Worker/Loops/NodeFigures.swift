import Snapshots
import Synchronization

/// Totals of what the loops handed over, for `tandem status`.
package final class NodeFigures: Sendable {
    private struct Totals {
        var requests: UInt64 = 0
        var connections = 0
        var cacheResults: [String: UInt64] = [:]
    }

    private let totals = Mutex(Totals())

    package init() {}

    /// - Parameter batches: one from each loop, usually.
    func add(_ batches: [CounterBatch]) {
        guard !batches.isEmpty else { return }
        totals.withLock { totals in
            totals.requests &+= batches.reduce(0) { $0 &+ $1.requests }
            for batch in batches { totals.cacheResults.merge(batch.cacheResults, uniquingKeysWith: &+) }
            totals.connections = batches.reduce(0) { $0 + $1.connections }
        }
    }

    var requests: UInt64 { totals.withLock { $0.requests } }
    /// Since the process began, by what the cache did.
    var cacheResults: [String: UInt64] { totals.withLock { $0.cacheResults } }
    var connections: Int { totals.withLock { $0.connections } }
}
