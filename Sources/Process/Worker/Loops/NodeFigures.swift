import Snapshots
import Synchronization

/// Totals of what the loops handed over since the process began, for `tandem status` and `/metrics`.
package final class NodeFigures: Sendable {
    struct Totals {
        var requests: UInt64 = 0
        var refused: UInt64 = 0
        var missing: UInt64 = 0
        var droppedLogLines: UInt64 = 0
        /// Of the last batch of each loop.
        var connections = 0
        /// By what the cache did.
        var cacheResults: [String: UInt64] = [:]
    }

    private let held = Mutex(Totals())

    package init() {}

    var totals: Totals { held.withLock { $0 } }

    /// - Parameter batches: one from each loop, usually.
    func add(_ batches: [CounterBatch]) {
        guard !batches.isEmpty else { return }
        held.withLock { totals in
            for batch in batches {
                totals.requests &+= batch.requests
                totals.refused &+= batch.refused
                totals.missing &+= batch.missingCount
                totals.droppedLogLines &+= batch.droppedLogLines
                totals.cacheResults.merge(batch.cacheResults, uniquingKeysWith: &+)
            }
            totals.connections = batches.reduce(0) { $0 + $1.connections }
        }
    }
}
