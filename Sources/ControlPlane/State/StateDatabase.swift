import GRDB
import Model

/// The recorded state of one environment: what is a row here before it is an act anywhere.
///
/// One type owns the schema and its invariants. Each method that writes is one transaction, which either keeps every
/// invariant and records its event, or changes nothing:
///
/// - a site has at most one `current` release, and at most one rollout in `preparing` or `overlapping`;
/// - a release changes its state only along `ReleaseState.mayBecome`;
/// - a label names one release of its site;
/// - a writer whose lease was taken over writes nothing.
///
/// Methods block (0.2 ms for a small write, 2–4 ms for a rollout with ten releases on the shared build machine; up to 5 s when
/// another process keeps the lock): call them from an actor of the
/// control plane, never from an event loop. A commit is flushed to disk before its method returns (WAL with full sync).
/// Closures handed to methods run inside the transaction and must not call the database again.
package final class StateDatabase: Sendable {
    private let writer: any DatabaseWriter
    package let path: String

    /// Opens or makes the database at `path` and brings its schema up to date.
    /// - Throws: `newerSchema` if a newer Tandem has changed it beyond what this one understands; `corrupt`, `cannotOpen`,
    ///   `busy`, `full` as they come.
    package convenience init(path: String) throws(StateError) {
        try self.init(path: path, migrations: Schema.migrations)
    }

    init(path: String, migrations: [Schema.Migration]) throws(StateError) {
        self.path = path
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(Self.busyTimeoutSeconds)
            configuration.label = "state"
            let pool = try DatabasePool(path: path, configuration: configuration)
            // The pool starts with `synchronous = NORMAL`, with which a power cut may lose a committed rollout.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            writer = pool
            try pool.write { try Schema.migrate($0, path: path, through: migrations) }
        } catch {
            throw StateError(error, path: path)
        }
    }

    /// A database that lives and dies with the object: for tests over simulated time.
    package static func inMemory() throws(StateError) -> StateDatabase {
        do {
            return try StateDatabase(memory: DatabaseQueue())
        } catch {
            throw StateError(error, path: ":memory:")
        }
    }

    private init(memory queue: DatabaseQueue) throws {
        path = ":memory:"
        writer = queue
        try queue.write { try Schema.migrate($0, path: ":memory:") }
    }

    private static let busyTimeoutSeconds: Double = 5

    /// Closes the connections. Later calls fail; a second close does nothing.
    package func close() throws(StateError) {
        do { try writer.close() } catch { throw StateError(error, path: path) }
    }

    /// Counts every change that a serving snapshot has to follow, by whichever process. Cost: one row, 20 µs.
    package func contentVersion() throws(StateError) -> Int64 {
        try read { try Self.contentVersion($0) }
    }

    static func contentVersion(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT version FROM content WHERE id = 1")) ?? 0
    }

    /// What SQLite finds wrong with its own file; empty if nothing. Reads all of it.
    package func faults() throws(StateError) -> [String] {
        try read { db in
            try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
                + Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map { "a row of \($0["table"] as String) refers to nothing" }
        }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws(StateError) -> Value {
        do { return try writer.read(body) } catch { throw StateError(error, path: path) }
    }

    func write<Value>(_ body: (Database) throws -> Value) throws(StateError) -> Value {
        do { return try writer.write(body) } catch { throw StateError(error, path: path) }
    }

    /// Like `write`, for transactions with a closure of the caller's, whose errors pass as they are.
    func writeRethrowing<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do {
            return try writer.write(body)
        } catch let error as DatabaseError {
            throw StateError(error, path: path)
        }
    }

    static func contentChanged(_ db: Database) throws {
        try db.cachedStatement(sql: "UPDATE content SET version = version + 1 WHERE id = 1").execute()
    }
}
