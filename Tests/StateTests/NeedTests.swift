import Model
import Testing

@testable import State

@Suite struct NeedTests {
    let database: StateDatabase

    init() throws {
        database = try StateDatabase.inMemory()
        try database.make(record("v1"))
    }

    private func need(_ clients: [UInt64], _ seconds: Int64, names: [String] = [], requests: UInt64 = 1) -> ObservedNeed {
        var sketch = ClientSketch()
        // Distinct bits for small numbers: word by the higher bits, bit by the lower six.
        for client in clients { sketch.insert(hash: client) }
        return ObservedNeed(release: release("v1"), requests: requests, sketch: sketch, lastAt: at(seconds), names: names)
    }

    @Test func needIsSummedOverMinutesAndClients() throws {
        try database.recordNeed([need([1, 2], 0, requests: 5)], now: at(0))
        try database.recordNeed([need([2, 3], 5, requests: 2)], now: at(5))
        try database.recordNeed([need([1], 120, requests: 1)], now: at(120))
        let total = try #require(try database.need(shop).first)
        #expect(total.requests == 8)
        #expect(total.sketch.estimate == 3)
        #expect(total.lastAt == at(120))
        #expect(total.windows.map(\.requests) == [7, 1])
        #expect(total.windows.map(\.sketch.estimate) == [3, 1])
        #expect(total.windows.map(\.lastAt) == [at(5), at(120)])
    }

    @Test func theNewestNamesAreKept() throws {
        for index in 0..<20 { try database.recordNeed([need([1], Int64(index), names: ["a\(index).js"])], now: at(Int64(index))) }
        try database.recordNeed([need([1], 30, names: ["a5.js"])], now: at(30))
        let names = try #require(try database.need(shop).first).names
        #expect(names.count == 16)
        #expect(names.last == "a5.js")
        #expect(names.first == "a4.js" || names.first == "a6.js")
        #expect(!names.contains("a3.js"))
    }

    @Test func whatIsRemovedIsForgottenWithItsNeed() throws {
        try database.recordNeed([need([1], 0, names: ["a.js"])], now: at(0))
        for state in [ReleaseState.current, .draining, .kept, .removed] {
            try database.transition(shop, release("v1"), to: state, event: event(state.rawValue, "v1", seconds: 1))
        }
        // A loop hands over what it counted before it heard.
        try database.recordNeed([need([2], 2, names: ["b.js"])], now: at(2))
        try database.make(record("v1", seconds: 3))
        #expect(try database.need(shop) == [])
        try database.recordNeed([need([3], 4)], now: at(4))
        #expect(try database.need(shop).first?.requests == 1)
    }

    @Test func needStaysWhereAnotherSiteHasTheRelease() throws {
        let other = try #require(SiteName("other"))
        var there = record("v1")
        there.site = other
        try database.make(there)
        try database.recordNeed([need([1], 0)], now: at(0))
        try database.transition(shop, release("v1"), to: .removed, event: event("removed", "v1"))
        #expect(try database.need(other).first?.requests == 1)
    }

    @Test func oldMinutesAreForgottenButNotTheTotal() throws {
        try database.recordNeed([need([1], 0)], now: at(0), windowsKept: .seconds(3600))
        try database.recordNeed([need([2], 4000)], now: at(4000), windowsKept: .seconds(3600))
        let total = try #require(try database.need(shop).first)
        #expect(total.windows.count == 1)
        #expect(total.requests == 2)
    }

    @Test func silenceIsAGap() throws {
        #expect(try database.openCounters(node: "local", now: at(0)) == nil)
        #expect(try database.recordNeed([], now: at(100)) == nil)
        #expect(try database.counterHealth() == CounterHealth(recordedAt: at(100), since: at(0)))
        #expect(try database.recordNeed([], now: at(400)) == CounterGap(clockMoved: .seconds(300), isRestart: false))
        #expect(try database.counterHealth() == CounterHealth(recordedAt: at(400), since: at(400)))
    }

    @Test func aClockThatGoesBackIsAGap() throws {
        #expect(try database.openCounters(node: "local", now: at(10_000)) == nil)
        #expect(try database.recordNeed([], now: at(0)) == CounterGap(clockMoved: .seconds(-10_000), isRestart: false))
    }

    @Test func needStampedAheadByAWrongClockDoesNotComeRoundAgain() throws {
        try database.recordNeed([need([1], 7200)], now: at(7200))
        try database.recordNeed([need([2], 10)], now: at(10))
        let left = try #require(try database.need(shop).first)
        #expect(left.windows.map(\.lastAt) == [at(10)])
        #expect(left.lastAt == at(10))
        #expect(left.requests == 2)
    }

    @Test func aKilledProcessLeavesAGapAndAClosedOneDoesNot() throws {
        #expect(try database.openCounters(node: "local", now: at(0)) == nil)
        try database.closeCounters(node: "local", now: at(60))
        #expect(try database.openCounters(node: "local", now: at(70)) == nil)
        #expect(try database.counterHealth()?.since == at(0))
        #expect(try database.openCounters(node: "local", now: at(80)) == CounterGap(clockMoved: .seconds(10), isRestart: true))
        try database.closeCounters(node: "local", now: at(90))
        let late = try database.openCounters(node: "local", now: at(900))
        #expect(late == CounterGap(clockMoved: .seconds(810), isRestart: true))
    }

    @Test func theCountersAreAsGoodAsTheWorstNode() throws {
        _ = try database.openCounters(node: "a", now: at(0))
        _ = try database.openCounters(node: "b", now: at(50))
        try database.recordNeed([], now: at(60), node: "a")
        #expect(try database.counterHealth() == CounterHealth(recordedAt: at(50), since: at(50)))
    }
}
