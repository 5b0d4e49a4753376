import GRDB
import Model

/// A publish that has begun and neither made its release nor given up.
package struct OpenPublish: Hashable, Sendable {
    package var id: String
    package var site: SiteName
    package var startedAt: Timestamp
    package var seenAt: Timestamp
}

/// What came of publishing a release.
package enum MadeRelease: Hashable, Sendable {
    case made(ReleaseRecord)
    /// It had been removed; its bytes are back and it is published anew.
    case revived(ReleaseRecord)
    /// The same input gives the same release: it was there and stays as it is.
    case present(ReleaseRecord)

    package var record: ReleaseRecord {
        switch self {
        case .made(let record), .revived(let record), .present(let record): record
        }
    }
}

extension StateDatabase {
    /// Announces a publish, so that `gc` spares its blobs and serving knows that a name may be on its way.
    package func beginPublish(_ id: String, site: SiteName, now: Timestamp) throws(StateError) {
        try write { db in
            try Self.ensureSite(db, site, now: now)
            try db.execute(
                sql: """
                    INSERT INTO publishes (id, site, started_at, seen_at) VALUES (?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
                    """, arguments: [id, site.text, now.milliseconds, now.milliseconds])
            try Self.contentChanged(db)
        }
    }

    /// Says that the publish is alive: every few seconds while it lasts.
    /// - Throws: `publishNotOpen` if it was ended meanwhile.
    package func heartbeatPublish(_ id: String, now: Timestamp) throws(StateError) {
        try write { db in
            try db.execute(sql: "UPDATE publishes SET seen_at = ? WHERE id = ?", arguments: [now.milliseconds, id])
            if db.changesCount == 0 { throw StateError.publishNotOpen(id) }
        }
    }

    /// Gives the publish up. Nothing happens if it is not open.
    package func endPublish(_ id: String) throws(StateError) {
        try write { try Self.endPublish($0, id) }
    }

    static func endPublish(_ db: Database, _ id: String) throws {
        try db.execute(sql: "DELETE FROM publishes WHERE id = ?", arguments: [id])
        if db.changesCount > 0 { try contentChanged(db) }
    }

    /// The publishes that gave a sign of life within `staleAfter`, oldest first.
    package func openPublishes(now: Timestamp, staleAfter: Duration) throws(StateError) -> [OpenPublish] {
        try read { try Self.openPublishes($0, now: now, staleAfter: staleAfter) }
    }

    static func openPublishes(_ db: Database, now: Timestamp, staleAfter: Duration) throws -> [OpenPublish] {
        try Row.fetchAll(db, sql: "SELECT * FROM publishes ORDER BY started_at, id").map { row in
            OpenPublish(id: row["id"], site: try row.site(), startedAt: row.time("started_at"), seenAt: row.time("seen_at"))
        }.filter { now - $0.seenAt <= staleAfter }
    }

    /// Forgets the publishes that gave no sign of life for `staleAfter`. Their blobs are `gc`'s when they are old enough.
    package func forgetStalePublishes(now: Timestamp, staleAfter: Duration) throws(StateError) {
        try write { db in
            try db.execute(
                sql: "DELETE FROM publishes WHERE seen_at < ?", arguments: [(now + (.zero - staleAfter)).milliseconds])
            if db.changesCount > 0 { try Self.contentChanged(db) }
        }
    }

