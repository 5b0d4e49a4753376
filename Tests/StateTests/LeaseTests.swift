import Model
import Testing

@testable import State

@Suite struct LeaseTests {
    let database: StateDatabase

    init() throws { database = try StateDatabase.inMemory() }

    private func acquire(_ holder: String, _ seconds: Int64) throws -> Lease {
        try database.acquireLease("rollout:default", holder: holder, now: at(seconds), lasting: .seconds(30))
    }

    @Test func oneHolderAtATime() throws {
        let a = try acquire("a", 0)
        #expect(throws: StateError.leaseHeld(duty: "rollout:default", by: "a", until: at(30))) { try acquire("b", 29) }
        #expect(try database.lease("rollout:default") == a)
        #expect(try acquire("b", 30).fence == a.fence + 1)
    }

    @Test func aRenewedLeaseKeepsItsFence() throws {
        let a = try acquire("a", 0)
        let renewed = try database.renewLease(a, now: at(20), lasting: .seconds(30))
        #expect(renewed.fence == a.fence)
        #expect(renewed.expiresAt == at(50))
        #expect(throws: StateError.leaseHeld(duty: "rollout:default", by: "a", until: at(50))) { try acquire("b", 40) }
    }

    @Test func aHolderThatLostItsLeaseCannotWrite() throws {
        try database.make(record("v1"))
        let paused = try acquire("a", 0)
        let successor = try acquire("b", 31)
        let activation: [SiteChange] = [.state(release("v1"), .current), .event(event("activated", "v1"))]
        #expect(throws: StateError.leaseLost(duty: "rollout:default")) {
            try database.updateSite(shop, fence: paused, now: at(32)) { _ in (activation, ()) }
        }
        #expect(throws: StateError.leaseLost(duty: "rollout:default")) {
            try database.renewLease(paused, now: at(32), lasting: .seconds(30))
        }
        #expect(try database.release(shop, release("v1"))?.state == .published)
        try database.updateSite(shop, fence: successor, now: at(32)) { _ in (activation, ()) }
        #expect(try database.release(shop, release("v1"))?.state == .current)
    }

    @Test func theSameHolderAfterACrashFencesItsFormerSelf() throws {
        let before = try acquire("a", 0)
        let after = try acquire("a", 1)
        #expect(after.fence == before.fence + 1)
        try database.make(record("v1"))
        #expect(throws: StateError.leaseLost(duty: "rollout:default")) {
            try database.updateSite(shop, fence: before, now: at(2)) { _ in ([.event(event("x", "v1"))], ()) }
        }
    }

    @Test func aReleasedLeaseIsFreeAndItsFenceNeverComesBack() throws {
        let a = try acquire("a", 0)
        try database.releaseLease(a, now: at(1))
        let b = try acquire("b", 1)
        #expect(b.fence == a.fence + 1)
        try database.releaseLease(a, now: at(2))
        #expect(throws: StateError.self) { try acquire("c", 2) }
    }

    @Test func nodesAreSeen() throws {
        try database.seeNode("edge-1", now: at(0))
        try database.seeNode("edge-1", now: at(9))
        #expect(try database.nodes().map(\.id) == ["edge-1"])
        #expect(try database.nodes().map(\.seenAt) == [at(9)])
    }
}
