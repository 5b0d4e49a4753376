import Model

/// The drain of one release: it is live, gets no new documents, and waits until nothing needs it.
///
/// A row of its own, for a release also drains when its rollout is over: superseded or aborted.
package struct DrainRecord: Hashable, Sendable {
    package var release: ReleaseID
    /// The rollout that left it.
    package var rollout: Int64?
    package var beganAt: Timestamp
    /// Quiet counts from here at the earliest.
    package var quietFrom: Timestamp
    /// Until then a cache that keeps to HTTP may still hold one of its documents.
    package var cachedUntil: Timestamp

    package init(release: ReleaseID, rollout: Int64?, beganAt: Timestamp, quietFrom: Timestamp, cachedUntil: Timestamp) {
        self.release = release
        self.rollout = rollout
        self.beganAt = beganAt
        self.quietFrom = quietFrom
        self.cachedUntil = cachedUntil
    }
}

/// All that a decision about a site's rollouts rests on, as of one moment.
package struct SiteRows: Hashable, Sendable {
    package var site: SiteName
    /// Not removed, newest first.
    package var releases: [ReleaseRecord]
    /// Not over, oldest first.
    package var rollouts: [RolloutRecord]
    package var drains: [DrainRecord]
    /// The longest max-age + stale-while-revalidate that a release's documents were served with.
    package var lifetimes: [ReleaseID: Duration]
    /// Of draining releases that were ever needed.
    package var need: [ReleaseID: ReleaseNeed]
    package var counters: CounterHealth?
    /// The number that the next rollout gets.
    package var nextRollout: Int64
    /// `contentVersion` of these rows.
    package var version: Int64

    package init(
        site: SiteName, releases: [ReleaseRecord] = [], rollouts: [RolloutRecord] = [], drains: [DrainRecord] = [],
        lifetimes: [ReleaseID: Duration] = [:], need: [ReleaseID: ReleaseNeed] = [:], counters: CounterHealth? = nil,
        nextRollout: Int64 = 1, version: Int64 = 0
    ) {
        self.site = site
        self.releases = releases
        self.rollouts = rollouts
        self.drains = drains
        self.lifetimes = lifetimes
        self.need = need
        self.counters = counters
        self.nextRollout = nextRollout
        self.version = version
    }
}

/// One step of a change to a site's rows. Steps of one decision are applied in order, in one transaction.
package enum SiteChange: Hashable, Sendable {
    /// Writes the rollout; a new number makes a new row.
    case rollout(RolloutRecord)
    case state(ReleaseID, ReleaseState)
    case rejected(ReleaseID, Bool)
    /// Writes the drain of a release.
    case drain(DrainRecord)
    case endDrain(ReleaseID)
    /// Raises the longest time that documents of the release may be cached; a shorter one changes nothing.
    case lifetime(ReleaseID, Duration)
    case event(Event)
}

extension SiteRows {
    package func release(_ id: ReleaseID) -> ReleaseRecord? { releases.first { $0.id == id } }

    package var current: ReleaseRecord? { releases.first { $0.state == .current } }

    /// The rollout in `preparing` or `overlapping`: at most one.
    package var moving: RolloutRecord? { rollouts.first { $0.phase == .preparing || $0.phase == .overlapping } }

    /// Changes the rows as `updateSite` changes those of the database, so that a decision of several steps sees its own.
    package mutating func apply(_ change: SiteChange, now: Timestamp) throws(StateError) {
        switch change {
        case .rollout(let rollout):
            rollouts.removeAll { $0.number == rollout.number }
            if !rollout.phase.isOver {
                rollouts.append(rollout)
                rollouts.sort { $0.number < $1.number }
            }
            nextRollout = max(nextRollout, rollout.number + 1)
        case .state(let id, let state):
            guard let index = releases.firstIndex(where: { $0.id == id }) else {
                throw .notFound(reference: id.short, site: site, removed: nil)
            }
            if releases[index].state == state { return }
            releases[index] = try releases[index].moved(to: state, at: now)
            if state == .removed || state == .revoked { drains.removeAll { $0.release == id } }
            if state == .removed { releases.remove(at: index) }
        case .rejected(let id, let isRejected):
            if let index = releases.firstIndex(where: { $0.id == id }) { releases[index].wasRejected = isRejected }
        case .drain(let drain):
            drains.removeAll { $0.release == drain.release }
            drains.append(drain)
            drains.sort { ($0.beganAt, $0.release) < ($1.beganAt, $1.release) }
        case .endDrain(let id): drains.removeAll { $0.release == id }
        case .lifetime(let id, let lifetime):
            if lifetime > lifetimes[id] ?? .zero { lifetimes[id] = lifetime }
        case .event: break
        }
    }
}