    /// The one transaction in which a release comes to exist; it also ends the publish.
    ///
    /// `recheck` runs inside, with the write lock under which `gc` unlinks: what it finds present stays present. Its error
    /// undoes everything and is thrown as it is. The same id again is no error: a removed release is revived as published;
    /// one that is there stays as it is, but for its age, which counts from now (`republishedAt`), the new label, which names
    /// it as well, and its backends, which new ones replace.
    /// - Parameters:
    ///   - record: `state` is taken as `published`, whatever it says; `publishedAt` is the time of the event.
    ///   - encodings: of its contents. One recorded earlier stays.
    ///   - publish: the id given to `beginPublish`, which must still be open; nil for none.
    /// - Throws: `labelTaken`, `labelMalformed`, `revoked`, `publishNotOpen`, and what `recheck` throws.
    package func makeRelease(
        _ record: ReleaseRecord, encodings: [EncodingRecord] = [], publish: String? = nil, actor: String = "operator",
        recheck: () throws -> Void
    ) throws -> MadeRelease {
        try writeRethrowing { db in
            let now = record.publishedAt
            if let publish {
                let open = try Int.fetchOne(db, sql: "SELECT count(*) FROM publishes WHERE id = ?", arguments: [publish])
                guard open == 1 else { throw StateError.publishNotOpen(publish) }
            }
            try Self.ensureSite(db, record.site, now: now)
            if let label = record.label {
                guard Label.isWellFormed(label) else { throw StateError.labelMalformed(label) }
                if let holder = try Self.labelled(db, record.site, label), holder != record.id {
                    throw StateError.labelTaken(label, by: holder)
                }
            }
            try recheck()
            let outcome = try Self.make(db, record, now: now)
            if let label = record.label {
                try db.execute(
                    sql: "INSERT INTO labels (site, label, release) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    arguments: [record.site.text, label, record.id.hex])
            }
            _ = try Self.recordEncodings(db, encodings)
            if let publish { try Self.endPublish(db, publish) }
            try Self.record(
                db,
                Event(
                    at: now, site: record.site, release: record.id, kind: "published", actor: actor,
                    reason: outcome.reason(label: record.label)))
            try Self.contentChanged(db)
            return outcome
        }
    }

    private static func make(_ db: Database, _ record: ReleaseRecord, now: Timestamp) throws -> MadeRelease {
        let present = try release(db, record.site, record.id)
        var record = record
        switch present?.state {
        case nil:
            record.state = .published
            try insert(db, record)
            return .made(record)
        case .removed:
            record.state = .published
            try db.execute(
                sql: """
                    UPDATE releases SET state = 'published', label = ?, is_protected = ?, is_assets_only = ?, was_rejected = 0,
                      published_at = ?, republished_at = NULL, current_at = NULL, left_at = NULL, has_service_worker = ?, lifetime_ms = 0, backends = ?
                    WHERE site = ? AND id = ?
                    """,
                arguments: [
                    record.label, record.isProtected, record.isAssetsOnly, now.milliseconds, record.hasServiceWorker,
                    ReleaseBackend.text(record.backends), record.site.text, record.id.hex,
                ])
        case .revoked: throw StateError.revoked(record.id)
        default:
            // Published for its pages too, it may become current from now on.
            try db.execute(
                sql: """
                    UPDATE releases SET label = coalesce(?, label), republished_at = max(coalesce(republished_at, published_at), ?),
                      is_assets_only = is_assets_only AND ?, backends = coalesce(?, backends) WHERE site = ? AND id = ?
                    """,
                arguments: [
                    record.label, now.milliseconds, record.isAssetsOnly, ReleaseBackend.text(record.backends), record.site.text,
                    record.id.hex,
                ])
        }
        guard let made = try release(db, record.site, record.id) else {
            throw StateError.failed("release \(record.id) vanished while it was made")
        }
        return present?.state == .removed ? .revived(made) : .present(made)
    }

    private static func insert(_ db: Database, _ record: ReleaseRecord) throws {
        try db.execute(
            sql: """
                INSERT INTO releases (site, id, state, label, is_protected, is_assets_only, was_rejected, file_count,
                  content_bytes, published_at, current_at, left_at, has_service_worker, backends)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?, ?)
                """,
            arguments: [
                record.site.text, record.id.hex, record.state.rawValue, record.label, record.isProtected, record.isAssetsOnly,
                record.wasRejected, record.fileCount, Int64(clamping: record.contentBytes), record.publishedAt.milliseconds,
                record.hasServiceWorker, ReleaseBackend.text(record.backends),
            ])
    }
}

extension MadeRelease {
    fileprivate func reason(label: String?) -> String {
        let called = label.map { " as \($0)" } ?? ""
        return switch self {
        case .made: "new release\(called)"
        case .revived: "published again\(called) after it was removed"
        case .present: "published again\(called): it was there"
        }
    }
}
