import Model
import State

/// What came of something that an operator asked for.
package struct RolloutAnswer: Hashable, Sendable {
    /// Whether anything changed: activating the release that is current changes nothing.
    package var changed: Bool
    /// The rollout that was started, moved or undone by it, if any.
    package var rollout: RolloutRecord?
    /// What the site serves from now on.
    package var content: SiteContent
}

/// What operators ask for. All throw `RolloutRefusal` where a rule refuses, `StateError` where the state does not work.
extension RolloutController {
    /// Starts the rollout to a release. Already current: no change.
    /// - Parameter first: the share to start with (`publish --canary 5%`).
    package func activate(
        _ site: SiteName, _ id: ReleaseID, from first: Share? = nil, by actor: String = "operator", now: Timestamp
    ) throws -> RolloutAnswer {
        try answer(site, now: now) { machine in
            try machine.start(to: id, from: first, by: actor, now: now)
            if self.isReadyAtOnce { machine.ready(by: actor, now: now) }
        }
    }

    /// Brings the site back to a release that was current before: at once.
    package func rollback(
        _ site: SiteName, to id: ReleaseID? = nil, by actor: String = "operator", now: Timestamp
    ) throws -> RolloutAnswer {
        try answer(site, now: now) { machine in
            try machine.rollback(to: id, by: actor, now: now)
            if self.isReadyAtOnce { machine.ready(by: actor, now: now) }
        }
    }

    /// Where a rollback without a name leads now; nil: to the release beside the one that is being rolled out, or nowhere.
    package func returnTarget(_ site: SiteName) throws -> ReleaseRecord? {
        let rows = try database.rows(site)
        return rows.moving == nil ? RolloutMachine(rows, policy: policy(site)).latestBefore : nil
    }

    package func advance(_ site: SiteName, by actor: String = "operator", now: Timestamp) throws -> RolloutAnswer {
        try answer(site, now: now) { try $0.advance(by: actor, now: now) }
    }

    package func hold(_ site: SiteName, by actor: String = "operator", now: Timestamp) throws -> RolloutAnswer {
        try answer(site, now: now) { try $0.hold(by: actor, now: now) }
    }

    package func resume(_ site: SiteName, by actor: String = "operator", now: Timestamp) throws -> RolloutAnswer {
        try answer(site, now: now) { try $0.resume(by: actor, now: now) }
    }

    package func abort(
        _ site: SiteName, by actor: String = "operator", reason: String = "aborted by the operator", now: Timestamp
    ) throws -> RolloutAnswer {
        try answer(site, now: now) { try $0.abort(by: actor, reason, now: now) }
    }

    /// Ends the drain of a release now.
    package func retire(
        _ site: SiteName, _ id: ReleaseID, by actor: String = "operator", now: Timestamp
    ) throws -> RolloutAnswer {
        try answer(site, now: now) { try $0.retire(id, by: actor, now: now) }
    }

    /// Lets the names of a release answer no more, at once.
    package func revoke(
        _ site: SiteName, _ id: ReleaseID, by actor: String = "operator", reason: String = "revoked by the operator", now: Timestamp
    ) throws -> RolloutAnswer {
        try answer(site, now: now) { try $0.revoke(id, by: actor, reason, now: now) }
    }

    /// Retention passes over a protected release.
    package func protect(
        _ site: SiteName, _ id: ReleaseID, _ isProtected: Bool = true, by actor: String = "operator", now: Timestamp
    ) throws {
        let event = Event(
            at: now, site: site, release: id, kind: isProtected ? "protected" : "unprotected", actor: actor, reason: "asked for")
        try database.setProtected(site, id, isProtected, event: event)
    }

    private func answer(
        _ site: SiteName, now: Timestamp, _ decide: (inout RolloutMachine) throws -> Void
    ) throws -> RolloutAnswer {
        let (changed, rollout) = try update(site, now: now) { machine in
            try decide(&machine)
            let touched = machine.changes.compactMap { change in
                if case .rollout(let rollout) = change { rollout } else { nil }
            }
            return (!machine.changes.isEmpty, touched.last)
        }
        return RolloutAnswer(changed: changed, rollout: rollout, content: try content(site))
    }
}
