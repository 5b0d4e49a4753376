import Model
import State
import Testing

@testable import Rollouts

@Suite struct OverlapTests {
    private static let stepped = RolloutPolicy(canary: [percent(5), percent(25), percent(100)], step: .seconds(300))

    /// v1 is current and has been for a while, v2 is published.
    private func site(_ policy: RolloutPolicy = stepped) throws -> Simulation {
        var site = Simulation(policy, published: "v1", "v2", "v3")
        try site.activate("v1")
        site.pass(3600)
        site.events = []
        return site
    }

    @Test func aFirstReleaseTakesTheWholeAtOnce() throws {
        var site = Simulation(Self.stepped, published: "v1")
        try site.activate("v1")
        #expect(site.current == release("v1"))
        #expect(site.share == nil)
        #expect(site.rows.rollouts == [])
        #expect(site.kinds == ["preparing", "overlapping", "activated", "finalised"])
    }

    @Test func withoutCanaryTheOldReleaseDrainsAtOnce() throws {
        var site = try site(RolloutPolicy())
        try site.activate("v2")
        #expect(site.current == release("v2"))
        #expect(site.state("v1") == .draining)
        #expect(site.rows.rollouts.map(\.phase) == [.draining])
        #expect(site.rows.drains.map(\.release) == [release("v1")])
        #expect(site.kinds == ["preparing", "overlapping", "activated", "draining"])
        #expect(site.events.map(\.release) == [release("v2"), release("v2"), release("v2"), release("v1")])
    }

    @Test func stepsGrowOneByOneAndEachGetsItsTime() throws {
        var site = try site()
        try site.activate("v2")
        #expect(site.share == percent(5))
        #expect(site.state("v2") == .canary)
        #expect(site.current == release("v1"))
        site.pass(299)
        #expect(site.share == percent(5))
        site.pass(1)
        #expect(site.share == percent(25))
        // A tick that comes late takes one step, not all that would have been due.
        site.pass(1500)
        #expect(site.share == nil)
        #expect(site.current == release("v2"))
        #expect(site.rows.moving?.phase == .overlapping)
        #expect(site.state("v1") == .draining)
        #expect(site.rows.drains == [])
        site.pass(300)
        #expect(site.rows.moving == nil)
        #expect(site.rows.drains.map(\.release) == [release("v1")])
    }

    @Test func sharesOnlyEverGrowWithinARollout() throws {
        var site = try site()
        try site.activate("v2", from: percent(10))
        var shares: [Share] = []
        for _ in 0..<20 {
            shares.append(site.share ?? .whole)
            site.pass(120)
        }
        #expect(shares == shares.sorted())
        #expect(Set(shares) == [percent(10), percent(25), .whole])
    }

    @Test func aCanaryWithoutLargerStepsHolds() throws {
        var site = try site(RolloutPolicy())
        try site.activate("v2", from: percent(5))
        site.pass(86_400)
        #expect(site.share == percent(5))
        #expect(site.rows.moving?.isHeld == true)
        #expect(RolloutMachine(site.rows, policy: site.policy).nextDeadline(now: site.now) == nil)
        try site.decide { try $0.advance(by: "operator", now: $1) }
        #expect(site.current == release("v2"))
        site.pass(300)
        #expect(site.rows.rollouts.map(\.phase) == [.draining])
    }

    @Test func activatingAHeldCanaryTakesItToTheWhole() throws {
        var site = try site(RolloutPolicy())
        try site.activate("v2", from: percent(5))
        try site.activate("v2")
        #expect(site.current == release("v2"))
        #expect(site.rows.rollouts.count == 1)
    }

    @Test func aCanaryOfEverythingIsTheWhole() throws {
        var site = try site()
        try site.activate("v2", from: .whole)
        #expect(site.current == release("v2"))
        #expect(site.rows.moving == nil)
    }

    @Test func aHeldStepStaysAndGetsItsWholeTimeAfterwards() throws {
        var site = try site()
        try site.activate("v2")
        site.pass(200)
        try site.decide { try $0.hold(by: "operator", now: $1) }
        site.pass(5000)
        #expect(site.share == percent(5))
        try site.decide { try $0.resume(by: "operator", now: $1) }
        site.pass(299)
        #expect(site.share == percent(5))
        site.pass(1)
        #expect(site.share == percent(25))
    }

    @Test func advancingUnderAHoldKeepsTheHoldUntilTheWhole() throws {
        var site = try site()
        try site.activate("v2")
        try site.decide { try $0.hold(by: "operator", now: $1) }
        try site.decide { try $0.advance(by: "operator", now: $1) }
        #expect(site.share == percent(25))
        site.pass(5000)
        #expect(site.share == percent(25))
        try site.decide { try $0.advance(by: "operator", now: $1) }
        #expect(site.current == release("v2"))
        #expect(site.rows.moving?.isHeld == false)
        try site.decide { try $0.advance(by: "operator", now: $1) }
        #expect(site.rows.drains.count == 1)
        #expect(throws: RolloutRefusal.pastOverlap(rollout: 2)) { try site.decide { try $0.advance(by: "operator", now: $1) } }
    }

