import GRDB
import Model

extension StateDatabase {
    /// Makes the site known; does nothing if it is.
    package func ensureSite(_ site: SiteName, now: Timestamp) throws(StateError) {
        try write { try Self.ensureSite($0, site, now: now) }
    }

    static func ensureSite(_ db: Database, _ site: SiteName, now: Timestamp) throws {
        try db.execute(
            sql: "INSERT INTO sites (name, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
            arguments: [site.text, now.milliseconds])
    }

    /// Every site that was ever known, by name.
    package func sites() throws(StateError) -> [SiteName] {
        try read { try $0.rows("SELECT name FROM sites ORDER BY name").map { try $0.site("name") } }
    }

    /// The site's releases, newest first; without removed ones unless asked.
    package func releases(_ site: SiteName, includingRemoved: Bool = false) throws(StateError) -> [ReleaseRecord] {
        try read { try Self.releases($0, site, includingRemoved: includingRemoved) }
    }

    static func releases(_ db: Database, _ site: SiteName, includingRemoved: Bool = false) throws -> [ReleaseRecord] {
        try db.rows(
            """
            SELECT * FROM releases WHERE site = ? \(includingRemoved ? "" : "AND state <> 'removed'")
            ORDER BY published_at DESC, id
            """, [site.text]
        ).map(ReleaseRecord.init(row:))
    }

    /// The releases of all sites that are not removed. Revoked ones are among them.
    package func releases() throws(StateError) -> [ReleaseRecord] {
        try read { try Self.releases($0) }
    }

    static func releases(_ db: Database) throws -> [ReleaseRecord] {
        try db.rows("SELECT * FROM releases WHERE state <> 'removed' ORDER BY site, published_at DESC, id")
            .map(ReleaseRecord.init(row:))
    }

    /// The release, removed or not; nil if the site never had it.
    package func release(_ site: SiteName, _ id: ReleaseID) throws(StateError) -> ReleaseRecord? {
        try read { try Self.release($0, site, id) }
    }

    static func release(_ db: Database, _ site: SiteName, _ id: ReleaseID) throws -> ReleaseRecord? {
        try db.row("SELECT * FROM releases WHERE site = ? AND id = ?", [site.text, id.hex])
            .map(ReleaseRecord.init(row:))
    }

    /// The release that a label, an id or a unique prefix of at least 12 digits of it means.
    /// - Throws: `referenceTooShort`, `ambiguous`, or `notFound` (which tells a release that was removed).
    package func find(_ site: SiteName, _ reference: String) throws(StateError) -> ReleaseRecord {
        try read { db in
            if let id = try Self.labelled(db, site, reference), let record = try Self.release(db, site, id) { return record }
            let isPrefix = !reference.isEmpty && reference.utf8.allSatisfy(Label.isHexadecimal)
            guard isPrefix else { throw StateError.notFound(reference: reference, site: site, removed: nil) }
            guard reference.utf8.count >= ReleaseID.shortCount else { throw StateError.referenceTooShort(reference) }
            let prefix = reference.lowercased()
            let matches = try db.rows(
                "SELECT * FROM releases WHERE site = ? AND id >= ? AND id < ? ORDER BY id",
                [site.text, prefix, prefix + "g"]
            ).map(ReleaseRecord.init(row:))
            let present = matches.filter { $0.state != .removed }
            if present.count > 1 { throw StateError.ambiguous(reference: reference, candidates: present.map(\.id)) }
            guard let found = present.first else {
                throw StateError.notFound(reference: reference, site: site, removed: matches.first?.id)
            }
            return found
        }
    }

    static func labelled(_ db: Database, _ site: SiteName, _ label: String) throws -> ReleaseID? {
        try db.row("SELECT release FROM labels WHERE site = ? AND label = ?", [site.text, label])?
            .release("release")
    }

    /// Moves one release along `ReleaseState.mayBecome` and records why. Being in the state already is no change.
    ///
    /// For what stands by itself (removal, revocation); the moves of a rollout go through `updateSite`.
    /// - Throws: `notFound`, `illegalTransition`; `refused` for removing a protected release.
    package func transition(_ site: SiteName, _ id: ReleaseID, to state: ReleaseState, event: Event) throws(StateError) {
        try write { db in
            guard try Self.move(db, site, id, to: state, at: event.at) else { return }
            try Self.record(db, event)
            try Self.contentChanged(db)
        }
    }

    /// - Returns: whether anything changed.
    @discardableResult
    static func move(_ db: Database, _ site: SiteName, _ id: ReleaseID, to state: ReleaseState, at now: Timestamp) throws -> Bool {
        guard let record = try release(db, site, id) else {
            throw StateError.notFound(reference: id.short, site: site, removed: nil)
        }
        if record.state == state { return false }
        let moved = try record.moved(to: state, at: now)
        try db.cachedStatement(sql: "UPDATE releases SET state = ?, current_at = ?, left_at = ? WHERE site = ? AND id = ?")
            .execute(arguments: [
                state.rawValue, moved.currentAt?.milliseconds, moved.leftAt?.milliseconds, site.text, id.hex,
            ])
        if state == .removed {
            try forgetNeed(db, of: id)
            try db.execute(sql: "DELETE FROM labels WHERE site = ? AND release = ?", arguments: [site.text, id.hex])
        }
        if state == .removed || state == .revoked {
            try db.execute(sql: "DELETE FROM drains WHERE site = ? AND release = ?", arguments: [site.text, id.hex])
        }
        return true
    }

    /// Retention passes over a protected release.
    package func setProtected(_ site: SiteName, _ id: ReleaseID, _ isProtected: Bool, event: Event) throws(StateError) {
        try write { db in
            guard let record = try Self.release(db, site, id), record.state != .removed else {
                throw StateError.notFound(reference: id.short, site: site, removed: nil)
            }
            if record.isProtected == isProtected { return }
            try db.execute(
                sql: "UPDATE releases SET is_protected = ? WHERE site = ? AND id = ?",
                arguments: [isProtected, site.text, id.hex])
            try Self.record(db, event)
            try Self.contentChanged(db)
        }
    }
}
