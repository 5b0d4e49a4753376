import Foundation
import GRDB
import Model

// Rows of the database to values of the model and back. A row that does not parse was not written by us: `corrupt`.

func unreadable(_ what: String, _ value: String) -> StateError {
    .corrupt(path: "state", reason: "\(what) '\(value)' is not one")
}

extension Database {
    /// Fetches by a statement that is compiled once a connection.
    func rows(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> [Row] {
        try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments)
    }

    func row(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Row? {
        try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments)
    }
}

extension Row {
    func time(_ column: String) -> Timestamp { Timestamp(milliseconds: self[column]) }

    func optionalTime(_ column: String) -> Timestamp? {
        (self[column] as Int64?).map { Timestamp(milliseconds: $0) }
    }

    func release(_ column: String) throws -> ReleaseID {
        let text: String = self[column]
        guard let id = ReleaseID(hex: text) else { throw unreadable("release id", text) }
        return id
    }

    func optionalRelease(_ column: String) throws -> ReleaseID? {
        try (self[column] as String?) == nil ? nil : release(column)
    }

    func site(_ column: String = "site") throws -> SiteName {
        let text: String = self[column]
        guard let site = SiteName(text) else { throw unreadable("site name", text) }
        return site
    }

    func word<Word: RawRepresentable<String>>(_ column: String, as type: Word.Type = Word.self) throws -> Word {
        let text: String = self[column]
        guard let word = Word(rawValue: text) else { throw unreadable(column, text) }
        return word
    }

    func digest(_ column: String) throws -> ContentDigest {
        try withUnsafeData(named: column) { data in
            guard let data, data.count == ContentDigest.byteCount else { throw unreadable("digest", column) }
            return data.withUnsafeBytes { ContentDigest(bytes: $0) }
        }
    }
}

extension ContentDigest {
    var data: Data { withBytes { Data($0) } }
}

extension ClientSketch {
    /// Little-endian words.
    var data: Data {
        var data = Data(capacity: words.count * 8)
        for word in words { withUnsafeBytes(of: word.littleEndian) { data.append(contentsOf: $0) } }
        return data
    }

    init(data: Data) throws {
        guard data.count == Self.wordCount * 8 else { throw unreadable("client sketch", "\(data.count) bytes") }
        let words = data.withUnsafeBytes { raw in
            (0..<Self.wordCount).map { UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
        guard let sketch = ClientSketch(words: words) else { throw unreadable("client sketch", "\(words.count) words") }
        self = sketch
    }
}

extension ReleaseRecord {
    init(row: Row) throws {
        self.init(
            site: try row.site(), id: try row.release("id"), state: try row.word("state"), label: row["label"],
            isProtected: row["is_protected"], isAssetsOnly: row["is_assets_only"], wasRejected: row["was_rejected"],
            fileCount: row["file_count"], contentBytes: UInt64(clamping: row["content_bytes"] as Int64),
            publishedAt: row.time("published_at"), republishedAt: row.optionalTime("republished_at"),
            currentAt: row.optionalTime("current_at"), leftAt: row.optionalTime("left_at"),
            hasServiceWorker: row["has_service_worker"], backends: try ReleaseBackend.list(row["backends"]))
    }
}

extension ReleaseBackend {
    /// As the column has them; nil: none.
    static func text(_ backends: [ReleaseBackend]?) -> String? {
        backends.flatMap { $0.isEmpty ? nil : $0.map { "\($0.name) \($0.url)" }.joined(separator: "\n") }
    }

    static func list(_ text: String?) throws -> [ReleaseBackend]? {
        try text?.split(separator: "\n").map { line in
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { throw unreadable("backend", String(line)) }
            return ReleaseBackend(name: String(parts[0]), url: String(parts[1]))
        }
    }
}

extension RolloutRecord {
    init(row: Row) throws {
        let written: String = row["steps"]
        let steps = written.split(separator: ",").compactMap { Int($0) }.map(Share.init(basisPoints:))
        let step: Int = row["step"]
        guard steps.indices.contains(step) else { throw unreadable("step", "\(step) of \(written)") }
        self.init(
            number: row["number"], site: try row.site(), from: try row.optionalRelease("from_release"),
            to: try row.release("to_release"), phase: try row.word("phase"), steps: steps, step: step, isHeld: row["is_held"],
            isRollback: row["is_rollback"], startedAt: row.time("started_at"), phaseAt: row.time("phase_at"),
            stepAt: row.time("step_at"), reason: row["reason"])
    }
}

extension Event {
    init(row: Row) throws {
        self.init(
            number: row["number"], at: row.time("at"), site: try row.site(), release: try row.optionalRelease("release"),
            rollout: row["rollout"], kind: row["kind"], actor: row["actor"], reason: row["reason"])
    }
}

extension DeltaRecord {
    init(row: Row) throws {
        self.init(
            source: try row.digest("source"), dictionary: try row.digest("dictionary"), blob: try row.digest("blob"),
            size: UInt64(clamping: row["size"] as Int64))
    }
}

extension EncodingRecord {
    init(row: Row) throws {
        let number: Int = row["coding"]
        guard let coding = Coding(rawValue: UInt8(clamping: number)) else { throw unreadable("coding", "\(number)") }
        self.init(
            source: try row.digest("source"), coding: coding, blob: try row.digest("blob"),
            size: UInt64(clamping: row["size"] as Int64))
    }
}
