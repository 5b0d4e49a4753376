import GRDB
import Model

extension StateDatabase {
    /// The rows that decisions about the site's rollouts rest on.
    package func rows(_ site: SiteName) throws(StateError) -> SiteRows {
        try read { try Self.rows($0, site) }
    }

    /// Reads the site's rows, lets `decide` choose, and writes what it chose: one transaction, so that no decision rests on
    /// rows that changed meanwhile and none is half written.
    /// - Parameters:
    ///   - fence: the lease under which the caller acts; nil where no lease is used.
    ///   - decide: returns the changes in order and the caller's result; its error is thrown as it is, and nothing changes.
    /// - Throws: `leaseLost`, `illegalTransition`, and what `decide` throws.
    package func updateSite<Value>(
        _ site: SiteName, fence: Lease? = nil, now: Timestamp, _ decide: (SiteRows) throws -> ([SiteChange], Value)
    ) throws -> Value {
        try writeRethrowing { db in
            try Self.verify(db, fence)
            let (changes, value) = try decide(try Self.rows(db, site))
            for change in changes { try Self.apply(db, change, site: site, now: now) }
            if !changes.isEmpty { try Self.contentChanged(db) }
            return value
        }
    }

    /// The site's rollouts, newest first.
    package func rollouts(_ site: SiteName, limit: Int = 100) throws(StateError) -> [RolloutRecord] {
        try read { db in
            try db.rows(
                "SELECT * FROM rollouts WHERE site = ? ORDER BY number DESC LIMIT ?", [site.text, limit]
            ).map(RolloutRecord.init(row:))
        }
    }

    private static func rows(_ db: Database, _ site: SiteName) throws -> SiteRows {
        guard try db.row("SELECT 1 FROM sites WHERE name = ?", [site.text]) != nil else { throw StateError.unknownSite(site) }
        var rows = SiteRows(site: site)
        for row in try db.rows(
            "SELECT * FROM releases WHERE site = ? AND state <> 'removed' ORDER BY published_at DESC, id",
            [site.text])
        {
            let record = try ReleaseRecord(row: row)
            rows.releases.append(record)
            let lifetime: Int64 = row["lifetime_ms"]
            if lifetime > 0 { rows.lifetimes[record.id] = .milliseconds(lifetime) }
        }
        rows.rollouts = try db.rows(
            """
            SELECT * FROM rollouts WHERE site = ? AND phase IN ('preparing', 'overlapping', 'draining') ORDER BY number
            """, [site.text]
        ).map(RolloutRecord.init(row:))
        rows.drains = try db.rows(
            "SELECT * FROM drains WHERE site = ? ORDER BY began_at, release", [site.text]
        ).map { row in
            DrainRecord(
                release: try row.release("release"), rollout: row["rollout"], beganAt: row.time("began_at"),
                quietFrom: row.time("quiet_from"), cachedUntil: row.time("cached_until"))
        }
        for drain in rows.drains { rows.need[drain.release] = try need(db, of: drain.release) }
        rows.counters = try counterHealth(db)
        rows.nextRollout = try (Int64.fetchOne(db.cachedStatement(sql: "SELECT max(number) FROM rollouts")) ?? 0) + 1
        rows.version = try contentVersion(db)
        return rows
    }

    private static func apply(_ db: Database, _ change: SiteChange, site: SiteName, now: Timestamp) throws {
        switch change {
        case .rollout(let rollout): try write(db, rollout)
        case .state(let id, let state): try move(db, site, id, to: state, at: now)
        case .rejected(let id, let isRejected):
            try db.cachedStatement(sql: "UPDATE releases SET was_rejected = ? WHERE site = ? AND id = ?")
                .execute(arguments: [isRejected, site.text, id.hex])
        case .drain(let drain):
            try db.cachedStatement(
                sql: """
                    INSERT INTO drains (site, release, rollout, began_at, quiet_from, cached_until) VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (site, release) DO UPDATE SET rollout = excluded.rollout, began_at = excluded.began_at,
                      quiet_from = excluded.quiet_from, cached_until = excluded.cached_until
                    """
            ).execute(arguments: [
                site.text, drain.release.hex, drain.rollout, drain.beganAt.milliseconds, drain.quietFrom.milliseconds,
                drain.cachedUntil.milliseconds,
            ])
        case .endDrain(let id):
            try db.cachedStatement(sql: "DELETE FROM drains WHERE site = ? AND release = ?").execute(arguments: [site.text, id.hex])
        case .lifetime(let id, let lifetime):
            try db.cachedStatement(sql: "UPDATE releases SET lifetime_ms = max(lifetime_ms, ?) WHERE site = ? AND id = ?")
                .execute(arguments: [lifetime.wholeMilliseconds, site.text, id.hex])
        case .event(let event): try record(db, event)
        }
    }

    private static func write(_ db: Database, _ rollout: RolloutRecord) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO rollouts (number, site, from_release, to_release, phase, steps, step, is_held, is_rollback, started_at,
                  phase_at, step_at, reason)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (number) DO UPDATE SET phase = excluded.phase, steps = excluded.steps, step = excluded.step,
                  is_held = excluded.is_held, phase_at = excluded.phase_at, step_at = excluded.step_at, reason = excluded.reason
                """
        ).execute(arguments: [
            rollout.number, rollout.site.text, rollout.from?.hex, rollout.to.hex, rollout.phase.rawValue,
            rollout.steps.map { String($0.basisPoints) }.joined(separator: ","), rollout.step, rollout.isHeld, rollout.isRollback,
            rollout.startedAt.milliseconds, rollout.phaseAt.milliseconds, rollout.stepAt.milliseconds, rollout.reason,
        ])
    }
}
