import Foundation
import Model
import State
import Testing

@testable import Rollouts

@Suite struct ControllerTests {
    private static let stepped = RolloutPolicy(canary: [percent(5), percent(25)], step: .seconds(300))
    let database: StateDatabase

    init() throws { database = try StateDatabase.inMemory() }

    private func controller(
        _ policy: RolloutPolicy = stepped, on database: StateDatabase? = nil, node: String = "local", awaitsReady: Bool = false
    ) -> RolloutController {
        RolloutController(
            database ?? self.database, node: node, policies: [shop: policy], retention: [shop: RetentionPolicy(keep: 1)],
            awaitsReady: awaitsReady)
    }

    private func publish(_ names: String..., on database: StateDatabase? = nil) throws {
        for name in names { _ = try (database ?? self.database).makeRelease(record(name)) {} }
    }

    /// Time passes by the minute, with counters and ticks as the service has them.
    private func run(_ controller: RolloutController, from: Int64, to: Int64) throws {
        for second in stride(from: from + 60, through: to, by: 60) {
            try controller.observe([], now: at(second))
            try controller.tick(now: at(second))
        }
    }

    @Test func aRolloutGoesThroughItsPhasesByItself() throws {
        let controller = controller()
        try controller.begin(now: at(0))
        try publish("v1", "v2")
        #expect(try controller.content(shop).current == nil)
        #expect(try controller.activate(shop, release("v1"), now: at(0)).content.current == release("v1"))
        let answer = try controller.activate(shop, release("v2"), now: at(0))
        #expect(answer.changed)
        #expect(answer.rollout?.number == 2)
        #expect(answer.content.canary == SiteContent.Canary(release: release("v2"), share: percent(5)))
        #expect(try controller.nextDeadline(now: at(0)) == at(300))
        try run(controller, from: 0, to: 600)
        #expect(try controller.content(shop).current == release("v2"))
        #expect(try controller.content(shop).canary == nil)
        try run(controller, from: 600, to: 900)
        #expect(try database.rows(shop).rollouts.map(\.phase) == [.draining])
        #expect(try controller.nextDeadline(now: at(900)) == at(1800))
        try run(controller, from: 900, to: 1800)
        #expect(try database.rollouts(shop).map(\.phase) == [.finalised, .finalised])
        #expect(try controller.nextDeadline(now: at(1800)) == nil)
        let kinds = try database.events(shop).filter { $0.rollout == 2 }.map(\.kind)
        #expect(
            kinds == ["preparing", "overlapping", "canary", "canary", "activated", "draining", "kept", "finalised"])
    }

    @Test func activatingTheCurrentReleaseIsAnsweredWithoutChange() throws {
        let controller = controller()
        try controller.begin(now: at(0))
        try publish("v1")
        _ = try controller.activate(shop, release("v1"), now: at(0))
        let version = try database.contentVersion()
        let answer = try controller.activate(shop, release("v1"), now: at(1))
        #expect(!answer.changed)
        #expect(answer.rollout == nil)
        #expect(answer.content.current == release("v1"))
        #expect(try database.contentVersion() == version)
    }

    /// S6: the process is killed after each decision, and another takes up what the rows say.
    @Test func aNewControllerGoesOnAfterEveryKill() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tandem-rollouts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "state.sqlite").path
        var now: Int64 = 0
        func life(_ body: (RolloutController) throws -> Void) throws {
            let database = try StateDatabase(path: path)
            let controller = controller(on: database)
            try controller.begin(now: at(now))
            try body(controller)
            try database.close()
        }
        try life { controller in
            try publish("v1", "v2", on: controller.database)
            _ = try controller.activate(shop, release("v1"), now: at(now))
        }
        try life { _ = try $0.activate(shop, release("v2"), now: at(now)) }
        var shares: [Share] = []
        for _ in 0..<3 {
            now += 300
            try life { controller in
                shares.append(try controller.content(shop).canary?.share ?? .whole)
                try controller.tick(now: at(now))
            }
        }
        #expect(shares == [percent(5), percent(25), .whole])
        // Every restart loses counts, so quiet starts anew each time: ten minutes are never fifteen.
        for _ in 0..<5 {
            now += 600
            try life { controller in
                try controller.tick(now: at(now))
                #expect(try controller.content(shop).releases.contains { $0.state == .draining })
            }
        }
        try life { controller in
            try run(controller, from: now, to: now + 900)
            #expect(try controller.database.rollouts(shop).map(\.phase) == [.finalised, .finalised])
        }
    }

    @Test func anOrderlyRestartDoesNotDisturbQuiet() throws {
        let first = controller(RolloutPolicy())
        try first.begin(now: at(0))
        try publish("v1", "v2")
        _ = try first.activate(shop, release("v1"), now: at(0))
        _ = try first.activate(shop, release("v2"), now: at(0))
        try run(first, from: 0, to: 600)
        try first.end(now: at(600))
        let second = controller(RolloutPolicy())
        try second.begin(now: at(610))
        try run(second, from: 610, to: 910)
        #expect(try database.release(shop, release("v1"))?.state == .kept)
    }

    @Test func aGapIsRecordedAndQuietStartsAnew() throws {
        let controller = controller(RolloutPolicy())
        try controller.begin(now: at(0))
        try publish("v1", "v2")
        _ = try controller.activate(shop, release("v1"), now: at(0))
        _ = try controller.activate(shop, release("v2"), now: at(0))
        try controller.observe([], now: at(800))
        #expect(try database.latestEvents(shop, limit: 1).map(\.reason) == ["quiet starts anew: no counters for 13 min"])
        try run(controller, from: 800, to: 1640)
        #expect(try database.release(shop, release("v1"))?.state == .draining)
        try run(controller, from: 1640, to: 1700)
        #expect(try database.release(shop, release("v1"))?.state == .kept)
    }

    @Test func observedNeedKeepsADrainOpen() throws {
        let controller = controller(RolloutPolicy())
        try controller.begin(now: at(0))
        try publish("v1", "v2")
        _ = try controller.activate(shop, release("v1"), now: at(0))
        _ = try controller.activate(shop, release("v2"), now: at(0))
        try run(controller, from: 0, to: 840)
        let need = ObservedNeed(
            release: release("v1"), requests: 3, sketch: sketch(0..<1), lastAt: at(850), names: ["a.js", "b.css"])
        try controller.observe([need], now: at(860))
        #expect(
            try controller.status(shop, now: at(910)).sentences.last
                == "draining \(release("v1")): last needed 60 s ago by 3 requests/min, 2 names; quiet in 14 min at the earliest; "
                + "deadline in 29 d")
        try run(controller, from: 860, to: 1700)
        #expect(try database.release(shop, release("v1"))?.state == .draining)
        try run(controller, from: 1700, to: 1760)
        #expect(try database.release(shop, release("v1"))?.state == .kept)
    }

    @Test func aRolloutWaitsForItsNodesAcrossRestarts() throws {
        let first = controller(awaitsReady: true)
        try first.begin(now: at(0))
        try publish("v1")
        _ = try first.activate(shop, release("v1"), now: at(0))
        #expect(try first.content(shop).current == nil)
        let second = controller(awaitsReady: true)
        try second.begin(now: at(10))
        try second.tick(now: at(10))
        #expect(try second.content(shop).moving?.phase == .preparing)
        try second.ready(shop, now: at(20))
        #expect(try second.content(shop).current == release("v1"))
    }

    @Test func aSingleNodeTakesUpARolloutThatWasPreparing() throws {
        let waiting = controller(awaitsReady: true)
        try waiting.begin(now: at(0))
        try publish("v1")
        _ = try waiting.activate(shop, release("v1"), now: at(0))
        try controller().begin(now: at(10))
        #expect(try database.rows(shop).current?.id == release("v1"))
    }

    @Test func theAbortRuleUndoesARolloutThatDoesWorse() throws {
        var policy = Self.stepped
        policy.abort = AbortRule(errorRatio: percent(1))
        let controller = controller(policy)
        try controller.begin(now: at(0))
        try publish("v1", "v2")
        _ = try controller.activate(shop, release("v1"), now: at(0))
        let bad = [
            ReleaseSample(release: release("v1"), requests: 5000, serverErrors: 5),
            ReleaseSample(release: release("v2"), requests: 250, serverErrors: 50),
        ]
        #expect(try controller.judge(shop, bad, now: at(1)) == nil)
        _ = try controller.activate(shop, release("v2"), now: at(10))
        let reason = "50 of 250 answers were server errors, against 5 of 5000 of the old release"
        #expect(try controller.judge(shop, bad, now: at(20)) == reason)
        #expect(try controller.content(shop).current == release("v1"))
        #expect(try controller.content(shop).canary == nil)
        let aborted = try #require(try database.events(shop).first { $0.kind == "aborted" })
        #expect(aborted.actor == "rollout")
        #expect(aborted.reason == reason)
        #expect(try controller.judge(shop, bad, now: at(21)) == nil)
    }

    @Test func onlyTheHolderOfTheLeaseMovesASite() throws {
        let a = controller(node: "a")
        try a.begin(now: at(0))
        try publish("v1", "v2")
        _ = try a.activate(shop, release("v1"), now: at(0))
        let b = controller(node: "b")
        #expect(throws: StateError.leaseHeld(duty: "rollout:default", by: "a", until: at(30))) {
            try b.activate(shop, release("v2"), now: at(10))
        }
        _ = try b.activate(shop, release("v2"), now: at(31))
        // `a` was paused with a lease that it believes in: its clock stands still.
        #expect(throws: StateError.leaseLost(duty: "rollout:default")) { try a.rollback(shop, now: at(5)) }
        #expect(throws: StateError.leaseHeld(duty: "rollout:default", by: "b", until: at(61))) { try a.rollback(shop, now: at(40)) }
        try b.end(now: at(41))
        _ = try a.advance(shop, now: at(42))
        #expect(try a.content(shop).canary?.share == percent(25))
    }

    @Test func refusalsChangeNothing() throws {
        let controller = controller()
        try controller.begin(now: at(0))
        try publish("v1")
        _ = try controller.activate(shop, release("v1"), now: at(0))
        let rows = try database.rows(shop)
        #expect(throws: RolloutRefusal.nothingToRollBackTo) { try controller.rollback(shop, now: at(1)) }
        #expect(throws: RolloutRefusal.noRelease(release("v9"))) { try controller.activate(shop, release("v9"), now: at(1)) }
        #expect(throws: RolloutRefusal.current(release("v1"))) { try controller.revoke(shop, release("v1"), now: at(1)) }
        #expect(throws: RolloutRefusal.noRollout) { try controller.hold(shop, now: at(1)) }
        #expect(try database.rows(shop) == rows)
    }

    @Test func retentionRemovesWhatItsTimeIsOver() throws {
        let controller = controller(RolloutPolicy())
        try controller.begin(now: at(0))
        try publish("v1", "v2")
        _ = try controller.activate(shop, release("v1"), now: at(0))
        _ = try controller.activate(shop, release("v2"), now: at(1))
        try controller.observe([], now: at(31 * 86_400))
        try controller.tick(now: at(31 * 86_400))
        #expect(try controller.removeExpired(shop, now: at(31 * 86_400)) == [release("v1")])
        #expect(try controller.content(shop).releases.map(\.id) == [release("v2")])
        #expect(throws: RolloutRefusal.noRelease(release("v1"))) { try controller.rollback(shop, to: release("v1"), now: at(0)) }
    }

    @Test func aProtectedReleaseOutlivesRetention() throws {
        let controller = controller(RolloutPolicy())
        try controller.begin(now: at(0))
        try publish("v1", "v2")
        _ = try controller.activate(shop, release("v2"), now: at(1))
        try controller.protect(shop, release("v1"), now: at(2))
        #expect(try controller.removeExpired(shop, now: at(90 * 86_400)) == [])
        try controller.protect(shop, release("v1"), false, now: at(3))
        #expect(try controller.removeExpired(shop, now: at(90 * 86_400)) == [release("v1")])
        #expect(try database.events(shop).suffix(3).map(\.kind) == ["protected", "unprotected", "removed"])
    }

    @Test func whatTheDocumentsWereServedWithIsRememberedAcrossRestarts() throws {
        let first = controller(RolloutPolicy(documentLifetime: .seconds(7200)))
        try first.begin(now: at(0))
        try publish("v1", "v2")
        _ = try first.activate(shop, release("v1"), now: at(0))
        let second = controller(RolloutPolicy())
        try second.begin(now: at(60))
        _ = try second.activate(shop, release("v2"), now: at(60))
        #expect(try second.nextDeadline(now: at(60)) == at(60 + 7200))
    }
}
