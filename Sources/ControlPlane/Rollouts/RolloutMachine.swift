import Model
import State

/// Decides what happens to one site's releases: a value over its rows, which takes events and returns the changes to make.
///
/// ```
///            start          ready             last step over            quiet, caches empty, or deadline; retire
///   (rows) ───────► preparing ────► overlapping ─────────────► draining ─────────────────────────► finalised
///                       │            │  ▲ step by step             │
///                       ├────────────┤──┘                          └──► superseded: the old release came back
///                       ▼            ▼
///                 superseded      aborted
///                 (next start)    (operator, rule)
/// ```
///
/// - The target is `canary` while its share is smaller than the whole, and `current` from the moment the whole begins. The
///   release before is then `draining` (only one is current), but its drain, and with it `quiet`, begins when the overlap
///   ends: until then an abort makes it current again.
/// - A drain belongs to a release, not to a rollout: the targets of aborted and superseded rollouts drain as well, any number
///   beside each other.
/// - A site's first release takes the whole at once: there is nobody to give the other share.
///
/// It keeps no clock and does no I/O. Its rows change with each decision, so several in a row build on each other; `changes`
/// are for `StateDatabase.updateSite`, which applies them in the same order in one transaction.
package struct RolloutMachine: Sendable {
    /// A step ahead of the clock from which on it counts as a jump, and how far a node's clock may be ahead of ours.
    package static let clockTolerance = Duration.seconds(3600)

    package private(set) var rows: SiteRows
    package let policy: RolloutPolicy
    package private(set) var changes: [SiteChange] = []

    package init(_ rows: SiteRows, policy: RolloutPolicy) {
        self.rows = rows
        self.policy = policy
    }

    /// Applies one change to the rows, so that what follows sees it, and keeps it for the database.
    mutating func make(_ change: SiteChange, now: Timestamp) {
        do {
            try rows.apply(change, now: now)
        } catch {
            // The transitions below are legal for every state that the rows can be in: anything else is our bug.
            preconditionFailure("\(error)")
        }
        changes.append(change)
    }

    mutating func note(
        _ kind: String, _ release: ReleaseID?, rollout: Int64?, by actor: String, _ reason: String, now: Timestamp
    ) {
        make(
            .event(Event(at: now, site: rows.site, release: release, rollout: rollout, kind: kind, actor: actor, reason: reason)),
            now: now)
    }

    mutating func enter(_ phase: RolloutPhase, _ rollout: RolloutRecord, by actor: String, _ reason: String, now: Timestamp) {
        var rollout = rollout
        rollout.phase = phase
        rollout.phaseAt = now
        rollout.reason = reason
        make(.rollout(rollout), now: now)
        // The event of the drain names the release that drains: `beginDrain` writes it.
        if phase == .draining { return }
        note(phase.rawValue, rollout.to, rollout: rollout.number, by: actor, reason, now: now)
    }

    /// Whether the documents are all the target's.
    static func isWhole(_ rollout: RolloutRecord) -> Bool {
        rollout.phase == .overlapping && rollout.steps[rollout.step] == .whole
    }
}
