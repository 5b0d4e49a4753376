import Model
import State
import TestSeeds
import Testing

@testable import Rollouts

/// Random sequences of everything that can happen to a site, over the real state and machine: what must always be true is.
@Suite struct RandomRolloutTests {
    private final class Run {
        var random: SeededGenerator
        let database: StateDatabase
        var controller: RolloutController
        var now: Timestamp = at(0)
        var published = 0
        var steps: [String] = []
        var wasEverCurrent = false
        var shares: [Int64: Share] = [:]

        init(seed: UInt64) throws {
            random = SeededGenerator(seed: seed)
            database = try StateDatabase.inMemory()
            controller = Self.controller(database)
            try controller.begin(now: now)
        }

        static func controller(_ database: StateDatabase) -> RolloutController {
            let policy = RolloutPolicy(canary: [percent(5), percent(50)], documentLifetime: .seconds(1200))
            let retention = RetentionPolicy(keep: 2, minimumAge: .seconds(3600), maximumAge: .seconds(86_400))
            return RolloutController(database, node: "local", policies: [shop: policy], retention: [shop: retention])
        }

        func any() -> ReleaseID { release("v\(Int.random(in: 0...max(published - 1, 0), using: &random))") }

        /// One thing happens. A refusal is an answer; any other error fails the test.
        func step() throws {
            let choice = Int.random(in: 0..<18, using: &random)
            steps.append("\(choice)")
            do {
                switch choice {
                case 0, 1:
                    var new = record("v\(published)")
                    new.publishedAt = now
                    new.isAssetsOnly = Int.random(in: 0..<8, using: &random) == 0
                    published += 1
                    _ = try database.makeRelease(new) {}
                case 2, 3: _ = try controller.activate(shop, any(), now: now)
                case 4: _ = try controller.activate(shop, any(), from: percent(Int.random(in: 1...100, using: &random)), now: now)
                case 5: _ = try controller.rollback(shop, now: now)
                case 6: _ = try controller.rollback(shop, to: any(), now: now)
                case 7: _ = try controller.advance(shop, now: now)
                case 8: _ = try controller.hold(shop, now: now)
                case 9: _ = try controller.resume(shop, now: now)
                case 10: _ = try controller.abort(shop, now: now)
                case 11: _ = try controller.retire(shop, any(), now: now)
                case 12:
                    if Int.random(in: 0..<4, using: &random) == 0 { _ = try controller.revoke(shop, any(), now: now) }
                case 13:
                    controller = Self.controller(database)
                    try controller.begin(now: now)
                case 14: now = now + .seconds(Int.random(in: -7200...7200, using: &random))
                case 15: _ = try controller.removeExpired(shop, now: now)
                default: try pass()
                }
            } catch is RolloutRefusal {}
            try controller.observe([], now: now)
            try check()
        }

        private func pass() throws {
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                now = now + .seconds(60)
                var need: [ObservedNeed] = []
                if Int.random(in: 0..<20, using: &random) == 0 {
                    need = [ObservedNeed(release: any(), requests: 1, sketch: sketch(0..<1), lastAt: now, names: ["a.js"])]
                }
                try controller.observe(need, now: now)
                try controller.tick(now: now)
            }
        }

        private func check() throws {
            let rows = try database.rows(shop)
            let states = Dictionary(uniqueKeysWithValues: rows.releases.map { ($0.id, $0.state) })
            // Once a site has documents it always has.
            if wasEverCurrent { #expect(rows.current != nil) }
            wasEverCurrent = wasEverCurrent || rows.current != nil
            if let current = rows.current { #expect(!current.isAssetsOnly) }
            let overlapping = rows.moving.flatMap { $0.phase == .overlapping ? $0 : nil }
            let wholeFrom = overlapping.flatMap { RolloutMachine.isWhole($0) ? $0.from : nil }
            // Draining is what has a drain, and the release before one that has just reached the whole.
            let draining = Set(states.filter { $0.value == .draining }.keys)
            #expect(draining == Set(rows.drains.map(\.release)).union([wholeFrom].compactMap { $0 }))
            // A canary is what the rollout that overlaps leads to, and nothing else.
            let canaries = states.filter { $0.value == .canary }.keys
            #expect(Array(canaries) == (wholeFrom == nil ? [overlapping?.to].compactMap { $0 } : []))
            // Every rollout that drains waits for a drain of its own.
            for rollout in rows.rollouts where rollout.phase == .draining {
                #expect(rows.drains.contains { $0.rollout == rollout.number && $0.release == rollout.from })
            }
            if let overlapping {
                let share = overlapping.steps[overlapping.step]
                #expect(share >= shares[overlapping.number] ?? .none)
                shares[overlapping.number] = share
                #expect(overlapping.from.map { states[$0] } != .some(.removed))
            }
            // What the machine would see of its own decision is what the next one reads.
            var seen: SiteRows?
            try controller.update(shop, now: now) { machine in
                machine.tick(now: self.now)
                seen = machine.rows
            }
            var stored = try database.rows(shop)
            // Need is loaded for what drains as the decision begins.
            stored.version = seen?.version ?? 0
            stored.need = seen?.need ?? [:]
            #expect(stored == seen)
        }
    }

    @Test(arguments: 0..<12)
    func whatMustAlwaysBeTrueIs(seed: Int) throws {
        let run = try Run(seed: UInt64(seed))
        for _ in 0..<80 {
            let before = run.steps.count
            do {
                try run.step()
            } catch {
                Issue.record("seed \(seed), step \(before) (\(run.steps.suffix(5))): \(error)")
                return
            }
        }
        // Left alone for long enough, everything comes to an end.
        _ = try? run.controller.resume(shop, now: run.now)
        for _ in 0..<60 {
            run.now = run.now + .seconds(100)
            try run.controller.observe([], now: run.now)
            try run.controller.tick(now: run.now)
        }
        let left = try run.database.rows(shop)
        #expect(left.rollouts.filter { !$0.isHeld } == [])
        #expect(left.drains.allSatisfy { drain in left.rollouts.contains { $0.number == drain.rollout } })
        // The last activation in the events is what is current.
        let activated = try run.database.events(shop, limit: 100_000).last { $0.kind == "activated" }
        #expect(left.current?.id == activated?.release)
        #expect(try run.database.faults() == [])
    }
}
