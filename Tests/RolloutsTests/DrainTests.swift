import Model
import State
import Testing

@testable import Rollouts

@Suite struct DrainTests {
    /// v1 drains since `now`, v2 is current.
    private func draining(_ policy: RolloutPolicy = RolloutPolicy()) throws -> Simulation {
        var site = Simulation(policy, published: "v1", "v2")
        try site.activate("v1")
        site.pass(3600)
        try site.activate("v2")
        return site
    }

    @Test func aReleaseLeavesTheDrainWhenNothingNeededItForQuiet() throws {
        var site = try draining()
        site.pass(899)
        #expect(site.state("v1") == .draining)
        site.pass(1)
        #expect(site.state("v1") == .kept)
        #expect(site.rows.rollouts == [])
        #expect(site.kinds.suffix(2) == ["kept", "finalised"])
    }

    @Test func needKeepsItUntilQuietHasPassedAfterTheLast() throws {
        var site = try draining()
        for _ in 0..<10 {
            site.pass(600)
            site.needed("v1")
        }
        site.pass(899)
        #expect(site.state("v1") == .draining)
        site.pass(1)
        #expect(site.state("v1") == .kept)
    }

    @Test func oneClientIsNotNeedWhereSeveralAreAskedFor() throws {
        var site = try draining(RolloutPolicy(clients: 3))
        site.pass(600)
        site.needed("v1", clients: 0..<2, requests: 5000)
        site.pass(300)
        #expect(site.state("v1") == .kept)
    }

    @Test func clientsOfSeveralMinutesCountTogetherWithinQuiet() throws {
        var site = try draining(RolloutPolicy(clients: 3))
        site.pass(600)
        site.needed("v1", clients: 0..<2)
        site.pass(200)
        site.needed("v1", clients: 2..<3)
        site.pass(100)
        // 900 s after the beginning three clients asked within the last 900 s.
        #expect(site.state("v1") == .draining)
        #expect(RolloutMachine(site.rows, policy: site.policy).nextDeadline(now: site.now) == at(3600 + 600 + 900))
        site.pass(599)
        #expect(site.state("v1") == .draining)
        site.pass(1)
        #expect(site.state("v1") == .kept)
    }

    /// D7: pages cached in browsers and at providers for a day.
    @Test func documentsCachedForADayKeepTheirReleaseForADay() throws {
        var site = try draining(RolloutPolicy(documentLifetime: .seconds(86_400)))
        #expect(RolloutMachine(site.rows, policy: site.policy).nextDeadline(now: site.now) == at(3600 + 86_400))
        site.pass(86_399)
        #expect(site.state("v1") == .draining)
        site.pass(1)
        #expect(site.state("v1") == .kept)
    }

    /// D7 again: what counts is what the documents were served with, not what the configuration says now.
    @Test func aShorterLifetimeConfiguredLaterDoesNotShortenTheDrain() throws {
        var site = Simulation(RolloutPolicy(documentLifetime: .seconds(86_400)), published: "v1", "v2")
        try site.activate("v1")
        site.pass(3600)
        site.policy.documentLifetime = .zero
        site.decide { $0.rememberLifetime(now: $1) }
        try site.activate("v2")
        site.pass(86_399)
        #expect(site.state("v1") == .draining)
        site.pass(1)
        #expect(site.state("v1") == .kept)
    }

    @Test func aLongerLifetimeConfiguredLaterCounts() throws {
        var site = Simulation(published: "v1", "v2")
        try site.activate("v1")
        site.policy.documentLifetime = .seconds(7200)
        site.decide { $0.rememberLifetime(now: $1) }
        site.policy.documentLifetime = .zero
        try site.activate("v2")
        site.pass(7199)
        #expect(site.state("v1") == .draining)
        site.pass(1)
        #expect(site.state("v1") == .kept)
    }

    @Test func theDeadlineEndsADrainThatIsStillNeeded() throws {
        var site = try draining(RolloutPolicy(deadline: .seconds(3600)))
        for _ in 0..<35 {
            site.pass(100)
            site.needed("v1")
        }
        #expect(site.state("v1") == .draining)
        site.pass(100)
        #expect(site.state("v1") == .kept)
        #expect(site.events.last?.reason.contains("deadline") == true)
    }

