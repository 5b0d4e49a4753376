import Handover

/// Decides everything a supervisor does, as a value: events go in, actions come out. It knows no process, socket or clock.
///
/// ```
///            wish ┌───────────┐ copy is good ┌───────────┐ started  ┌─────────┐ closed
///  serving ──────▶│ preparing │─────────────▶│ replacing │─────────▶│ closing │────────▶ done: the old one only finishes
///     ▲           └─────┬─────┘              └─────┬─────┘          └─────────┘          what it holds
///     └──── refused ────┴──── it fails, or its time is over: the old one is untouched
/// ```
/// One change at a time: wishes that come meanwhile are answered together by the next, which begins after them.
package struct SupervisorMachine: Sendable {
    package internal(set) var generations: [Generation] = []
    /// What is spawned when a worker is needed.
    package internal(set) var edition: Edition?
    let process: Int
    var nextGeneration = 1
    var leader: Int?
    /// The one that led has to say `yielded` by then.
    var yieldBy: Duration?
    var change: Change?
    var pending: [(kind: ChangeKind, askers: [Int])] = []
    var probation: Probation?
    var awaited: [Awaited] = []
    var backOff = BackOff()
    var restartAt: Duration?
    var stop = StopMachine(usual: .seconds(30), patient: .seconds(600))
    var stopAskers: [Int] = []
    var cutCount = 0
    var killAt: Duration?
    /// Of the first worker that was spawned: when that one cannot begin, nothing begins.
    var firstNumber = 0
    var isReady = false
    var isOver = false
    var actions: [Action] = []
    var now = Duration.zero

    /// - Parameter process: the supervisor's own id.
    package init(process: Int) {
        self.process = process
    }

    static let yieldPatience = Duration.seconds(2)
    /// So long a change is not called done because the generation before may still accept.
    static let closePatience = Duration.seconds(5)
    /// What a worker needs after its last connection: last counts, closing the state.
    static let endPatience = Duration.seconds(10)
    /// What the oldest generation still has when there is no room for another.
    static let hurried = Duration.seconds(1)
    static let crashesInProbation = 3

    package mutating func take(_ event: Event, now: Duration) -> [Action] {
        self.now = now
        defer { actions = [] }
        if isOver { return [] }
        switch event {
        case .begin(let edition):
            self.edition = edition
            stop = StopMachine(usual: edition.policy.stop, patient: edition.policy.patientStop)
            firstNumber = nextGeneration
            spawn(edition, kind: nil)
        case .adopted(let orphan): adopt(orphan)
        case .signal(let wish): take(wish)
        case .wish(let wish, let asker): take(wish, asker)
        case .prepared(let result): prepared(result)
        case .spawned(let number, let process): update(number) { $0.process = process }
        case .notSpawned(let number, let reason):
            update(number) { $0.refusal = .failed(reason) }
            lost(number, .exited(1))
        case .word(let number, let word): heard(word, from: number)
        case .ended(let number, let ending): lost(number, ending)
        case .notExecuted(let reason): notExecuted(reason)
        case .time: timePassed()
        }
        return actions
    }

    /// When `.time` has to come; nil: nothing waits for it.
    package var nextDeadline: Duration? {
        let living = generations.compactMap { $0.isKilled ? nil : $0.deadline }
        return (living + [yieldBy, closeBy, restartAt, killAt].compactMap { $0 }).min()
    }

    /// What a change that is under way will need.
    var editionsInChange: [Int] {
        switch change?.stage {
        case .waiting(let edition): [edition.number]
        case .replacing(let number): generation(number).map { [$0.edition.number] } ?? []
        case .preparing, .closing, .executing, nil: []
        }
    }

    package func reports(now: Duration) -> [GenerationReport] { generations.map { $0.report(now: now) } }

    private mutating func timePassed() {
        for generation in generations where !generation.isKilled {
            guard let deadline = generation.deadline, deadline <= now else { continue }
            if generation.hasServed {
                actions.append(.log(.error, "generation \(generation.number) does not end: it is ended by force"))
            } else {
                let limit = generation.edition.policy.readyTimeout.seconds
                update(generation.number) {
                    $0.refusal = .failed("the new generation was not ready within \(limit) (generations.ready_timeout) and was ended")
                }
            }
            kill(generation.number)
        }
        if let yieldBy, yieldBy <= now {
            // It hangs, or the state does: leases keep its writes out.
            self.yieldBy = nil
            leader = nil
            appoint(.afterGap)
        }
        if let closeBy, closeBy <= now { didNotClose() }
        if let restartAt, restartAt <= now, let edition {
            self.restartAt = nil
            spawn(edition, kind: nil)
        }
        if let killAt, killAt <= now {
            self.killAt = nil
            for generation in generations where !generation.isKilled { kill(generation.number) }
        }
    }
}

extension Duration {
    /// `30 s`, `0.5 s`.
    var seconds: String {
        milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(Double(milliseconds) / 1000) s"
    }
}
