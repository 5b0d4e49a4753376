import Model
import State
import Testing

@testable import Rollouts

@Suite struct RollbackTests {
    /// v1, v2 and v3 were current one after the other; v3 is.
    private func site(_ policy: RolloutPolicy = RolloutPolicy()) throws -> Simulation {
        var site = Simulation(policy, published: "v1", "v2", "v3", "v4")
        for name in ["v1", "v2", "v3"] {
            try site.activate(name, from: .whole)
            site.pass(3600)
        }
        site.events = []
        return site
    }

    @Test func aRollbackTakesEffectAtOnce() throws {
        var site = try site(RolloutPolicy(canary: [percent(5)]))
        try site.rollback()
        #expect(site.current == release("v2"))
        #expect(site.share == nil)
        #expect(site.state("v3") == .draining)
        #expect(site.rows.release(release("v3"))?.wasRejected == true)
        #expect(site.rows.rollouts.map(\.isRollback) == [true])
        #expect(site.rows.drains.map(\.release) == [release("v3")])
    }

    @Test func rollbacksOfRollbacksGoFurtherBackNeverForthAgain() throws {
        var site = try site()
        try site.rollback()
        #expect(site.current == release("v2"))
        try site.rollback()
        #expect(site.current == release("v1"))
        #expect(throws: RolloutRefusal.nothingToRollBackTo) { try site.rollback() }
        #expect(site.current == release("v1"))
    }

    @Test func aReleaseThatIsActivatedAgainIsNoLongerRejected() throws {
        var site = try site()
        try site.rollback()
        site.pass(60)
        try site.activate("v3")
        #expect(site.current == release("v3"))
        #expect(site.rows.release(release("v3"))?.wasRejected == false)
        site.pass(60)
        try site.rollback()
        #expect(site.current == release("v2"))
    }

    @Test func aRollbackByIdMayLeadToARejectedRelease() throws {
        var site = try site()
        try site.rollback(to: "v1")
        #expect(site.current == release("v1"))
        try site.rollback(to: "v3")
        #expect(site.current == release("v3"))
        #expect(site.rows.release(release("v3"))?.wasRejected == false)
        #expect(site.rows.release(release("v1"))?.wasRejected == true)
        // v1 was rolled back, v2 never was.
        try site.rollback()
        #expect(site.current == release("v2"))
    }

    @Test func aReleaseThatWasNeverCurrentIsNoAimOfARollback() throws {
        var site = try site()
        #expect(throws: RolloutRefusal.neverCurrent(release("v4"))) { try site.rollback(to: "v4") }
        #expect(throws: RolloutRefusal.noRelease(release("v9"))) { try site.rollback(to: "v9") }
    }

    @Test func aRollbackWhileTheOldReleaseDrainsEndsThatDrain() throws {
        var site = try site()
        try site.activate("v4")
        #expect(site.state("v3") == .draining)
        site.events = []
        try site.rollback()
        #expect(site.current == release("v3"))
        #expect(site.rows.drains.map(\.release) == [release("v4")])
        #expect(site.events.contains { $0.kind == "superseded" && $0.rollout == 4 })
        #expect(site.rows.rollouts.map(\.number) == [5])
    }

    @Test func aRollbackDuringACanaryUndoesTheCanary() throws {
        var site = try site(RolloutPolicy(canary: [percent(5)]))
        try site.activate("v4")
        #expect(site.share == percent(5))
        try site.rollback()
        #expect(site.current == release("v3"))
        #expect(site.state("v4") == .draining)
        #expect(site.share == nil)
        #expect(site.events.contains { $0.kind == "aborted" })
    }

    @Test func theFirstReleaseHasNothingToReturnTo() throws {
        var site = Simulation(published: "v1")
        try site.activate("v1")
        #expect(throws: RolloutRefusal.nothingToRollBackTo) { try site.rollback() }
        #expect(site.current == release("v1"))
    }

    @Test func anAbortedReleaseIsPassedOver() throws {
        var site = try site(RolloutPolicy(canary: [percent(5)], step: .seconds(60)))
        try site.activate("v4")
        site.pass(60)
        #expect(site.current == release("v4"))
        try site.decide { try $0.abort(by: "rollout", "errors", now: $1) }
        site.pass(3600)
        try site.rollback()
        #expect(site.current == release("v2"))
    }

    @Test func revokingIsRefusedForTheCurrentReleaseOnly() throws {
        var site = try site(RolloutPolicy(canary: [percent(5)], step: .seconds(60)))
        #expect(throws: RolloutRefusal.current(release("v3"))) {
            try site.decide { try $0.revoke(release("v3"), by: "operator", "leak", now: $1) }
        }
        try site.activate("v4")
        try site.decide { try $0.revoke(release("v4"), by: "operator", "leak", now: $1) }
        #expect(site.state("v4") == .revoked)
        #expect(site.current == release("v3"))
        #expect(site.rows.drains == [])
        #expect(site.rows.rollouts == [])
    }

    @Test func revokingTheReleaseBeforeEndsTheOverlap() throws {
        var site = try site(RolloutPolicy(canary: [percent(5)], step: .seconds(60)))
        try site.activate("v4")
        site.pass(60)
        #expect(site.current == release("v4"))
        try site.decide { try $0.revoke(release("v3"), by: "operator", "leak", now: $1) }
        #expect(site.state("v3") == .revoked)
        #expect(site.rows.rollouts == [])
        #expect(throws: RolloutRefusal.noRollout) { try site.decide { try $0.abort(by: "operator", "", now: $1) } }
    }
}
