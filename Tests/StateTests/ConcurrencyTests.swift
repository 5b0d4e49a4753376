import Foundation
import Model
import Testing

@testable import State

@Suite struct ConcurrencyTests {
    @Test func twoOpenersSeeEachOther() throws {
        let folder = try Folder()
        let a = try StateDatabase(path: folder.database)
        let b = try StateDatabase(path: folder.database)
        let before = try b.contentVersion()
        try a.make(record("v1", label: "one"))
        #expect(try b.contentVersion() > before)
        #expect(try b.find(shop, "one").id == release("v1"))
        #expect(throws: StateError.labelTaken("one", by: release("v1"))) { try b.make(record("v2", label: "one")) }
        try b.make(record("v2"))
        #expect(try a.releases(shop).count == 2)
    }

    @Test func twoOpenersAtOnceMigrateOnce() async throws {
        let folder = try Folder()
        let path = folder.database
        let sites = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<4 {
                group.addTask {
                    let database = try StateDatabase(path: path)
                    let site = try #require(SiteName("site-\(index)"))
                    try database.ensureSite(site, now: at(0))
                    try database.close()
                    return index
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sites.count == 4)
        let database = try StateDatabase(path: path)
        #expect(try database.sites().count == 4)
        #expect(try database.faults() == [])
    }

    /// The files as a killed process leaves them in the middle of a transaction, opened by the next one.
    @Test func aTransactionCutInTheMiddleDidNotHappen() throws {
        let folder = try Folder()
        let after = try Folder()
        let database = try StateDatabase(path: folder.database)
        try database.make(record("v1", label: "one"))
        try database.exclusively { state in
            // Large enough to spill pages into the log before the commit.
            for index in 0..<5000 {
                var long = event("half", "v1", seconds: Int64(index))
                long.reason = String(repeating: "x", count: 1000)
                try state.record(long)
            }
            for name in ["state.sqlite", "state.sqlite-wal"] {
                try FileManager.default.copyItem(at: folder.url.appending(path: name), to: after.url.appending(path: name))
            }
        }
        #expect(try database.events(shop, limit: 10_000).count == 5001)
        let next = try StateDatabase(path: after.database)
        #expect(try next.events(shop).map(\.kind) == ["published"])
        #expect(try next.find(shop, "one").id == release("v1"))
        #expect(try next.faults() == [])
    }
}
