import Handover
import TestSeeds
import Testing

@testable import Supervision

/// The machine, driven without processes: a word in, what it wants done out.
@Suite struct SupervisorMachineTests {
    /// A machine and the moment.
    private struct Trial {
        var machine = SupervisorMachine(process: 100)
        var now = Duration.seconds(1000)
        var log: [SupervisorMachine.Action] = []

        @discardableResult
        mutating func take(_ event: SupervisorMachine.Event) -> [SupervisorMachine.Action] {
            let actions = machine.take(event, now: now)
            log += actions
            return actions.filter { if case .log = $0 { false } else { true } }
        }

        static func edition(_ number: Int, maximum: Int = 4) -> Edition {
            var policy = Edition.Policy()
            policy.maximum = maximum
            return Edition(number: number, hash: "h\(number)", policy: policy)
        }

        /// A machine whose first generation serves and leads.
        static func serving() -> Trial {
            var trial = Trial()
            trial.take(.begin(edition(1)))
            trial.begin(1)
            return trial
        }

        /// A spawned generation becomes ready, and serves; those before accept no more.
        mutating func begin(_ number: Int) {
            take(.spawned(generation: number, process: 100 + number))
            take(.word(generation: number, .hello(version: Handshake.version)))
            take(.word(generation: number, .ready(hash: "")))
            for case .order(let other, .drain) in take(.word(generation: number, .started)) { take(.word(generation: other, .closed)) }
        }

        mutating func reload(to edition: Int, asker: Int) -> [SupervisorMachine.Action] {
            take(.wish(.reload, asker: asker)) + take(.prepared(.success(Self.edition(edition))))
        }

        var states: [String] { machine.reports(now: now).map { "\($0.number) \($0.state)" } }
    }

