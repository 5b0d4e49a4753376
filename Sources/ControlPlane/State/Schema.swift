import GRDB
import Model

/// The tables, and how a database gets from any earlier version to this one.
///
/// Migrations are numbered and only ever expand, so that the binary before still works on the result (upgrade trials,
/// rolling clusters); what is to go away goes one version later. The `schema` row carries the version, and the lowest
/// version of a binary that may still use the database: an older one refuses instead of guessing.
enum Schema {
    struct Migration {
        var version: Int
        /// The lowest schema version a binary must know to use the database afterwards.
        var lowest: Int
        var sql: String
    }

    static let migrations: [Migration] = [
        Migration(version: 1, lowest: 1, sql: first),
        // When a publish last gave a release that was there: its age counts from then, and `published_at` stays the first.
        Migration(version: 2, lowest: 1, sql: "ALTER TABLE releases ADD COLUMN republished_at INTEGER"),
        // Contents as deltas to others.
        Migration(
            version: 3, lowest: 1,
            sql: """
                CREATE TABLE deltas (
                    source BLOB NOT NULL, dictionary BLOB NOT NULL, blob BLOB NOT NULL, size INTEGER NOT NULL,
                    PRIMARY KEY (source, dictionary)
                ) WITHOUT ROWID
                """),
        // Servers that a release brings: lines of name, space and URL.
        Migration(version: 4, lowest: 1, sql: "ALTER TABLE releases ADD COLUMN backends TEXT"),
    ]

    static var supported: Int { migrations.last?.version ?? 0 }

    /// Brings the database up to date within the caller's write transaction: the lock under which two starters take turns.
    static func migrate(_ db: Database, path: String, through migrations: [Migration] = Schema.migrations) throws {
        let supported = migrations.last?.version ?? 0
        var found = 0
        if try db.tableExists("schema") {
            guard let row = try Row.fetchOne(db, sql: "SELECT version, lowest FROM schema WHERE id = 1") else {
                throw StateError.corrupt(path: path, reason: "its schema row is missing")
            }
            found = row["version"]
            let lowest: Int = row["lowest"]
            if lowest > supported { throw StateError.newerSchema(found: found, lowest: lowest, supported: supported) }
        } else if try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") != 0 {
            throw StateError.corrupt(path: path, reason: "it holds tables that are not Tandem's")
        }
        for migration in migrations where migration.version > found {
            try db.execute(sql: migration.sql)
            try db.execute(
                sql: """
                    INSERT INTO schema (id, version, lowest) VALUES (1, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET version = excluded.version, lowest = excluded.lowest
                    """, arguments: [migration.version, migration.lowest])
        }
    }

    /// Times are milliseconds since 1970, release ids 64 digits, content digests 32 bytes.
    private static let first = """
        CREATE TABLE schema (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, lowest INTEGER NOT NULL);

        -- Counts the changes that a serving snapshot has to follow.
        CREATE TABLE content (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL);
        INSERT INTO content (id, version) VALUES (1, 0);

        CREATE TABLE sites (name TEXT PRIMARY KEY, created_at INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE releases (
            site TEXT NOT NULL REFERENCES sites (name), id TEXT NOT NULL, state TEXT NOT NULL, label TEXT,
            is_protected INTEGER NOT NULL, is_assets_only INTEGER NOT NULL, was_rejected INTEGER NOT NULL,
            file_count INTEGER NOT NULL, content_bytes INTEGER NOT NULL, published_at INTEGER NOT NULL,
            current_at INTEGER, left_at INTEGER, has_service_worker INTEGER NOT NULL,
            -- The longest max-age + stale-while-revalidate its documents were served with.
            lifetime_ms INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (site, id)
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX one_current_release ON releases (site) WHERE state = 'current';

        -- A release may be published again under another label: every label goes on naming it.
        CREATE TABLE labels (
            site TEXT NOT NULL, label TEXT NOT NULL, release TEXT NOT NULL, PRIMARY KEY (site, label),
            FOREIGN KEY (site, release) REFERENCES releases (site, id)
        ) WITHOUT ROWID;

        CREATE TABLE rollouts (
            number INTEGER PRIMARY KEY AUTOINCREMENT, site TEXT NOT NULL, from_release TEXT, to_release TEXT NOT NULL,
            phase TEXT NOT NULL, steps TEXT NOT NULL, step INTEGER NOT NULL, is_held INTEGER NOT NULL,
            is_rollback INTEGER NOT NULL, started_at INTEGER NOT NULL, phase_at INTEGER NOT NULL, step_at INTEGER NOT NULL,
            reason TEXT NOT NULL,
            FOREIGN KEY (site, from_release) REFERENCES releases (site, id),
            FOREIGN KEY (site, to_release) REFERENCES releases (site, id)
        );
        CREATE UNIQUE INDEX one_moving_rollout ON rollouts (site) WHERE phase IN ('preparing', 'overlapping');
        CREATE INDEX rollouts_not_over ON rollouts (site) WHERE phase IN ('preparing', 'overlapping', 'draining');

        CREATE TABLE drains (
            site TEXT NOT NULL, release TEXT NOT NULL, rollout INTEGER, began_at INTEGER NOT NULL,
            quiet_from INTEGER NOT NULL, cached_until INTEGER NOT NULL, PRIMARY KEY (site, release),
            FOREIGN KEY (site, release) REFERENCES releases (site, id)
        ) WITHOUT ROWID;

        CREATE TABLE events (
            number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, site TEXT NOT NULL, release TEXT, rollout INTEGER,
            kind TEXT NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL
        );
        CREATE INDEX events_of_site ON events (site, number);

        CREATE TABLE encodings (
            source BLOB NOT NULL, coding INTEGER NOT NULL, blob BLOB NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (source, coding)
        ) WITHOUT ROWID;

        CREATE TABLE need (
            release TEXT PRIMARY KEY, last_at INTEGER NOT NULL, requests INTEGER NOT NULL, sketch BLOB NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE need_windows (
            release TEXT NOT NULL, minute INTEGER NOT NULL, requests INTEGER NOT NULL, sketch BLOB NOT NULL,
            last_at INTEGER NOT NULL, PRIMARY KEY (release, minute)
        ) WITHOUT ROWID;
        CREATE TABLE need_names (
            release TEXT NOT NULL, name TEXT NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY (release, name)
        ) WITHOUT ROWID;

        -- When a node last wrote its counters, and since when it has done so without a gap.
        CREATE TABLE counters (
            node TEXT PRIMARY KEY, recorded_at INTEGER NOT NULL, since INTEGER NOT NULL, is_closed INTEGER NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE leases (
            duty TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at INTEGER NOT NULL, fence INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE nodes (id TEXT PRIMARY KEY, seen_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE publishes (
            id TEXT PRIMARY KEY, site TEXT NOT NULL, started_at INTEGER NOT NULL, seen_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        """
}
