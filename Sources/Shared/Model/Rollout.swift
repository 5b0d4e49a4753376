/// The phase of a rollout (`docs/design`: three phases, two ways out).
package enum RolloutPhase: String, Sendable, Codable, CaseIterable {
    case preparing, overlapping, draining, finalised, aborted, superseded

    /// Whether nothing more will happen to it.
    package var isOver: Bool { self == .finalised || self == .aborted || self == .superseded }
}

/// The recorded move of a site from one release to the next.
package struct RolloutRecord: Hashable, Sendable, Codable {
    package var number: Int64
    package var site: SiteName
    /// The release that was current when it began; nil for a site's first.
    package var from: ReleaseID?
    package var to: ReleaseID
    package var phase: RolloutPhase
    /// Shares of documents in ascending order; the last is the whole.
    package var steps: [Share]
    /// Index into `steps` of the one that is in force while overlapping.
    package var step: Int
    package var isHeld: Bool
    /// A rollback takes effect at once and is no new release.
    package var isRollback: Bool
    package var startedAt: Timestamp
    /// When the present phase began.
    package var phaseAt: Timestamp
    /// When the present step began.
    package var stepAt: Timestamp
    /// Why the present phase was entered, in words.
    package var reason: String

    package init(
        number: Int64, site: SiteName, from: ReleaseID?, to: ReleaseID, phase: RolloutPhase = .preparing, steps: [Share],
        step: Int = 0, isHeld: Bool = false, isRollback: Bool = false, startedAt: Timestamp, phaseAt: Timestamp, stepAt: Timestamp,
        reason: String
    ) {
        self.number = number
        self.site = site
        self.from = from
        self.to = to
        self.phase = phase
        self.steps = steps
        self.step = step
        self.isHeld = isHeld
        self.isRollback = isRollback
        self.startedAt = startedAt
        self.phaseAt = phaseAt
        self.stepAt = stepAt
        self.reason = reason
    }
}

/// A change of state, when, by whom or what, and why. Never changed, never removed while its release is there.
package struct Event: Hashable, Sendable, Codable {
    package var number: Int64
    package var at: Timestamp
    package var site: SiteName
    package var release: ReleaseID?
    package var rollout: Int64?
    /// What happened, one word of the design: `published`, `activated`, `canary`, `draining`, `finalised`, `aborted` …
    package var kind: String
    /// Who or what did it: `operator`, `rollout`, `retention`, `gc`.
    package var actor: String
    package var reason: String

    package init(
        number: Int64 = 0, at: Timestamp, site: SiteName, release: ReleaseID?, rollout: Int64? = nil, kind: String, actor: String,
        reason: String
    ) {
        self.number = number
        self.at = at
        self.site = site
        self.release = release
        self.rollout = rollout
        self.kind = kind
        self.actor = actor
        self.reason = reason
    }
}

/// Who in the cluster may act on a duty, until when. Every write of the holder carries the fencing number.
package struct Lease: Hashable, Sendable, Codable {
    package var duty: String
    package var holder: String
    package var expiresAt: Timestamp
    package var fence: Int64

    package init(duty: String, holder: String, expiresAt: Timestamp, fence: Int64) {
        self.duty = duty
        self.holder = holder
        self.expiresAt = expiresAt
        self.fence = fence
    }
}
