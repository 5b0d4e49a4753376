import Foundation
import GRDB
import Model

extension StateDatabase {
    /// Records which blobs hold contents as deltas. The first recorded wins: every node uses that one.
    package func recordDeltas(_ deltas: [DeltaRecord]) throws(StateError) {
        try write { db in
            let insert = try db.cachedStatement(
                sql: "INSERT INTO deltas (source, dictionary, blob, size) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
            var new = 0
            for delta in deltas {
                try insert.execute(arguments: [
                    delta.source.data, delta.dictionary.data, delta.blob.data, Int64(clamping: delta.size),
                ])
                new += db.changesCount
            }
            if new > 0 { try Self.contentChanged(db) }
        }
    }

    /// The deltas of these contents.
    package func deltas(for sources: [ContentDigest]) throws(StateError) -> [DeltaRecord] {
        try read { db in
            let select = try db.cachedStatement(sql: "SELECT * FROM deltas WHERE source = ? ORDER BY dictionary")
            var found: [DeltaRecord] = []
            for source in sources {
                let rows = try Row.fetchCursor(select, arguments: [source.data])
                while let row = try rows.next() { found.append(try DeltaRecord(row: row)) }
            }
            return found
        }
    }

    /// Every delta, by source.
    package func deltas() throws(StateError) -> [DeltaRecord] {
        try read { try Self.deltas($0) }
    }

    static func deltas(_ db: Database) throws -> [DeltaRecord] {
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM deltas ORDER BY source, dictionary")
        var found: [DeltaRecord] = []
        while let row = try rows.next() { found.append(try DeltaRecord(row: row)) }
        return found
    }
}

extension ExclusiveState {
    package func deltas() throws -> [DeltaRecord] { try StateDatabase.deltas(db) }

    /// Forgets deltas whose content, dictionary or blob is gone or damaged.
    package func forget(_ deltas: [DeltaRecord]) throws {
        let delete = try db.cachedStatement(sql: "DELETE FROM deltas WHERE source = ? AND dictionary = ?")
        for delta in deltas { try delete.execute(arguments: [delta.source.data, delta.dictionary.data]) }
        if !deltas.isEmpty { try StateDatabase.contentChanged(db) }
    }
}
