import Model
import State
import Testing

@testable import Rollouts

@Suite struct RetentionTests {
    private let day: Int64 = 86_400
    private let policy = RetentionPolicy(keep: 2)

    private func kept(_ name: String, leftDay: Int64, _ change: (inout ReleaseRecord) -> Void = { _ in }) -> ReleaseRecord {
        var record = record(name)
        record.state = .kept
        record.currentAt = at(leftDay * day - 60)
        record.leftAt = at(leftDay * day)
        change(&record)
        return record
    }

    private var newest: [ReleaseRecord] {
        var current = record("current", seconds: 100 * day)
        current.state = .current
        return [current, kept("newest", leftDay: 99)]
    }

    private func removable(
        _ releases: [ReleaseRecord], onDay today: Int64, needed: [ReleaseID: Timestamp] = [:], watched: Bool = true
    ) -> [ReleaseID] {
        let now = at(today * day)
        let counters = CounterHealth(recordedAt: now, since: watched ? at(0) : now)
        return policy.removable(releases + newest, lastNeeded: needed, counters: counters, now: now).map(\.release)
    }

    @Test func oneThatNobodyNeedsGoesAfterMinimumAge() {
        #expect(removable([kept("old", leftDay: 50)], onDay: 56) == [])
        #expect(removable([kept("old", leftDay: 50)], onDay: 57) == [release("old")])
    }

    @Test func oneThatIsNeededStaysUntilMaximumAge() {
        let needed = { (today: Int64) in [release("old"): at(today * day - 60)] }
        #expect(removable([kept("old", leftDay: 50)], onDay: 79, needed: needed(79)) == [])
        #expect(removable([kept("old", leftDay: 50)], onDay: 80, needed: needed(80)) == [release("old")])
    }

    @Test func missingCountersAreNeed() {
        #expect(removable([kept("old", leftDay: 50)], onDay: 60, watched: false) == [])
        #expect(removable([kept("old", leftDay: 50)], onDay: 80, watched: false) == [release("old")])
    }

    @Test func theNewestStayWhateverTheirAge() {
        #expect(removable([], onDay: 1000) == [])
    }

    @Test(arguments: [ReleaseState.canary, .current, .draining])
    func aLiveReleaseIsNeverRemoved(state: ReleaseState) {
        #expect(removable([kept("old", leftDay: 50) { $0.state = state }], onDay: 1000) == [])
    }

    @Test func aProtectedReleaseIsNeverRemoved() {
        #expect(removable([kept("old", leftDay: 50) { $0.isProtected = true }], onDay: 1000) == [])
    }

    @Test func namesOfPagesWithAServiceWorkerStayForMaximumAge() {
        let old = kept("old", leftDay: 50) { $0.hasServiceWorker = true }
        #expect(removable([old], onDay: 79) == [])
        #expect(removable([old], onDay: 80) == [release("old")])
    }

    @Test func oneThatWasNeverLiveAgesFromItsPublishing() {
        let old = record("old", seconds: 50 * day)
        #expect(removable([old], onDay: 56) == [])
        #expect(removable([old], onDay: 57) == [release("old")])
        // Published again: its age starts anew.
        let again = kept("old", leftDay: 50) { $0.republishedAt = at(55 * day) }
        #expect(removable([again], onDay: 61) == [])
        #expect(removable([again], onDay: 62) == [release("old")])
    }

    @Test func oldestGoFirst() {
        let releases = [kept("b", leftDay: 51), kept("a", leftDay: 50), kept("c", leftDay: 52)]
        #expect(removable(releases, onDay: 70) == [release("a"), release("b"), release("c")])
    }

    @Test func whatARolloutIsAboutStays() throws {
        var site = Simulation(published: "v0", "v1", "v2", "v3")
        for name in ["v1", "v2", "v3"] {
            try site.activate(name)
            site.pass(3600)
        }
        try site.decide { try $0.start(to: release("v1"), by: "operator", now: $1) }
        site.pass(40 * day)
        var removed: [ReleaseID] = []
        site.decide { machine, now in
            removed = machine.expire(RetentionPolicy(keep: 1), lastNeeded: [:], now: now)
        }
        #expect(Set(removed) == [release("v0"), release("v2")])
        #expect(site.state("v1") == .kept)
        #expect(site.kinds.suffix(2) == ["removed", "removed"])
    }
}
