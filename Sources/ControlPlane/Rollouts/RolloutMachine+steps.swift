import Model
import State

extension RolloutMachine {
    /// Time has passed: takes at most one step of the overlap, so that each gets its time, and ends the drains that are over.
    package mutating func tick(now: Timestamp) {
        if let moving = rows.moving, moving.phase == .overlapping, !moving.isHeld, now >= stepEnd(moving) {
            takeStep(moving, by: "rollout", now: now)
        }
        for drain in rows.drains where !isHeld(drain) {
            if let ending = wait(drain, now: now).ending(policy: policy, now: now) {
                finishDrain(drain, by: "rollout", ending, now: now)
            }
        }
    }

    /// When `tick` may have something to do next, if nothing else happens; nil if it waits for the operator or for nothing.
    package func nextDeadline(now: Timestamp) -> Timestamp? {
        var times = rows.drains.filter { !isHeld($0) }.map { wait($0, now: now).earliestEnd }
        if let moving = rows.moving, moving.phase == .overlapping, !moving.isHeld { times.append(stepEnd(moving)) }
        return times.min()
    }

    /// Takes the next step now, as its time being over would. A hold stays in force until the whole is reached.
    package mutating func advance(by actor: String, now: Timestamp) throws(RolloutRefusal) {
        let moving = try overlapping()
        takeStep(moving, by: actor, now: now)
    }

    /// No step is taken and no drain of this rollout ends, until `resume`. A second hold changes nothing.
    package mutating func hold(by actor: String, now: Timestamp) throws(RolloutRefusal) {
        guard var rollout = rows.moving ?? rows.rollouts.last else { throw .noRollout }
        if rollout.isHeld { return }
        rollout.isHeld = true
        make(.rollout(rollout), now: now)
        note("held", rollout.to, rollout: rollout.number, by: actor, "at \(rollout.steps[rollout.step])", now: now)
    }

    /// Goes on after `hold`. The step that was interrupted gets its whole time again.
    package mutating func resume(by actor: String, now: Timestamp) throws(RolloutRefusal) {
        guard let rollout = rows.moving ?? rows.rollouts.last(where: \.isHeld) ?? rows.rollouts.last else { throw .noRollout }
        if rollout.isHeld { resume(rollout, by: actor, now: now) }
    }

    mutating func resume(_ rollout: RolloutRecord, by actor: String, now: Timestamp) {
        var rollout = rollout
        rollout.isHeld = false
        rollout.stepAt = now
        make(.rollout(rollout), now: now)
        note("resumed", rollout.to, rollout: rollout.number, by: actor, "at \(rollout.steps[rollout.step])", now: now)
    }

    /// Undoes the rollout that runs: the release before is current again, the target drains and is rejected.
    package mutating func abort(by actor: String, _ reason: String, now: Timestamp) throws(RolloutRefusal) {
        guard let moving = rows.moving else {
            guard let last = rows.rollouts.last else { throw .noRollout }
            throw .pastOverlap(rollout: last.number)
        }
        if moving.phase == .preparing { return enter(.aborted, moving, by: actor, reason, now: now) }
        guard let before = moving.from else { throw .noReleaseBefore(moving.to) }
        if rows.release(before)?.state == .revoked { throw .revoked(before) }
        let wasWhole = Self.isWhole(moving)
        enter(.aborted, moving, by: actor, reason, now: now)
        beginDrain(of: moving.to, rollout: moving.number, by: actor, reason, now: now)
        make(.rejected(moving.to, true), now: now)
        if wasWhole {
            make(.state(before, .current), now: now)
            note("activated", before, rollout: moving.number, by: actor, "current again: \(reason)", now: now)
        }
    }

    func overlapping() throws(RolloutRefusal) -> RolloutRecord {
        guard let moving = rows.moving else {
            guard let last = rows.rollouts.last else { throw .noRollout }
            throw .pastOverlap(rollout: last.number)
        }
        guard moving.phase == .overlapping else { throw .noRollout }
        return moving
    }

    /// A step lasts `policy.step`; the whole, when no smaller one came before it, no time at all.
    func stepEnd(_ rollout: RolloutRecord) -> Timestamp {
        rollout.steps.count == 1 ? rollout.stepAt : rollout.stepAt + policy.step
    }

    private mutating func takeStep(_ rollout: RolloutRecord, by actor: String, now: Timestamp) {
        if rollout.step + 1 < rollout.steps.count {
            enterStep(rollout.step + 1, by: actor, now: now)
        } else {
            endOverlap(rollout, by: actor, "every step is over", now: now)
        }
    }

    /// Puts a step in force.
    mutating func enterStep(_ step: Int, by actor: String, now: Timestamp) {
        guard var rollout = rows.moving else { return }
        let share = rollout.steps[step]
        rollout.step = step
        rollout.stepAt = now
        if share == .whole { rollout.isHeld = false }
        make(.rollout(rollout), now: now)
        guard share == .whole else {
            make(.state(rollout.to, .canary), now: now)
            return note("canary", rollout.to, rollout: rollout.number, by: actor, "\(share) of documents", now: now)
        }
        if let before = rollout.from {
            make(.lifetime(before, policy.documentLifetime), now: now)
            make(.state(before, .draining), now: now)
            if rollout.isRollback { make(.rejected(before, true), now: now) }
        }
        make(.state(rollout.to, .current), now: now)
        if rows.release(rollout.to)?.wasRejected == true { make(.rejected(rollout.to, false), now: now) }
        make(.lifetime(rollout.to, policy.documentLifetime), now: now)
        note("activated", rollout.to, rollout: rollout.number, by: actor, "all documents", now: now)
        if rollout.from == nil || now >= stepEnd(rollout) {
            endOverlap(
                rollout, by: actor, rollout.isRollback ? "a rollback takes effect at once" : "without canary steps it takes effect at once",
                now: now)
        }
    }

    mutating func endOverlap(_ rollout: RolloutRecord, by actor: String, _ reason: String, now: Timestamp) {
        guard let before = rollout.from, rows.release(before)?.state != .revoked else {
            return enter(.finalised, rollout, by: actor, "no release before it is left to drain", now: now)
        }
        enter(.draining, rollout, by: actor, reason, now: now)
        beginDrain(of: before, rollout: rollout.number, by: actor, reason, now: now)
    }
}
