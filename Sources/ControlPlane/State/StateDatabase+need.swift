import Foundation
import GRDB
import Model

/// The requests of one minute that only one release could answer.
package struct NeedWindow: Hashable, Sendable {
    /// Minutes since 1970.
    package var minute: Int64
    package var requests: UInt64
    package var sketch: ClientSketch
    package var lastAt: Timestamp

    package init(minute: Int64, requests: UInt64, sketch: ClientSketch, lastAt: Timestamp) {
        self.minute = minute
        self.requests = requests
        self.sketch = sketch
        self.lastAt = lastAt
    }
}

/// What is known of the need for one release, summed over nodes.
package struct ReleaseNeed: Hashable, Sendable {
    package var release: ReleaseID
    package var lastAt: Timestamp
    /// Requests and clients since it was published.
    package var requests: UInt64
    package var sketch: ClientSketch
    /// The latest names asked for, newest last; at most 16 are kept.
    package var names: [String]
    /// By minute, oldest first.
    package var windows: [NeedWindow]

    package init(
        release: ReleaseID, lastAt: Timestamp, requests: UInt64, sketch: ClientSketch, names: [String], windows: [NeedWindow]
    ) {
        self.release = release
        self.lastAt = lastAt
        self.requests = requests
        self.sketch = sketch
        self.names = names
        self.windows = windows
    }
}

/// Since when the counters of need have been written without a gap.
package struct CounterHealth: Hashable, Sendable {
    package var recordedAt: Timestamp
    package var since: Timestamp

    package init(recordedAt: Timestamp, since: Timestamp) {
        self.recordedAt = recordedAt
        self.since = since
    }
}

/// Time between two writes of the counters that cannot be accounted for.
package struct CounterGap: Hashable, Sendable {
    /// What the clock says passed; negative if it went back.
    package var clockMoved: Duration
    /// Another process counted before: time did pass while none ran.
    package var isRestart: Bool

    package init(clockMoved: Duration, isRestart: Bool) {
        self.clockMoved = clockMoved
        self.isRestart = isRestart
    }
}

extension StateDatabase {
    /// How long the counters may go unwritten before the time in between counts as missing data.
    package static let counterTolerance = Duration.seconds(120)
    private static let namesKept = 16
    private static let millisecondsPerMinute: Int64 = 60_000

    /// Says that a process begins to count for `node`.
    /// - Returns: the gap since the process before, if that did not close its counters within `counterTolerance`.
    package func openCounters(node: String, now: Timestamp) throws(StateError) -> CounterGap? {
        try write { try Self.touchCounters($0, node: node, now: now, opens: true) }
    }

    /// Says that the process has written its last counts: a successor that follows soon leaves no gap.
    package func closeCounters(node: String, now: Timestamp) throws(StateError) {
        try write { db in
            try db.execute(
                sql: "UPDATE counters SET is_closed = 1, recorded_at = ? WHERE node = ?", arguments: [now.milliseconds, node])
        }
    }

    /// Adds what was counted since the last call. Call it every few seconds, also with nothing to add: silence is missing data.
    /// - Parameter windowsKept: for how long need is kept by the minute: the longest `quiet`.
    /// - Returns: the gap since the last call, if there was one.
    @discardableResult
    package func recordNeed(
        _ observed: [ObservedNeed], now: Timestamp, node: String = "local", windowsKept: Duration = .seconds(86_400)
    ) throws(StateError) -> CounterGap? {
        try write { db in
            let gap = try Self.touchCounters(db, node: node, now: now, opens: false)
            // The last counts of a release come after its removal, which forgot what was known of it.
            for need in observed where try Self.isKnown(db, need.release) { try Self.add(db, need) }
            if !observed.isEmpty {
                try db.cachedStatement(sql: "DELETE FROM need_windows WHERE last_at < ? OR last_at > ?").execute(arguments: [
                    (now + (.zero - windowsKept)).milliseconds, (now + windowsKept).milliseconds,
                ])
            }
            return gap
        }
    }

    private static func touchCounters(_ db: Database, node: String, now: Timestamp, opens: Bool) throws -> CounterGap? {
        let row = try db.row("SELECT * FROM counters WHERE node = ?", [node])
        var gap: CounterGap?
        if let row {
            let moved = now - row.time("recorded_at")
            let lostCounts = opens && !(row["is_closed"] as Bool)
            if lostCounts || moved > counterTolerance || moved < .zero - counterTolerance {
                gap = CounterGap(clockMoved: moved, isRestart: opens)
            }
        }
        if let gap, gap.clockMoved < .zero { try forgetFuture(db, now: now) }
        let since = gap == nil ? row?.time("since") ?? now : now
        try db.cachedStatement(
            sql: """
                INSERT INTO counters (node, recorded_at, since, is_closed) VALUES (?, ?, ?, 0)
                ON CONFLICT (node) DO UPDATE SET recorded_at = excluded.recorded_at, since = excluded.since, is_closed = 0
                """
        ).execute(arguments: [node, now.milliseconds, since.milliseconds])
        return gap
    }

