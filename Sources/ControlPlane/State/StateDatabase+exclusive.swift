import Foundation
import GRDB
import Model

/// The state as it stands while nobody else can change it.
///
/// `gc` lists here what is live and unlinks before it returns: no release can come to exist between the two.
package struct ExclusiveState {
    let db: Database

    /// The releases of all sites that are not removed.
    package func releases() throws -> [ReleaseRecord] { try StateDatabase.releases(db) }

    package func encodings() throws -> [EncodingRecord] { try StateDatabase.encodings(db) }

    package func openPublishes(now: Timestamp, staleAfter: Duration) throws -> [OpenPublish] {
        try StateDatabase.openPublishes(db, now: now, staleAfter: staleAfter)
    }

    /// Forgets the encodings of contents that are no more.
    package func forgetEncodings(of sources: [ContentDigest]) throws {
        let delete = try db.cachedStatement(sql: "DELETE FROM encodings WHERE source = ?")
        for source in sources { try delete.execute(arguments: [source.data]) }
    }

    /// Forgets the encodings that are held by blobs which turned out missing or damaged.
    package func forgetEncodings(heldBy blobs: [ContentDigest]) throws {
        let delete = try db.cachedStatement(sql: "DELETE FROM encodings WHERE blob = ?")
        for blob in blobs { try delete.execute(arguments: [blob.data]) }
        if !blobs.isEmpty { try StateDatabase.contentChanged(db) }
    }

    package func record(_ event: Event) throws { try StateDatabase.record(db, event) }
}

extension StateDatabase {
    /// Runs `body` while holding the write lock; an error undoes its changes to the state (not to files) and is thrown.
    ///
    /// Every other writer waits, and gives up with `busy` after 5 s: unlink in batches of a second or less. `body` must not
    /// call other methods of the database.
    package func exclusively<Value>(_ body: (ExclusiveState) throws -> Value) throws -> Value {
        try writeRethrowing { try body(ExclusiveState(db: $0)) }
    }
}
