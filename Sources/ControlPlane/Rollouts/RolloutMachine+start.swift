import Model
import State

extension RolloutMachine {
    /// Starts the rollout to a release, or goes on with the one that already leads there.
    ///
    /// A rollout that runs is left behind: its target drains and it is `superseded`; if its target had reached the whole it
    /// drains the release before, as it would have later. The release that is already current makes no rollout: it ends the
    /// one that was leading away from it.
    /// - Parameters:
    ///   - first: the share to start with instead of the configured steps.
    ///   - isRollback: takes the whole at once, and marks the release left as rejected.
    package mutating func start(
        to id: ReleaseID, from first: Share? = nil, isRollback: Bool = false, by actor: String, now: Timestamp
    ) throws(RolloutRefusal) {
        guard let target = rows.release(id) else { throw .noRelease(id) }
        if target.state == .revoked { throw .revoked(id) }
        if target.isAssetsOnly { throw .assetsOnly(id) }
        let plan = isRollback ? (steps: [.whole], holds: false) : policy.plan(from: first)
        if let moving = rows.moving {
            if moving.to == id { return goOn(moving, plan: plan.steps, holds: plan.holds, by: actor, now: now) }
            supersede(moving, by: actor, "left for release \(id)", now: now)
        }
        guard rows.current?.id != id else { return }
        let rollout = RolloutRecord(
            number: rows.nextRollout, site: rows.site, from: rows.current?.id, to: id,
            steps: rows.current == nil ? [.whole] : plan.steps, isHeld: plan.holds && rows.current != nil, isRollback: isRollback,
            startedAt: now, phaseAt: now, stepAt: now, reason: isRollback ? "rollback" : "activation")
        make(.rollout(rollout), now: now)
        note("preparing", id, rollout: rollout.number, by: actor, rollout.reason, now: now)
    }

    /// Every node has what the release needs: the overlap begins.
    package mutating func ready(by actor: String = "rollout", now: Timestamp) {
        guard var rollout = rows.moving, rollout.phase == .preparing else { return }
        endDrain(of: rollout.to, "release \(rollout.to) goes live again", by: actor, now: now)
        rollout.step = 0
        enter(.overlapping, rollout, by: actor, "every node has the release", now: now)
        enterStep(0, by: actor, now: now)
    }

    /// Brings a rollout back to the release that was current before.
    ///
    /// Without an id it undoes the rollout that runs, else it leads to the latest release that was current before and was not
    /// itself rolled back or aborted.
    package mutating func rollback(to id: ReleaseID? = nil, by actor: String, now: Timestamp) throws(RolloutRefusal) {
        guard let id else {
            if rows.moving != nil { return try abort(by: actor, "rolled back", now: now) }
            guard let latest = latestBefore else { throw .nothingToRollBackTo }
            return try start(to: latest.id, isRollback: true, by: actor, now: now)
        }
        guard let target = rows.release(id) else { throw .noRelease(id) }
        guard target.currentAt != nil || target.state == .revoked else { throw .neverCurrent(id) }
        // The release before one that has just reached the whole: an undone rollout, not a new one.
        if let moving = rows.moving, moving.from == id { return try abort(by: actor, "rolled back", now: now) }
        try start(to: id, isRollback: true, by: actor, now: now)
    }

    /// The latest release that was current before and was not itself rolled back or aborted.
    package var latestBefore: ReleaseRecord? {
        let earlier = rows.releases.filter { ($0.state == .kept || $0.state == .draining) && !$0.wasRejected && $0.currentAt != nil }
        return earlier.max { ($0.currentAt ?? $0.publishedAt) < ($1.currentAt ?? $1.publishedAt) }
    }

    /// The same target was asked for again: larger steps than those taken come at once, and a hold ends.
    private mutating func goOn(_ moving: RolloutRecord, plan: [Share], holds: Bool, by actor: String, now: Timestamp) {
        guard moving.phase == .overlapping, let first = plan.first else { return }
        let share = moving.steps[moving.step]
        if first > share {
            var rollout = moving
            rollout.steps = Array(moving.steps[...moving.step]) + plan
            rollout.isHeld = holds
            make(.rollout(rollout), now: now)
            enterStep(rollout.step + 1, by: actor, now: now)
        } else if moving.isHeld && !holds {
            resume(moving, by: actor, now: now)
        }
    }

    private mutating func supersede(_ rollout: RolloutRecord, by actor: String, _ reason: String, now: Timestamp) {
        if Self.isWhole(rollout) { return endOverlap(rollout, by: actor, "its overlap was cut short: \(reason)", now: now) }
        let wasCanary = rollout.phase == .overlapping
        enter(.superseded, rollout, by: actor, reason, now: now)
        if wasCanary { beginDrain(of: rollout.to, rollout: rollout.number, by: actor, reason, now: now) }
    }
}