    @Test func theFirstGenerationIsReadyThenGoesThenLeads() {
        var trial = Trial()
        #expect(trial.take(.begin(Trial.edition(1))) == [.spawn(generation: 1, edition: 1, binary: .own, isAlone: true)])
        #expect(trial.take(.word(generation: 1, .ready(hash: ""))) == [.order(generation: 1, .go)])
        #expect(
            trial.take(.word(generation: 1, .started)) == [
                .settle(edition: 1), .order(generation: 1, .lead(.afterGap)), .order(generation: 1, .company(0)), .tell(.ready),
            ])
    }

    @Test func theOldOneIsToldToDrainOnlyWhenTheNewOneHasStarted() {
        var trial = Trial.serving()
        let begun = trial.reload(to: 2, asker: 7)
        #expect(begun == [.tell(.reloading), .prepare(.reload), .spawn(generation: 2, edition: 2, binary: .own, isAlone: false)])
        #expect(trial.take(.word(generation: 2, .ready(hash: ""))) == [.order(generation: 2, .go)])
        let started = trial.take(.word(generation: 2, .started))
        #expect(started.prefix(2) == [.settle(edition: 2), .order(generation: 1, .drain)])
        #expect(!started.contains { if case .answer = $0 { true } else { false } })
        let closed = trial.take(.word(generation: 1, .closed))
        #expect(closed.contains { if case .answer([7], .done) = $0 { true } else { false } })
        #expect(closed.last == .tell(.ready))
        #expect(trial.states == ["1 draining", "2 serving"])
        // Who leads is one: the old one gives up first.
        #expect(trial.take(.word(generation: 1, .yielded)) == [.order(generation: 2, .lead(.afterYield))])
    }

    @Test func anOldOneThatDoesNotStopAcceptingDelaysTheAnswerForAWhile() {
        var trial = Trial.serving()
        _ = trial.reload(to: 2, asker: 1)
        trial.take(.word(generation: 2, .ready(hash: "")))
        trial.take(.word(generation: 2, .started))
        trial.take(.word(generation: 1, .yielded))
        #expect(trial.machine.nextDeadline == trial.now + SupervisorMachine.closePatience)
        trial.now += SupervisorMachine.closePatience
        #expect(trial.take(.time).contains { if case .answer([1], .done) = $0 { true } else { false } })
        // What it says later is no news.
        #expect(trial.take(.word(generation: 1, .closed)).isEmpty)
    }

    @Test(arguments: [1, 2]) func whoWaitsForTheOldOneToCloseIsAnsweredWhenEitherDies(_ lost: Int) {
        var trial = Trial.serving()
        _ = trial.reload(to: 2, asker: 1)
        trial.take(.word(generation: 2, .ready(hash: "")))
        trial.take(.word(generation: 2, .started))
        var actions = trial.take(.ended(generation: lost, .killed(signal: 9)))
        if lost == 2 { actions += trial.take(.word(generation: 1, .closed)) }
        #expect(
            actions.contains {
                switch $0 {
                case .answer([1], .done): lost == 1
                case .answer([1], .refused): lost == 2
                default: false
                }
            })
        #expect(actions.contains(.tell(.ready)))
    }

    @Test func aLeaderThatHangsIsPassedOver() {
        var trial = Trial.serving()
        _ = trial.reload(to: 2, asker: 1)
        trial.begin(2)
        trial.now += .seconds(3)
        #expect(trial.take(.time) == [.order(generation: 2, .lead(.afterGap))])
    }

    @Test func aFaultyConfigurationTouchesNothing() {
        var trial = Trial.serving()
        trial.take(.wish(.reload, asker: 1))
        let refused = trial.take(.prepared(.failure(Refusal(exit: 3, text: "a.yaml:1:1: error: no"))))
        #expect(refused == [.answer(askers: [1], .refused(exit: 3, text: "a.yaml:1:1: error: no")), .tell(.ready)])
        #expect(trial.states == ["1 serving"])
        #expect(!trial.reload(to: 2, asker: 2).isEmpty)
    }

    @Test(arguments: [Ending.exited(1), .killed(signal: 11)]) func aNewGenerationThatDiesLeavesTheOld(_ ending: Ending) {
        for isReady in [false, true] {
            var trial = Trial.serving()
            _ = trial.reload(to: 2, asker: 1)
            if isReady { trial.take(.word(generation: 2, .ready(hash: ""))) }
            let lost = trial.take(.ended(generation: 2, ending))
            #expect(lost.prefix(2).first == .discard(edition: 2))
            #expect(lost.contains { if case .answer([1], .refused(1, _)) = $0 { true } else { false } })
            #expect(!lost.contains(.order(generation: 1, .drain)))
            #expect(trial.states == ["1 serving"])
        }
    }

    @Test func aNewGenerationThatHangsIsEnded() {
        var trial = Trial.serving()
        _ = trial.reload(to: 2, asker: 1)
        #expect(trial.machine.nextDeadline == trial.now + .seconds(30))
        trial.now += .seconds(30)
        #expect(trial.take(.time) == [.kill(generation: 2)])
        let lost = trial.take(.ended(generation: 2, .killed(signal: 9)))
        #expect(lost.contains { if case .answer([1], .refused(1, let text)) = $0 { text.contains("ready_timeout") } else { false } })
    }

    @Test func aStormOfWishesIsTwoReloads() {
        var trial = Trial.serving()
        var prepared = 0
        for asker in 0..<200 { prepared += trial.take(.wish(.reload, asker: asker)).count { $0 == .prepare(.reload) } }
        #expect(prepared == 1)
        trial.take(.prepared(.success(Trial.edition(2))))
        trial.begin(2)
        trial.take(.prepared(.success(Trial.edition(3))))
        trial.begin(3)
        #expect(trial.log.count { $0 == .prepare(.reload) } == 2)
        let answered = trial.log.flatMap { action -> [Int] in if case .answer(let askers, .done) = action { askers } else { [] } }
        #expect(answered.sorted() == Array(0..<200))
        #expect(trial.machine.edition?.number == 3)
    }

    @Test func thereAreNeverMoreThanTheMaximum() {
        var trial = Trial()
        trial.take(.begin(Trial.edition(1, maximum: 2)))
        trial.begin(1)
        trial.take(.wish(.reload, asker: 1))
        trial.take(.prepared(.success(Trial.edition(2, maximum: 2))))
        trial.begin(2)
        trial.take(.wish(.reload, asker: 2))
        let waits = trial.take(.prepared(.success(Trial.edition(3, maximum: 2))))
        #expect(waits == [.order(generation: 1, .hurry(milliseconds: 1000))])
        let room = trial.take(.ended(generation: 1, .exited(0)))
        #expect(room.contains(.spawn(generation: 3, edition: 3, binary: .own, isAlone: false)))
    }

    @Test func aCrashIsMendedAtOnceThenEverSlower() {
        var trial = Trial.serving()
        trial.now += .seconds(60)
        #expect(
            trial.take(.ended(generation: 1, .killed(signal: 9))).contains(.spawn(generation: 2, edition: 1, binary: .own, isAlone: true)))
        var waits: [Duration] = []
        for number in 2...8 {
            trial.begin(number)
            trial.take(.ended(generation: number, .killed(signal: 11)))
            let due = trial.machine.nextDeadline ?? .zero
            waits.append(due - trial.now)
            trial.now = due
            trial.take(.time)
        }
        #expect(waits == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
    }

    @Test func threeYoungDeathsBringBackWhatWorked() {
        var trial = Trial.serving()
        trial.now += .seconds(100)
        _ = trial.reload(to: 2, asker: 1)
        trial.begin(2)
        trial.take(.word(generation: 1, .yielded))
        trial.take(.ended(generation: 1, .exited(0)))
        var spawned: [Int] = []
        for number in 2...4 {
            trial.now += .milliseconds(200)
            var actions = trial.take(.ended(generation: number, .killed(signal: 11)))
            if let due = trial.machine.nextDeadline, !actions.contains(where: { if case .spawn = $0 { true } else { false } }) {
                trial.now = due
                actions += trial.take(.time)
            }
            for case .spawn(_, let edition, _, _) in actions { spawned.append(edition) }
            trial.begin(number + 1)
        }
        #expect(spawned == [2, 2, 1])
    }

    /// A machine that was upgraded to the second edition, and whose first generation has ended.
    private func upgraded() throws -> Trial {
        var trial = Trial.serving()
        trial.now += .seconds(100)
        trial.take(.wish(.upgrade, asker: 5))
        trial.take(.prepared(.success(Trial.edition(2))))
        trial.begin(2)
        trial.machine = try SupervisorMachine(packed: trial.machine.packed)
        trial.log += trial.machine.executed(now: trial.now)
        trial.take(.word(generation: 1, .yielded))
        trial.take(.ended(generation: 1, .exited(0)))
        return trial
    }

    /// Lets what serves crash until something else than the second edition is spawned, at most five times.
    private func crash(_ trial: inout Trial) -> SupervisorMachine.Action? {
        for number in 2...6 {
            trial.now += .milliseconds(200)
            var actions = trial.take(.ended(generation: number, .killed(signal: 11)))
            if let due = trial.machine.nextDeadline, !actions.contains(where: { if case .spawn = $0 { true } else { false } }) {
                trial.now = due
                actions += trial.take(.time)
            }
            for action in actions { if case .spawn(_, let edition, _, _) = action, edition != 2 { return action } }
            trial.begin(number + 1)
        }
        return nil
    }

    @Test func threeYoungDeathsAfterAnUpgradeBringBackTheBinaryToo() throws {
        var trial = try upgraded()
        #expect(crash(&trial) == .spawn(generation: 5, edition: 1, binary: .previous, isAlone: true))
        trial.take(.wish(.reload, asker: 9))
        trial.take(.spawned(generation: 5, process: 105))
        trial.take(.word(generation: 5, .ready(hash: "")))
        #expect(trial.take(.word(generation: 5, .started)).last == .execute(.previous))
        var before = try SupervisorMachine(packed: trial.machine.packed)
        // What was asked meanwhile comes next.
        #expect(before.executed(now: trial.now).contains(.prepare(.reload)))
        #expect(trial.states == ["5 serving"])
    }

    @Test func aBinaryFromBeforeThatDoesNotServeEitherLeavesThisOne() throws {
        var trial = try upgraded()
        _ = crash(&trial)
        let lost = trial.take(.ended(generation: 5, .exited(1)))
        #expect(lost.contains(.spawn(generation: 6, edition: 1, binary: .own, isAlone: true)))
        trial.begin(6)
        #expect(trial.states == ["6 serving"])
        #expect(!trial.reload(to: 3, asker: 1).isEmpty)
    }

    @Test func anUpgradeReplacesTheImageOnlyWhenTheNewBinaryServes() throws {
        var trial = Trial.serving()
        trial.take(.wish(.upgrade, asker: 5))
        #expect(
            trial.take(.prepared(.success(Trial.edition(2)))) == [.spawn(generation: 2, edition: 2, binary: .new, isAlone: false)])
        trial.take(.word(generation: 2, .ready(hash: "")))
        let started = trial.take(.word(generation: 2, .started)) + trial.take(.word(generation: 1, .closed))
        #expect(started.last == .execute(.new))
        #expect(!started.contains { if case .answer = $0 { true } else { false } })
        // What the next image reads goes on where this one stood.
        trial.take(.wish(.reload, asker: 6))
        var next = try SupervisorMachine(packed: trial.machine.packed)
        #expect(next.reports(now: trial.now) == trial.machine.reports(now: trial.now))
        let actions = next.executed(now: trial.now)
        #expect(actions.contains { if case .answer([5], .done) = $0 { true } else { false } })
        #expect(actions.contains(.prepare(.reload)))
    }

    @Test func anImageIsNotReplacedForAGenerationThatIsLostMeanwhile() {
        var trial = Trial.serving()
        trial.take(.wish(.upgrade, asker: 5))
        trial.take(.prepared(.success(Trial.edition(2))))
        trial.begin(2)
        #expect(trial.machine.isExecuting)
        trial.take(.ended(generation: 1, .exited(0)))
        #expect(trial.machine.isExecuting)
        let actions = trial.take(.ended(generation: 2, .killed(signal: 11)))
        #expect(!trial.machine.isExecuting)
        #expect(actions.contains { if case .answer([5], .refused) = $0 { true } else { false } })
        #expect(actions.contains { if case .spawn = $0 { true } else { false } })
    }

    @Test func whenTheImageCannotBeReplacedTheNewGenerationServesOn() {
        var trial = Trial.serving()
        trial.take(.wish(.upgrade, asker: 5))
        trial.take(.prepared(.success(Trial.edition(2))))
        trial.begin(2)
        let actions = trial.take(.notExecuted(reason: "no"))
        #expect(actions.contains { if case .answer([5], .refused) = $0 { true } else { false } })
        #expect(trial.states == ["1 draining", "2 serving"])
    }

    @Test func whoeverChangesTheContentWaitsUntilEveryOtherServesIt() {
        var trial = Trial.serving()
        // Alone: at once.
        #expect(trial.take(.word(generation: 1, .changed(version: 3))) == [.order(generation: 1, .followed(version: 3))])
        _ = trial.reload(to: 2, asker: 1)
        trial.begin(2)
        _ = trial.reload(to: 3, asker: 2)
        // One that loads is not waited for, one that starts is.
        #expect(trial.take(.word(generation: 2, .changed(version: 4))) == [.order(generation: 1, .follow(version: 4))])
        trial.take(.word(generation: 3, .ready(hash: "")))
        #expect(
            trial.take(.word(generation: 2, .changed(version: 5)))
                == [.order(generation: 1, .follow(version: 5)), .order(generation: 3, .follow(version: 5))])
        #expect(trial.take(.word(generation: 1, .follows(version: 5))) == [.order(generation: 2, .followed(version: 4))])
        // Its end is as good as its word.
        #expect(trial.take(.ended(generation: 3, .killed(signal: 9))).contains(.order(generation: 2, .followed(version: 5))))
    }

    @Test func aStopClosesTheSocketsFirstAndEndsWithTheLastGeneration() {
        var trial = Trial.serving()
        let stopping = trial.take(.wish(.stop, asker: 3))
        #expect(stopping == [.tell(.stopping), .closeSockets, .order(generation: 1, .stop(milliseconds: 30_000))])
        trial.take(.word(generation: 1, .ended(cut: 2)))
        #expect(
            trial.take(.ended(generation: 1, .exited(0))) == [.answer(askers: [3], .stopped(process: 100, cut: 2)), .exit(0)])
    }

    @Test func aStopEndsAReload() {
        var trial = Trial.serving()
        _ = trial.reload(to: 2, asker: 1)
        let stopping = trial.take(.signal(.terminate))
        #expect(stopping.contains(.kill(generation: 2)))
        #expect(stopping.contains { if case .answer([1], .refused) = $0 { true } else { false } })
        trial.take(.ended(generation: 2, .killed(signal: 9)))
        #expect(trial.take(.ended(generation: 1, .exited(0))) == [.exit(0)])
    }

    @Test func aFirstGenerationThatCannotBeginEndsTheProcess() {
        var trial = Trial()
        trial.take(.begin(Trial.edition(1)))
        let refusal = Refusal(exit: 3, text: "a.yaml:1:1: error: no")
        trial.take(.word(generation: 1, .refused(exit: 3, text: refusal.text)))
        #expect(trial.take(.ended(generation: 1, .exited(3))) == [.fail(refusal)])
    }

    @Test func aFirstGenerationThatAReloadOvertakesIsNotMissed() {
        var trial = Trial()
        trial.take(.begin(Trial.edition(1)))
        trial.take(.word(generation: 1, .ready(hash: "")))
        #expect(trial.reload(to: 2, asker: 1).contains(.spawn(generation: 2, edition: 2, binary: .own, isAlone: false)))
        trial.begin(2)
        #expect(!trial.take(.ended(generation: 1, .killed(signal: 9))).contains { if case .fail = $0 { true } else { false } })
        #expect(trial.states == ["2 serving"])
    }

    @Test func orphansAreDrainedByTheFirstGenerationOfTheNextSupervisor() {
        var trial = Trial()
        trial.take(.adopted(Orphan(generation: 4, process: 44, hash: "h", isDraining: false, leads: true)))
        #expect(trial.take(.begin(Trial.edition(1))) == [.spawn(generation: 5, edition: 1, binary: .own, isAlone: false)])
        trial.take(.word(generation: 5, .ready(hash: "")))
        #expect(trial.take(.word(generation: 5, .started)).contains(.order(generation: 4, .drain)))
        #expect(trial.take(.word(generation: 4, .yielded)) == [.order(generation: 5, .lead(.afterYield))])
    }

    /// Whatever comes in whatever order: nothing traps, and there are never more than the maximum.
    @Test(arguments: 1...30 as ClosedRange<UInt64>) func anyOrderOfEventsIsSurvived(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var trial = Trial()
        trial.take(.begin(Trial.edition(1, maximum: 3)))
        var edition = 2
        for _ in 0..<400 {
            trial.now += .milliseconds(Int.random(in: 0...2000, using: &random))
            let number = trial.machine.generations.randomElement(using: &random)?.number ?? 1
            switch Int.random(in: 0..<14, using: &random) {
            case 0: trial.take(.wish(.reload, asker: edition))
            case 1: trial.take(.wish(.upgrade, asker: edition))
            case 2:
                trial.take(.prepared(.success(Trial.edition(edition, maximum: 3))))
                edition += 1
            case 3: trial.take(.prepared(.failure(.failed("no"))))
            case 4: trial.take(.ended(generation: number, .killed(signal: 9)))
            case 5: trial.take(.ended(generation: number, .exited(0)))
            case 6: trial.take(.word(generation: number, .yielded))
            case 7: trial.take(.notExecuted(reason: "no"))
            case 8: trial.take(.signal(.reopenLogs))
            case 9, 10: trial.take(.word(generation: number, .ready(hash: "")))
            case 11, 12: trial.take(.word(generation: number, .started))
            default: trial.take(.time)
            }
            #expect(trial.machine.generations.count <= 4)
            #expect(trial.machine.generations.count { $0.phase == .serving } <= 1)
        }
        trial.take(.signal(.interrupt))
        for number in trial.machine.generations.map(\.number) { trial.take(.ended(generation: number, .killed(signal: 9))) }
        #expect(trial.log.contains { if case .exit = $0 { true } else if case .fail = $0 { true } else { false } })
    }
}