    @Test func abortingACanaryLeavesTheOldReleaseCurrent() throws {
        var site = try site()
        try site.activate("v2")
        try site.decide { try $0.abort(by: "operator", "bad", now: $1) }
        #expect(site.current == release("v1"))
        #expect(site.state("v2") == .draining)
        #expect(site.rows.release(release("v2"))?.wasRejected == true)
        #expect(site.rows.rollouts == [])
        #expect(site.kinds.suffix(2) == ["aborted", "draining"])
        site.pass(900)
        #expect(site.state("v2") == .kept)
    }

    @Test func abortingAtTheWholeMakesTheOldReleaseCurrentAgain() throws {
        var site = try site()
        try site.activate("v2")
        for _ in 0..<2 { site.pass(300) }
        #expect(site.current == release("v2"))
        try site.decide { try $0.abort(by: "operator", "bad", now: $1) }
        #expect(site.current == release("v1"))
        #expect(site.rows.drains.map(\.release) == [release("v2")])
        #expect(site.rows.release(release("v1"))?.wasRejected == false)
        #expect(throws: RolloutRefusal.nothingToRollBackTo) { try site.rollback() }
    }

    @Test func whatHasDrainedOrNeverBeganIsNotAborted() throws {
        var site = Simulation(Self.stepped, published: "v1", "v2")
        #expect(throws: RolloutRefusal.noRollout) { try site.decide { try $0.abort(by: "operator", "", now: $1) } }
        try site.activate("v1")
        #expect(throws: RolloutRefusal.noRollout) { try site.decide { try $0.abort(by: "operator", "", now: $1) } }
        try site.activate("v2", from: .whole)
        #expect(throws: RolloutRefusal.pastOverlap(rollout: 2)) { try site.decide { try $0.abort(by: "operator", "", now: $1) } }
        #expect(site.current == release("v2"))
    }

    @Test func aRolloutThatPreparesServesNothingYet() throws {
        var site = try site()
        try site.decide { try $0.start(to: release("v2"), by: "operator", now: $1) }
        #expect(site.rows.moving?.phase == .preparing)
        #expect(site.state("v2") == .published)
        site.pass(86_400)
        #expect(site.rows.moving?.phase == .preparing)
        try site.decide { try $0.abort(by: "operator", "never mind", now: $1) }
        #expect(site.state("v2") == .published)
        #expect(site.current == release("v1"))
    }

    @Test func activatingTheCurrentReleaseChangesNothing() throws {
        var site = try site()
        let before = site.rows
        try site.activate("v1")
        #expect(site.rows == before)
        #expect(site.events == [])
    }

    @Test func activatingTheCurrentReleaseEndsACanaryBesideIt() throws {
        var site = try site()
        try site.activate("v2")
        try site.activate("v1")
        #expect(site.current == release("v1"))
        #expect(site.share == nil)
        #expect(site.state("v2") == .draining)
        #expect(site.events.contains { $0.kind == "superseded" && $0.rollout == 2 })
        #expect(site.rows.moving == nil)
    }

    @Test func aNewRolloutSupersedesTheOneThatRuns() throws {
        var site = try site()
        try site.activate("v2")
        site.pass(300)
        try site.activate("v3")
        #expect(site.current == release("v1"))
        #expect(site.state("v2") == .draining)
        #expect(site.rows.drains.map(\.release) == [release("v2")])
        #expect(site.rows.moving?.to == release("v3"))
        #expect(site.rows.moving?.from == release("v1"))
        #expect(site.share == percent(5))
        #expect(site.events.contains { $0.kind == "superseded" && $0.rollout == 2 && $0.release == release("v2") })
        site.pass(900)
        #expect(site.state("v2") == .kept)
        for _ in 0..<3 { site.pass(300) }
        #expect(site.current == release("v3"))
        #expect(site.rows.drains.map(\.release) == [release("v1")])
    }

    @Test func aRolloutThatReachedTheWholeGoesOnToDrainBesideTheNext() throws {
        var site = try site()
        try site.activate("v2")
        for _ in 0..<2 { site.pass(300) }
        try site.activate("v3")
        #expect(site.current == release("v2"))
        #expect(site.rows.rollouts.map(\.phase) == [.draining, .overlapping])
        #expect(site.rows.drains.map(\.release) == [release("v1")])
        #expect(site.rows.moving?.from == release("v2"))
    }

    @Test func severalReleasesDrainBesideEachOther() throws {
        var site = try site(RolloutPolicy())
        try site.activate("v2")
        site.pass(60)
        try site.activate("v3")
        #expect(site.rows.rollouts.map(\.phase) == [.draining, .draining])
        #expect(Set(site.rows.drains.map(\.release)) == [release("v1"), release("v2")])
        site.pass(840)
        #expect(site.state("v1") == .kept)
        #expect(site.state("v2") == .draining)
        site.pass(60)
        #expect(site.state("v2") == .kept)
        #expect(site.kinds.filter { $0 == "finalised" }.count == 2)
    }

    @Test func whatCannotBeServedIsRefused() throws {
        var site = try site()
        site.rows.releases[1].isAssetsOnly = true
        site.rows.releases[2].state = .revoked
        #expect(throws: RolloutRefusal.assetsOnly(release("v2"))) { try site.activate("v2") }
        #expect(throws: RolloutRefusal.revoked(release("v3"))) { try site.activate("v3") }
        #expect(throws: RolloutRefusal.noRelease(release("v9"))) { try site.activate("v9") }
        #expect(site.events == [])
    }
}
