import Model
import State

/// Runs `gc`, one at a time, for whoever asks and when it is due. It keeps no clock: `now` and chance are arguments.
package actor Collection {
    private let store: ReleaseStore
    private var schedule: CollectionSchedule?

    package init(store: ReleaseStore) {
        self.store = store
    }

    /// Something was removed or revoked: its bytes go soon.
    package func removed(now: Timestamp) { schedule?.removed(now: now) }

    /// Runs what is due.
    /// - Parameters:
    ///   - isPublishing: whether a publish is open.
    ///   - jitter: 0..<1.
    /// - Returns: what went; nil: nothing was due.
    /// - Throws: what the store or the state throws; the next try comes when it would have come anyway.
    package func turn(now: Timestamp, isPublishing: Bool, jitter: Double) throws -> Collector.Outcome? {
        if schedule == nil { schedule = CollectionSchedule(now: now, jitter: jitter) }
        guard schedule?.isDue(now: now, isPublishing: isPublishing) == true else { return nil }
        schedule?.ran(now: now, jitter: jitter)
        return try run(now: now, isDryRun: false)
    }

    /// Runs now.
    package func run(now: Timestamp, isDryRun: Bool) throws -> Collector.Outcome {
        try Collector(store: store).run(now: now, isDryRun: isDryRun)
    }
}
