import GRDB
import Model

// A duty (`rollout:shop`, `dataset:planet`, `gc`) is done by one holder at a time. Taking it over raises the fencing number,
// and every write that carries a lower one is refused: a holder that was paused for an hour cannot write when it wakes up.

extension StateDatabase {
    /// Takes the duty if it is free, has expired, or was `holder`'s already.
    ///
    /// The same holder gets a new fencing number too: after a crash the process before may still be on its way out.
    /// - Throws: `leaseHeld` while another holder has it.
    package func acquireLease(_ duty: String, holder: String, now: Timestamp, lasting: Duration) throws(StateError) -> Lease {
        try write { db in
            let present = try Self.lease(db, duty)
            if let present, present.holder != holder, present.expiresAt > now {
                throw StateError.leaseHeld(duty: duty, by: present.holder, until: present.expiresAt)
            }
            let lease = Lease(duty: duty, holder: holder, expiresAt: now + lasting, fence: (present?.fence ?? 0) + 1)
            try db.execute(
                sql: """
                    INSERT INTO leases (duty, holder, expires_at, fence) VALUES (?, ?, ?, ?)
                    ON CONFLICT (duty) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at, fence = excluded.fence
                    """, arguments: [duty, holder, lease.expiresAt.milliseconds, lease.fence])
            return lease
        }
    }

    /// Keeps the lease for longer; the fencing number stays.
    /// - Throws: `leaseLost` if somebody has taken it over.
    package func renewLease(_ lease: Lease, now: Timestamp, lasting: Duration) throws(StateError) -> Lease {
        try write { db in
            try Self.verify(db, lease)
            var renewed = lease
            renewed.expiresAt = now + lasting
            try db.execute(
                sql: "UPDATE leases SET expires_at = ? WHERE duty = ?", arguments: [renewed.expiresAt.milliseconds, lease.duty])
            return renewed
        }
    }

    /// Gives the duty back. Nothing happens if it was lost already. The row stays, so that fencing numbers never repeat.
    package func releaseLease(_ lease: Lease, now: Timestamp) throws(StateError) {
        try write { db in
            try db.execute(
                sql: "UPDATE leases SET expires_at = ? WHERE duty = ? AND fence = ?",
                arguments: [now.milliseconds, lease.duty, lease.fence])
        }
    }

    package func lease(_ duty: String) throws(StateError) -> Lease? {
        try read { try Self.lease($0, duty) }
    }

    private static func lease(_ db: Database, _ duty: String) throws -> Lease? {
        try db.row("SELECT * FROM leases WHERE duty = ?", [duty]).map { row in
            Lease(duty: row["duty"], holder: row["holder"], expiresAt: row.time("expires_at"), fence: row["fence"])
        }
    }

    /// Only the fencing number counts: a lease that expired and was taken by nobody still keeps its holder's writes in order.
    static func verify(_ db: Database, _ lease: Lease?) throws {
        guard let lease else { return }
        let row = try db.row("SELECT fence FROM leases WHERE duty = ?", [lease.duty])
        guard row?["fence"] == lease.fence else { throw StateError.leaseLost(duty: lease.duty) }
    }

    /// Says that the node is alive.
    package func seeNode(_ id: String, now: Timestamp) throws(StateError) {
        try write { db in
            try db.execute(
                sql: "INSERT INTO nodes (id, seen_at) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at",
                arguments: [id, now.milliseconds])
        }
    }

    /// Every node that was ever seen, with when it was last.
    package func nodes() throws(StateError) -> [(id: String, seenAt: Timestamp)] {
        try read { db in
            try db.rows("SELECT id, seen_at FROM nodes ORDER BY id").map { ($0["id"], $0.time("seen_at")) }
        }
    }
}
