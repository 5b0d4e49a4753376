import Foundation
import GRDB
import Model
import Testing

@testable import State

@Suite struct SchemaTests {
    private func version(_ path: String) throws -> [Int] {
        try DatabaseQueue(path: path).read { db in
            let row = try #require(try Row.fetchOne(db, sql: "SELECT version, lowest FROM schema"))
            return [row["version"], row["lowest"]]
        }
    }

    @Test func aNewDatabaseHasTheSupportedSchema() throws {
        let folder = try Folder()
        try StateDatabase(path: folder.database).close()
        #expect(try version(folder.database) == [Schema.supported, 1])
    }

    @Test func rowsOutliveTheProcess() throws {
        let folder = try Folder()
        let first = try StateDatabase(path: folder.database)
        try first.make(record("v1", label: "one"))
        try first.close()
        let second = try StateDatabase(path: folder.database)
        #expect(try second.find(shop, "one").id == release("v1"))
        #expect(try second.events(shop).map(\.kind) == ["published"])
        #expect(try second.faults() == [])
    }

    @Test func commitsAreFlushed() throws {
        let folder = try Folder()
        let database = try StateDatabase(path: folder.database)
        #expect(try database.write { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2)
        #expect(try database.write { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
        #expect(try database.write { try Int.fetchOne($0, sql: "PRAGMA foreign_keys") } == 1)
    }

    @Test func anOlderBinaryRefusesANewerSchema() throws {
        let folder = try Folder()
        let newer =
            Schema.migrations + [.init(version: Schema.supported + 1, lowest: Schema.supported + 1, sql: "CREATE TABLE later (id INTEGER)")]
        try StateDatabase(path: folder.database, migrations: newer).close()
        #expect(throws: StateError.newerSchema(found: Schema.supported + 1, lowest: Schema.supported + 1, supported: Schema.supported)) {
            try StateDatabase(path: folder.database)
        }
        #expect(try version(folder.database) == [Schema.supported + 1, Schema.supported + 1])
    }

    @Test func anOlderBinaryUsesANewerSchemaThatAllowsIt() throws {
        let folder = try Folder()
        let newer = Schema.migrations + [.init(version: Schema.supported + 1, lowest: 1, sql: "ALTER TABLE sites ADD COLUMN colour TEXT")]
        try StateDatabase(path: folder.database, migrations: newer).close()
        let older = try StateDatabase(path: folder.database)
        try older.make(record("v1"))
        #expect(try older.sites() == [shop])
        #expect(try version(folder.database) == [Schema.supported + 1, 1])
    }

    @Test func aMigrationKeepsTheRowsAndRunsOnce() throws {
        let folder = try Folder()
        let old = try StateDatabase(path: folder.database)
        try old.make(record("v1"))
        try old.close()
        let newer = Schema.migrations + [.init(version: Schema.supported + 1, lowest: 1, sql: "ALTER TABLE sites ADD COLUMN colour TEXT")]
        for _ in 1...2 {
            let database = try StateDatabase(path: folder.database, migrations: newer)
            #expect(try database.releases(shop).map(\.id) == [release("v1")])
            try database.close()
        }
        #expect(try version(folder.database) == [Schema.supported + 1, 1])
    }

    @Test func aFailedMigrationLeavesTheDatabaseAsItWas() throws {
        let folder = try Folder()
        try StateDatabase(path: folder.database).close()
        let broken =
            Schema.migrations + [
                .init(
                    version: Schema.supported + 1, lowest: Schema.supported + 1,
                    sql: "CREATE TABLE half (id INTEGER); SELECT nothing FROM nowhere")
            ]
        #expect(throws: StateError.self) { try StateDatabase(path: folder.database, migrations: broken) }
        #expect(try version(folder.database) == [Schema.supported, 1])
        let database = try StateDatabase(path: folder.database)
        #expect(try database.read { try $0.tableExists("half") } == false)
    }

    @Test func somebodyElsesDatabaseIsRefused() throws {
        let folder = try Folder()
        try DatabaseQueue(path: folder.database).write { try $0.execute(sql: "CREATE TABLE wordpress (id INTEGER)") }
        #expect {
            try StateDatabase(path: folder.database)
        } throws: { error in
            if case StateError.corrupt = error { true } else { false }
        }
    }

    @Test func aFileThatIsNoDatabaseIsRefusedAndNotTouched() throws {
        let folder = try Folder()
        let bytes = Data(repeating: 0x41, count: 8192)
        try bytes.write(to: URL(filePath: folder.database))
        #expect {
            try StateDatabase(path: folder.database)
        } throws: { error in
            if case StateError.corrupt = error { true } else { false }
        }
        #expect(try Data(contentsOf: URL(filePath: folder.database)) == bytes)
    }

    @Test func aMissingFolderIsNamed() {
        #expect {
            try StateDatabase(path: "/nonexistent/state.sqlite")
        } throws: { error in
            if case StateError.cannotOpen("/nonexistent/state.sqlite", _) = error { true } else { false }
        }
    }
}