    @Test func theOperatorMayRetireAtOnce() throws {
        var site = try draining(RolloutPolicy(documentLifetime: .seconds(86_400)))
        site.needed("v1")
        try site.decide { try $0.retire(release("v1"), by: "operator", now: $1) }
        #expect(site.state("v1") == .kept)
        #expect(site.rows.rollouts == [])
        #expect(throws: RolloutRefusal.notDraining(release("v1"), .kept)) {
            try site.decide { try $0.retire(release("v1"), by: "operator", now: $1) }
        }
        #expect(throws: RolloutRefusal.notDraining(release("v2"), .current)) {
            try site.decide { try $0.retire(release("v2"), by: "operator", now: $1) }
        }
    }

    @Test func whatIsStillBesideTheNewOneIsNotRetired() throws {
        var site = Simulation(RolloutPolicy(canary: [percent(5)]), published: "v1", "v2")
        try site.activate("v1")
        try site.activate("v2")
        site.pass(300)
        #expect(site.state("v1") == .draining)
        #expect(throws: RolloutRefusal.stillInOverlap(release("v1"))) {
            try site.decide { try $0.retire(release("v1"), by: "operator", now: $1) }
        }
    }

    @Test func aHeldDrainWaits() throws {
        var site = try draining()
        try site.decide { try $0.hold(by: "operator", now: $1) }
        site.pass(86_400)
        #expect(site.state("v1") == .draining)
        try site.decide { try $0.resume(by: "operator", now: $1) }
        site.pass(0)
        #expect(site.state("v1") == .kept)
    }

    @Test func missingCountersAreNeed() throws {
        var site = try draining()
        site.rows.counters = nil
        site.now = site.now + .seconds(5000)
        site.decide { $0.tick(now: $1) }
        #expect(site.state("v1") == .draining)
        // Written again from here on: quiet begins here.
        site.rows.counters = CounterHealth(recordedAt: site.now, since: site.now)
        site.pass(899)
        #expect(site.state("v1") == .draining)
        site.pass(1)
        #expect(site.state("v1") == .kept)
    }

    @Test func countersThatStoppedAreNeed() throws {
        var site = try draining()
        site.now = site.now + .seconds(901)
        site.decide { $0.tick(now: $1) }
        #expect(site.state("v1") == .draining)
    }

    @Test func quietStartsAnewAfterAGap() throws {
        var site = try draining()
        site.pass(800)
        site.decide { $0.countersMissing(CounterGap(clockMoved: .seconds(300), isRestart: false), now: $1) }
        #expect(site.kinds.last == "disturbed")
        site.pass(899)
        #expect(site.state("v1") == .draining)
        site.pass(1)
        #expect(site.state("v1") == .kept)
    }

    @Test func aClockThatJumpsAheadDoesNotEndADaysCaching() throws {
        var site = try draining(RolloutPolicy(documentLifetime: .seconds(86_400)))
        site.pass(3600)
        // The clock had been a day behind.
        site.now = site.now + .seconds(86_400)
        site.rows.counters = CounterHealth(recordedAt: site.now, since: site.now)
        site.decide { $0.countersMissing(CounterGap(clockMoved: .seconds(86_400), isRestart: false), now: $1) }
        site.pass(86_400 - 3600 - 1)
        #expect(site.state("v1") == .draining)
        site.pass(1)
        #expect(site.state("v1") == .kept)
    }

    @Test func timeThatPassedWhileNothingRanDidPass() throws {
        var site = try draining(RolloutPolicy(documentLifetime: .seconds(86_400)))
        site.now = site.now + .seconds(86_400)
        site.rows.counters = CounterHealth(recordedAt: site.now, since: site.now)
        site.decide { $0.countersMissing(CounterGap(clockMoved: .seconds(86_400), isRestart: true), now: $1) }
        site.pass(900)
        #expect(site.state("v1") == .kept)
    }

    @Test func aClockThatGoesBackHoldsNothingForLongerThanItHadLeft() throws {
        var site = try draining(RolloutPolicy(documentLifetime: .seconds(7200)))
        site.needed("v1")
        // The clock had been a year ahead.
        let year: Int64 = 365 * 86_400
        site.now = site.now + .seconds(-year)
        site.rows.counters = CounterHealth(recordedAt: site.now, since: site.now)
        site.decide { $0.countersMissing(CounterGap(clockMoved: .seconds(-year), isRestart: false), now: $1) }
        site.pass(7199)
        #expect(site.state("v1") == .draining)
        site.pass(1)
        #expect(site.state("v1") == .kept)
    }

    @Test func aClockJumpDoesNotShortenAStep() throws {
        var site = Simulation(RolloutPolicy(canary: [percent(5)], step: .seconds(300)), published: "v1", "v2")
        try site.activate("v1")
        try site.activate("v2")
        site.pass(100)
        site.now = site.now + .seconds(7200)
        site.rows.counters = CounterHealth(recordedAt: site.now, since: site.now)
        site.decide { $0.countersMissing(CounterGap(clockMoved: .seconds(7200), isRestart: false), now: $1) }
        site.pass(199)
        #expect(site.share == percent(5))
        site.pass(1)
        #expect(site.share == nil)
    }

    @Test func statusSaysWhatADrainWaitsFor() throws {
        var site = try draining(RolloutPolicy(documentLifetime: .seconds(7200)))
        site.pass(60)
        site.needed("v1", requests: 3, names: ["old.js", "old.css"])
        site.pass(240)
        let status = SiteStatus(site.rows, policy: site.policy, now: site.now)
        #expect(
            status.sentences == [
                "current \(release("v2"))",
                "draining \(release("v1")): last needed 4 min ago by 3 requests/min, 2 names; quiet in 11 min at the earliest; "
                    + "caches may hold its documents for 115 min; deadline in 29 d",
            ])
        #expect(status.drains.first?.names == ["old.js", "old.css"])
    }

    @Test func statusSaysWhatAnOverlapWaitsFor() throws {
        var site = Simulation(RolloutPolicy(canary: [percent(5), percent(25)]), published: "v1", "v2")
        try site.activate("v1")
        try site.activate("v2")
        site.pass(60)
        func sentence() -> String? { SiteStatus(site.rows, policy: site.policy, now: site.now).sentences.dropFirst().first }
        #expect(sentence() == "rollout 2 to \(release("v2")) overlaps: 5% of documents, 25% in 4 min")
        try site.decide { try $0.hold(by: "operator", now: $1) }
        #expect(sentence() == "rollout 2 to \(release("v2")) overlaps: 5% of documents, held until resume or advance")
    }
}
