import Model
import State
import Synchronization

/// Moves sites from release to release: loads rows, lets `RolloutMachine` decide, writes what it decided.
///
/// Every decision is one transaction that reads and writes the rows, so a controller that is killed at any instruction leaves
/// whole decisions, and a new one on the same database goes on. Nothing acts before its row is written: the data plane follows
/// `content` afterwards. Methods block for the length of a transaction: call them from an actor of the control plane.
///
/// The service around it calls `begin` once, `observe` with the counters every few seconds (silence is missing data), `tick`
/// when `nextDeadline` has come, and `end` when it stops. All take `now`; nothing here asks a clock.
package final class RolloutController: Sendable {
    /// The facts that are not rows: cheap to lose. Behind a lock because operators' requests and the service's ticks come from
    /// different tasks; it is never held during a transaction.
    private struct Memory {
        var watches: [SiteName: AbortWatch] = [:]
        var leases: [SiteName: Lease] = [:]
    }

    package let database: StateDatabase
    package let node: String
    private let policies: [SiteName: RolloutPolicy]
    private let retention: [SiteName: RetentionPolicy]
    /// Whether somebody else says when every node is ready. On a single node a rollout is ready at once.
    private let awaitsReady: Bool
    var isReadyAtOnce: Bool { !awaitsReady }
    private let memory = Mutex(Memory())
    private static let leaseDuration = Duration.seconds(30)

    /// - Parameter node: the identity under which counters are written and leases taken; the same after a restart.
    package init(
        _ database: StateDatabase, node: String, policies: [SiteName: RolloutPolicy] = [:],
        retention: [SiteName: RetentionPolicy] = [:], awaitsReady: Bool = false
    ) {
        self.database = database
        self.node = node
        self.policies = policies
        self.retention = retention
        self.awaitsReady = awaitsReady
    }

    /// The site's policy; that of an unconfigured site is all defaults.
    package func policy(_ site: SiteName) -> RolloutPolicy { policies[site] ?? RolloutPolicy() }

    // MARK: The service

    /// Takes up what the rows say: makes the configured sites known, begins to count, and goes on with every rollout.
    /// - Parameter succeeds: another process of this node has counted up to now and lost nothing.
    package func begin(now: Timestamp, succeeds: Bool = false) throws {
        for site in Set(policies.keys).union(retention.keys).sorted() { try database.ensureSite(site, now: now) }
        let gap = succeeds ? try database.recordNeed([], now: now, node: node) : try database.openCounters(node: node, now: now)
        for site in try database.sites() {
            try update(site, now: now) { machine in
                if let gap { machine.countersMissing(gap, now: now) }
                machine.rememberLifetime(now: now)
                if isReadyAtOnce { machine.ready(now: now) }
            }
        }
    }

    /// Says that the last counts are written, and lets others take over.
    package func end(now: Timestamp) throws {
        try database.closeCounters(node: node, now: now)
        try yield(now: now)
    }

    /// Lets another process of this node go on with the rollouts; counting goes on.
    package func yield(now: Timestamp) throws {
        let leases = memory.withLock { memory in
            defer { memory.leases = [:] }
            return memory.leases.values.sorted { $0.duty < $1.duty }
        }
        for lease in leases { try database.releaseLease(lease, now: now) }
    }

    /// Records what was needed since the last call: every few seconds, also with nothing to record.
    package func observe(_ need: [ObservedNeed], now: Timestamp) throws {
        let quiet = policies.values.map(\.quiet).max() ?? RolloutPolicy().quiet
        let kept = max(quiet, .seconds(86_400))
        guard let gap = try database.recordNeed(need, now: now, node: node, windowsKept: kept) else { return }
        for site in try database.sites() { try update(site, now: now) { $0.countersMissing(gap, now: now) } }
    }

    /// Lets the abort rule look at what the site's releases answered since the last call.
    /// - Returns: why the rollout was aborted; nil if it was not.
    package func judge(_ site: SiteName, _ samples: [ReleaseSample], now: Timestamp) throws -> String? {
        guard let rule = policy(site).abort, let moving = try database.rows(site).moving, moving.phase == .overlapping,
            let before = moving.from
        else {
            memory.withLock { $0.watches[site] = nil }
            return nil
        }
        let verdict = memory.withLock { memory in
            var watch = memory.watches.removeValue(forKey: site) ?? AbortWatch()
            defer { memory.watches[site] = watch }
            watch.record(samples, now: now)
            return watch.verdict(on: moving.to, beside: before, rule: rule, now: now)
        }
        guard let verdict else { return nil }
        let aborted = try update(site, now: now) { machine in
            // What was judged may have been left meanwhile.
            guard machine.rows.moving?.number == moving.number else { return false }
            try machine.abort(by: "rollout", verdict, now: now)
            return true
        }
        memory.withLock { $0.watches[site] = nil }
        return aborted ? verdict : nil
    }

    /// Takes the steps and ends the drains that are due.
    /// - Returns: the sites whose content changed.
    @discardableResult
    package func tick(now: Timestamp) throws -> [SiteName] {
        try database.sites().filter { site in
            let machine = RolloutMachine(try database.rows(site), policy: policy(site))
            guard let due = machine.nextDeadline(now: now), due <= now else { return false }
            return try update(site, now: now) { machine in
                machine.tick(now: now)
                return !machine.changes.isEmpty
            }
        }
    }

    /// When `tick` may have something to do next over all sites; nil if nothing waits for time.
    package func nextDeadline(now: Timestamp) throws -> Timestamp? {
        try database.sites().compactMap { site in
            RolloutMachine(try database.rows(site), policy: policy(site)).nextDeadline(now: now)
        }.min()
    }

    /// Every node has what the site's next release needs: only with `awaitsReady`.
    package func ready(_ site: SiteName, now: Timestamp) throws {
        try update(site, now: now) { $0.ready(now: now) }
    }

    /// Removes the releases of the site whose time is over; their bytes are `gc`'s afterwards.
    package func removeExpired(_ site: SiteName, now: Timestamp) throws -> [ReleaseID] {
        let retention = self.retention[site] ?? RetentionPolicy(quiet: policy(site).quiet)
        let needed = try database.need(site)
        return try update(site, now: now) { machine in
            machine.expire(retention, lastNeeded: Dictionary(uniqueKeysWithValues: needed.map { ($0.release, $0.lastAt) }), now: now)
        }
    }

    // MARK: What there is

    /// What the site serves now.
    package func content(_ site: SiteName) throws -> SiteContent { SiteContent(try database.rows(site)) }

    package func status(_ site: SiteName, now: Timestamp) throws -> SiteStatus {
        SiteStatus(try database.rows(site), policy: policy(site), now: now)
    }

    // MARK: Transactions

    /// One decision: rows in, changes out, in one transaction under the lease on the site's rollouts.
    @discardableResult
    func update<Value>(_ site: SiteName, now: Timestamp, _ decide: (inout RolloutMachine) throws -> Value) throws -> Value {
        let lease = try lease(site, now: now)
        do {
            return try database.updateSite(site, fence: lease, now: now) { rows in
                var machine = RolloutMachine(rows, policy: policy(site))
                let value = try decide(&machine)
                return (machine.changes, value)
            }
        } catch let error as StateError {
            if case .leaseLost = error { memory.withLock { $0.leases[site] = nil } }
            throw error
        }
    }

    /// The lease on the site's rollouts, renewed when two thirds of it have gone.
    private func lease(_ site: SiteName, now: Timestamp) throws -> Lease {
        let duty = "rollout:\(site)"
        let held = memory.withLock { $0.leases[site] }
        if let held, now + Self.leaseDuration >= held.expiresAt, held.expiresAt - now > .seconds(10) { return held }
        let lease =
            try renewed(held, now: now)
            ?? database.acquireLease(duty, holder: node, now: now, lasting: Self.leaseDuration)
        memory.withLock { $0.leases[site] = lease }
        return lease
    }

    /// Nil if there is nothing to renew: then the duty has to be taken again, if nobody else has it.
    private func renewed(_ held: Lease?, now: Timestamp) throws -> Lease? {
        guard let held else { return nil }
        do {
            return try database.renewLease(held, now: now, lasting: Self.leaseDuration)
        } catch {
            guard case .leaseLost = error else { throw error }
            return nil
        }
    }
}
