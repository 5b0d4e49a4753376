import Model
import State

extension RolloutMachine {
    /// Ends a drain now, on the operator's word.
    package mutating func retire(_ id: ReleaseID, by actor: String, now: Timestamp) throws(RolloutRefusal) {
        guard let release = rows.release(id) else { throw .noRelease(id) }
        guard release.state == .draining else { throw .notDraining(id, release.state) }
        guard let drain = rows.drains.first(where: { $0.release == id }) else { throw .stillInOverlap(id) }
        finishDrain(drain, by: actor, "retired by the \(actor)", now: now)
    }

    /// Counters are missing for some time: it counts as need, so quiet starts anew.
    ///
    /// If the clock itself jumped, back or by more than an hour ahead, what was measured with it keeps its remaining time: a
    /// clock that was a day behind must not end a day's caching. A process that was down for long is no jump: the time passed.
    package mutating func countersMissing(_ gap: CounterGap, now: Timestamp) {
        let moved = gap.clockMoved
        let jumped = moved < .zero || moved > Self.clockTolerance && !gap.isRestart
        if jumped, var moving = rows.moving {
            moving.stepAt = moving.stepAt + moved
            make(.rollout(moving), now: now)
        }
        for var drain in rows.drains {
            drain.quietFrom = now
            if jumped { drain.cachedUntil = drain.cachedUntil + moved }
            // The deadline is the operator's, in the calendar's time; only one that would move away is kept near.
            if moved < .zero { drain.beganAt = min(drain.beganAt, now) }
            make(.drain(drain), now: now)
            note(
                "disturbed", drain.release, rollout: drain.rollout, by: "rollout", "quiet starts anew: \(Self.describe(gap))", now: now)
        }
    }

    /// The documents of the current release are served with what the policy says now: the longest is remembered.
    package mutating func rememberLifetime(now: Timestamp) {
        guard let current = rows.current, policy.documentLifetime > rows.lifetimes[current.id] ?? .zero else { return }
        make(.lifetime(current.id, policy.documentLifetime), now: now)
    }

    /// Its names answer no more, at once. Refused for the current release; a rollout towards it is aborted first.
    package mutating func revoke(_ id: ReleaseID, by actor: String, _ reason: String, now: Timestamp) throws(RolloutRefusal) {
        guard let release = rows.release(id) else { throw .noRelease(id) }
        if release.state == .revoked { return }
        if release.state == .current { throw .current(id) }
        if let moving = rows.moving, moving.to == id { try abort(by: actor, reason, now: now) }
        endDrain(of: id, "release \(id) was revoked", phase: .finalised, by: actor, now: now)
        make(.state(id, .revoked), now: now)
        note("revoked", id, rollout: nil, by: actor, reason, now: now)
        if let moving = rows.moving, moving.from == id {
            endOverlap(moving, by: actor, "release \(id) was revoked", now: now)
        }
    }

    /// Removes the releases whose time is over. What a rollout is about stays.
    package mutating func expire(_ retention: RetentionPolicy, lastNeeded: [ReleaseID: Timestamp], now: Timestamp) -> [ReleaseID] {
        let involved = Set(rows.rollouts.flatMap { [$0.from, $0.to].compactMap { $0 } })
        let expired = retention.removable(rows.releases, lastNeeded: lastNeeded, counters: rows.counters, now: now)
            .filter { !involved.contains($0.release) }
        for one in expired {
            make(.state(one.release, .removed), now: now)
            note("removed", one.release, rollout: nil, by: "retention", one.reason, now: now)
        }
        return expired.map(\.release)
    }

    func wait(_ drain: DrainRecord, now: Timestamp) -> DrainWait {
        DrainWait(drain, need: rows.need[drain.release], counters: rows.counters, policy: policy, now: now)
    }

    func isHeld(_ drain: DrainRecord) -> Bool {
        rows.rollouts.contains { $0.number == drain.rollout && $0.isHeld }
    }

    /// The release gets no more new documents; it answers what still asks for it until nothing does.
    mutating func beginDrain(of id: ReleaseID, rollout: Int64, by actor: String, _ reason: String, now: Timestamp) {
        make(.state(id, .draining), now: now)
        // Counted from now and not from `leftAt`, the beginning of the last step: the clock may have jumped in between.
        let cachedUntil = now + (rows.lifetimes[id] ?? .zero)
        let drain = DrainRecord(release: id, rollout: rollout, beganAt: now, quietFrom: now, cachedUntil: cachedUntil)
        make(.drain(drain), now: now)
        note("draining", id, rollout: rollout, by: actor, reason, now: now)
    }

    mutating func finishDrain(_ drain: DrainRecord, by actor: String, _ reason: String, now: Timestamp) {
        make(.endDrain(drain.release), now: now)
        make(.state(drain.release, .kept), now: now)
        note("kept", drain.release, rollout: drain.rollout, by: actor, reason, now: now)
        if let rollout = rows.rollouts.first(where: { $0.number == drain.rollout && $0.phase == .draining }) {
            enter(.finalised, rollout, by: actor, reason, now: now)
        }
    }

    /// Ends a drain that will not come to its end, because the release goes live again or was revoked.
    mutating func endDrain(
        of id: ReleaseID, _ reason: String, phase: RolloutPhase = .superseded, by actor: String, now: Timestamp
    ) {
        guard let drain = rows.drains.first(where: { $0.release == id }) else { return }
        make(.endDrain(id), now: now)
        if let rollout = rows.rollouts.first(where: { $0.number == drain.rollout && $0.phase == .draining }) {
            enter(phase, rollout, by: actor, reason, now: now)
        }
    }

    private static func describe(_ gap: CounterGap) -> String {
        if gap.clockMoved < .zero { return "the clock went back by \((.zero - gap.clockMoved).short)" }
        return gap.isRestart ? "a restart, \(gap.clockMoved.short) after the last counts" : "no counters for \(gap.clockMoved.short)"
    }
}