    /// The clock was set back: what it had stamped ahead of now would count as need when the time comes round again. Nothing
    /// is lost by it, for quiet starts anew after a gap.
    private static func forgetFuture(_ db: Database, now: Timestamp) throws {
        try db.execute(sql: "DELETE FROM need_windows WHERE last_at > ?", arguments: [now.milliseconds])
        try db.execute(sql: "UPDATE need SET last_at = ?1 WHERE last_at > ?1", arguments: [now.milliseconds])
        try db.execute(sql: "UPDATE need_names SET last_at = ?1 WHERE last_at > ?1", arguments: [now.milliseconds])
    }

    private static func isKnown(_ db: Database, _ release: ReleaseID) throws -> Bool {
        try db.row("SELECT 1 FROM releases WHERE id = ? AND state <> 'removed' LIMIT 1", [release.hex]) != nil
    }

    /// A release was removed: nothing will ask for its need. Rows stay while another site has it.
    static func forgetNeed(_ db: Database, of release: ReleaseID) throws {
        if try isKnown(db, release) { return }
        for table in ["need", "need_windows", "need_names"] {
            try db.cachedStatement(sql: "DELETE FROM \(table) WHERE release = ?").execute(arguments: [release.hex])
        }
    }

    private static func add(_ db: Database, _ need: ObservedNeed) throws {
        let id = need.release.hex
        let minute = need.lastAt.milliseconds / millisecondsPerMinute
        var total = need.sketch
        if let row = try db.row("SELECT sketch FROM need WHERE release = ?", [id]) {
            total.formUnion(try ClientSketch(data: row["sketch"]))
        }
        try db.cachedStatement(
            sql: """
                INSERT INTO need (release, last_at, requests, sketch) VALUES (?, ?, ?, ?)
                ON CONFLICT (release) DO UPDATE SET last_at = excluded.last_at, requests = requests + excluded.requests,
                  sketch = excluded.sketch
                """
        ).execute(arguments: [id, need.lastAt.milliseconds, Int64(clamping: need.requests), total.data])
        var window = need.sketch
        let present = try db.row("SELECT sketch FROM need_windows WHERE release = ? AND minute = ?", [id, minute])
        if let present { window.formUnion(try ClientSketch(data: present["sketch"])) }
        try db.cachedStatement(
            sql: """
                INSERT INTO need_windows (release, minute, requests, sketch, last_at) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (release, minute) DO UPDATE SET requests = requests + excluded.requests, sketch = excluded.sketch,
                  last_at = max(last_at, excluded.last_at)
                """
        ).execute(arguments: [id, minute, Int64(clamping: need.requests), window.data, need.lastAt.milliseconds])
        for name in need.names.suffix(namesKept) {
            try db.cachedStatement(
                sql: """
                    INSERT INTO need_names (release, name, last_at) VALUES (?, ?, ?)
                    ON CONFLICT (release, name) DO UPDATE SET last_at = excluded.last_at
                    """
            ).execute(arguments: [id, name, need.lastAt.milliseconds])
        }
        if !need.names.isEmpty {
            try db.cachedStatement(
                sql: """
                    DELETE FROM need_names WHERE release = ?1 AND name NOT IN
                      (SELECT name FROM need_names WHERE release = ?1 ORDER BY last_at DESC, name LIMIT \(namesKept))
                    """
            ).execute(arguments: [id])
        }
    }

    /// The need for each release of the site that is not removed and was ever needed, by release.
    package func need(_ site: SiteName) throws(StateError) -> [ReleaseNeed] {
        try read { db in
            try Self.releases(db, site).map(\.id).sorted().compactMap { try Self.need(db, of: $0) }
        }
    }

    static func need(_ db: Database, of release: ReleaseID) throws -> ReleaseNeed? {
        let id = release.hex
        guard let row = try db.row("SELECT * FROM need WHERE release = ?", [id]) else { return nil }
        let names = try db.rows("SELECT name FROM need_names WHERE release = ? ORDER BY last_at, name DESC", [id])
            .map { $0["name"] as String }
        let windows = try db.rows(
            "SELECT * FROM need_windows WHERE release = ? ORDER BY minute", [id]
        ).map { row in
            NeedWindow(
                minute: row["minute"], requests: UInt64(clamping: row["requests"] as Int64),
                sketch: try ClientSketch(data: row["sketch"]), lastAt: row.time("last_at"))
        }
        return ReleaseNeed(
            release: release, lastAt: row.time("last_at"), requests: UInt64(clamping: row["requests"] as Int64),
            sketch: try ClientSketch(data: row["sketch"]), names: names, windows: windows)
    }

    /// The counters of all nodes taken together: as good as the worst of them. Nil before any were written.
    package func counterHealth() throws(StateError) -> CounterHealth? {
        try read { try Self.counterHealth($0) }
    }

    static func counterHealth(_ db: Database) throws -> CounterHealth? {
        let row = try db.row("SELECT min(recorded_at) AS recorded_at, max(since) AS since FROM counters")
        guard let row, let recordedAt = row.optionalTime("recorded_at") else { return nil }
        return CounterHealth(recordedAt: recordedAt, since: row.time("since"))
    }
}
