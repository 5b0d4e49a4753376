import Model
import Testing

@testable import State

@Suite struct SiteRowsTests {
    let database: StateDatabase

    init() throws {
        database = try StateDatabase.inMemory()
        try database.make(record("v1"))
        try database.make(record("v2", seconds: 1))
    }

    private func rollout(_ number: Int64, to name: String, phase: RolloutPhase) -> RolloutRecord {
        RolloutRecord(
            number: number, site: shop, from: nil, to: release(name), phase: phase, steps: [Share(basisPoints: 500), .whole],
            startedAt: at(2), phaseAt: at(3), stepAt: at(4), reason: "because")
    }

    @Test func oneRolloutMovesAtATime() throws {
        try database.updateSite(shop, now: at(0)) { _ in ([.rollout(rollout(1, to: "v1", phase: .overlapping))], ()) }
        #expect(throws: StateError.self) {
            try database.updateSite(shop, now: at(0)) { _ in ([.rollout(rollout(2, to: "v2", phase: .preparing))], ()) }
        }
        try database.updateSite(shop, now: at(0)) { rows in
            #expect(rows.moving == rollout(1, to: "v1", phase: .overlapping))
            #expect(rows.nextRollout == 2)
            return ([.rollout(rollout(1, to: "v1", phase: .draining)), .rollout(rollout(2, to: "v2", phase: .preparing))], ())
        }
        #expect(try database.rows(shop).rollouts.map(\.phase) == [.draining, .preparing])
        #expect(try database.rollouts(shop).map(\.number) == [2, 1])
    }

    @Test func aChangeThatBreaksARuleUndoesTheWholeDecision() throws {
        let before = try database.rows(shop)
        #expect(throws: StateError.illegalTransition(release("v2"), from: .published, to: .kept)) {
            try database.updateSite(shop, now: at(0)) { _ in
                ([.state(release("v1"), .current), .event(event("activated", "v1")), .state(release("v2"), .kept)], ())
            }
        }
        #expect(try database.rows(shop) == before)
        #expect(try database.events(shop).count == 2)
    }

    /// What the machine sees of its own changes has to be what the next one reads.
    @Test func rowsInMemoryChangeAsThoseInTheDatabase() throws {
        let drain = DrainRecord(release: release("v1"), rollout: 1, beganAt: at(5), quietFrom: at(6), cachedUntil: at(7))
        let changes: [SiteChange] = [
            .state(release("v1"), .current), .lifetime(release("v1"), .seconds(60)), .lifetime(release("v1"), .seconds(30)),
            .rollout(rollout(1, to: "v2", phase: .overlapping)), .state(release("v2"), .canary), .state(release("v1"), .draining),
            .drain(drain), .state(release("v2"), .current), .rejected(release("v1"), true),
            .rollout(rollout(1, to: "v2", phase: .draining)),
        ]
        var memory = try database.rows(shop)
        for change in changes { try memory.apply(change, now: at(9)) }
        try database.updateSite(shop, now: at(9)) { _ in (changes, ()) }
        var stored = try database.rows(shop)
        stored.version = memory.version
        #expect(stored == memory)
        #expect(stored.lifetimes == [release("v1"): .seconds(60)])
        #expect(stored.drains == [drain])
    }

    @Test func anUnknownSiteIsNamed() throws {
        let docs = try #require(SiteName("docs"))
        #expect(throws: StateError.unknownSite(docs)) { try database.rows(docs) }
    }
}
