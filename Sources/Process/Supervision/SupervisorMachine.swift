import Handover

/// Decides everything a supervisor does, as a value: events go in, actions come out. It knows no process, socket or clock.
///
/// ```
///            wish ┌───────────┐ copy is good ┌───────────┐ started          ┌─────────┐
///  serving ──────▶│ preparing │─────────────▶│ replacing │─────────────────▶│ serving │  the old one drains
///     ▲           └─────┬─────┘              └─────┬─────┘                  └─────────┘
///     └──── refused ────┴──── it fails, or its time is over: the old one is untouched
/// ```
/// One change at a time: wishes that come meanwhile are answered together by the next, which begins after them.
package struct SupervisorMachine: Sendable {
    package enum ChangeKind: UInt8, Sendable, CaseIterable {
        case reload = 1
        case upgrade
        /// Back to the binary from before an upgrade that crashed: nobody asks for it.
        case restore

        /// What its worker runs.
        var binary: Binary {
            switch self {
            case .reload: .own
            case .upgrade: .new
            case .restore: .previous
            }
        }
    }

    package enum Binary: Hashable, Sendable {
        /// This very image, also when its file was replaced meanwhile.
        case own
        /// What stands at its path now.
        case new
        /// What this process was before the last upgrade.
        case previous
    }

    package enum SignalWish: Sendable {
        case reload, upgrade, reopenLogs, terminate, quit, interrupt
    }

    package enum Level: Sendable {
        case info, notice, warning, error
    }

    /// What a service manager is told.
    package enum ServiceState: Hashable, Sendable {
        case ready, reloading, stopping
    }

    package enum Event: Sendable {
        /// The first edition.
        case begin(Edition)
        /// A worker whose supervisor died has given itself into our hands; before `begin`.
        case adopted(Orphan)
        case signal(SignalWish)
        /// From a command, by the number of its connection.
        case wish(Wish, asker: Int)
        case prepared(Result<Edition, Refusal>)
        case spawned(generation: Int, process: Int)
        case notSpawned(generation: Int, reason: String)
        case word(generation: Int, Word)
        case ended(generation: Int, Ending)
        /// The image could not be replaced.
        case notExecuted(reason: String)
        /// Time has passed.
        case time
    }

    package enum Action: Hashable, Sendable {
        /// Copy the configuration, validate the copy in a child, bind what is new; for an upgrade ask the new binary first.
        case prepare(ChangeKind)
        case spawn(generation: Int, edition: Int, binary: Binary, isAlone: Bool)
        case order(generation: Int, Order)
        case kill(generation: Int)
        /// Only this edition's addresses are listened on.
        case settle(edition: Int)
        /// Close what was bound for this edition.
        case discard(edition: Int)
        /// New connections are the workers' affair from here on.
        case closeSockets
        case answer(askers: [Int], Reply)
        /// Replace the image by another.
        case execute(Binary)
        case log(Level, String)
        case tell(ServiceState)
        case exit(Int32)
        /// The first worker could not begin: the process ends, and says why.
        case fail(Refusal)
    }

    struct Change: Hashable, Sendable {
        enum Stage: Hashable, Sendable {
            case preparing
            /// Waits for an old generation to end.
            case waiting(Edition)
            case replacing(generation: Int)
            case executing
        }

        var kind: ChangeKind
        var askers: [Int]
        var stage = Stage.preparing
    }

    /// A change that has to prove itself.
    struct Probation: Hashable, Sendable {
        var fallback: Edition
        /// The binary is new too.
        var isUpgrade = false
        var crashes = 0
    }

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
        return (living + [yieldBy, restartAt, killAt].compactMap { $0 }).min()
    }

    /// What a change that is under way will need.
    var editionsInChange: [Int] {
        switch change?.stage {
        case .waiting(let edition): [edition.number]
        case .replacing(let number): generation(number).map { [$0.edition.number] } ?? []
        case .preparing, .executing, nil: []
        }
    }

    package func reports(now: Duration) -> [GenerationReport] { generations.map { $0.report(now: now) } }

    // MARK: Generations

    var serving: Generation? { generations.last { $0.phase == .serving } }
    func generation(_ number: Int) -> Generation? { generations.first { $0.number == number } }

    mutating func update(_ number: Int, _ change: (inout Generation) -> Void) {
        if let index = generations.firstIndex(where: { $0.number == number }) { change(&generations[index]) }
    }

    mutating func spawn(_ edition: Edition, kind: ChangeKind?) {
        let generation = Generation(number: nextGeneration, edition: edition, now: now)
        nextGeneration += 1
        let isAlone = generations.isEmpty
        generations.append(generation)
        actions.append(.spawn(generation: generation.number, edition: edition.number, binary: kind?.binary ?? .own, isAlone: isAlone))
        if kind != nil { change?.stage = .replacing(generation: generation.number) }
    }

    private mutating func adopt(_ orphan: Orphan) {
        // What it runs is not ours to start again: its edition has no number.
        var generation = Generation(
            number: orphan.generation, edition: Edition(number: 0, hash: orphan.hash, policy: .init()), now: now)
        generation.phase = orphan.isDraining ? .draining : .serving
        generation.process = orphan.process
        generations.append(generation)
        generations.sort { $0.number < $1.number }
        nextGeneration = max(nextGeneration, orphan.generation + 1)
        if orphan.leads { leader = orphan.generation }
        actions.append(.log(.notice, "generation \(orphan.generation) (process \(orphan.process)) lost its supervisor and is taken over"))
    }

    private mutating func heard(_ word: Word, from number: Int) {
        guard let generation = generation(number) else { return }
        switch word {
        case .hello(let version):
            if Handshake.understood.contains(version) { return }
            update(number) {
                $0.refusal = .failed("the new binary speaks version \(version) of the handshake, which is not understood here")
            }
            kill(number)
        case .refused(let exit, let text): update(number) { $0.refusal = Refusal(exit: exit, text: text) }
        case .ready:
            guard generation.phase == .loading else { return }
            update(number) { $0.phase = .starting }
            actions.append(.order(generation: number, .go))
        case .started:
            guard generation.phase == .starting else { return }
            started(generation)
        case .yielded:
            if leader == number { leader = nil }
            yieldBy = nil
            appoint(.afterYield)
        case .figures(let figures):
            if figures.forced > generation.figures.forced {
                let more = figures.forced - generation.figures.forced
                actions.append(
                    .log(
                        .warning, "generation \(number): \(more) connection\(more == 1 ? " was" : "s were") closed by a limit of the drain")
                )
            }
            if figures.concluded > generation.figures.concluded {
                let more = figures.concluded - generation.figures.concluded
                let what = "\(more) WebSocket or event stream\(more == 1 ? "" : "s")"
                actions.append(.log(.info, "generation \(number): \(what) ended at the limit of the drain"))
            }
            update(number) { $0.figures = figures }
        case .stopWanted: stop(stop.take(.stop))
        case .ended(let cut): cutCount += cut
        case .changed(let version): changed(version, by: number)
        case .follows(let version): follows(version, number)
        case .sockets, .orphan: break
        }
    }

    mutating func kill(_ number: Int) {
        update(number) { $0.isKilled = true }
        actions.append(.kill(generation: number))
    }

    private mutating func started(_ generation: Generation) {
        let number = generation.number
        update(number) {
            $0.phase = .serving
            $0.deadline = nil
        }
        actions.append(.log(.info, "generation \(number) (process \(generation.process)) serves configuration \(generation.edition.hash)"))
        // Before the old ones close theirs: the last to close a socket has accepted what was queued on it.
        actions.append(.settle(edition: generation.edition.number))
        if case .replacing(number)? = change?.stage, let before = edition {
            if let kind = change?.kind, kind != .restore { probation = Probation(fallback: before, isUpgrade: kind == .upgrade) }
            backOff.reset()
            edition = generation.edition
            stop = StopMachine(usual: generation.edition.policy.stop, patient: generation.edition.policy.patientStop)
        }
        retireOthers(than: number)
        if leader == nil { appoint(.afterGap) }
        tellCompany()
        if case .replacing(number)? = change?.stage { return succeeded(number) }
        if !isReady { actions.append(.tell(.ready)) }
        isReady = true
    }

    /// What served drains; what was to serve instead is not needed any more.
    private mutating func retireOthers(than number: Int) {
        for other in generations where other.number != number {
            switch other.phase {
            case .serving:
                let deadline = now + other.edition.policy.patientStop + Self.endPatience
                update(other.number) {
                    $0.phase = .draining
                    $0.deadline = deadline
                }
                if leader == other.number { yieldBy = now + Self.yieldPatience }
                actions.append(.order(generation: other.number, .drain))
            case .loading, .starting:
                if case .replacing(other.number)? = change?.stage { continue }
                kill(other.number)
            case .draining, .stopping: break
            }
        }
        restartAt = nil
    }

    /// Lets the newest that serves lead, if nobody does.
    mutating func appoint(_ succession: Succession) {
        guard leader == nil, !stop.isStopping, let serving else { return }
        leader = serving.number
        actions.append(.order(generation: serving.number, .lead(succession)))
    }

    func living(except number: Int) -> Int { generations.count { $0.number != number && $0.hasServed } }

    mutating func tellCompany() {
        for generation in generations where generation.hasServed {
            actions.append(.order(generation: generation.number, .company(living(except: generation.number))))
        }
    }

    // MARK: Time

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
