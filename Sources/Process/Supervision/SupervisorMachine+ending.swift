import Handover

// Processes that end, wanted or not, and the end of all.
extension SupervisorMachine {
    mutating func take(_ wish: SignalWish) {
        switch wish {
        case .reload: wants(.reload, asker: nil)
        case .upgrade: wants(.upgrade, asker: nil)
        case .reopenLogs: for generation in generations { actions.append(.order(generation: generation.number, .reopenLogs)) }
        case .terminate: stop(stop.take(.terminate))
        case .quit: stop(stop.take(.quit))
        case .interrupt: stop(stop.take(.interrupt))
        }
    }

    mutating func take(_ wish: Wish, _ asker: Int) {
        switch wish {
        case .reload: wants(.reload, asker: asker)
        case .upgrade: wants(.upgrade, asker: asker)
        case .stop:
            stopAskers.append(asker)
            stop(stop.take(.stop))
        case .generations: actions.append(.answer(askers: [asker], .generations(reports(now: now))))
        }
    }

    mutating func stop(_ action: StopMachine.Action) {
        let grace: Duration
        switch action {
        case .nothing: return
        case .stop(let within): grace = within
        case .stopNow: grace = .zero
        }
        if killAt == nil { beginStopping() }
        actions.append(.log(.notice, grace == .zero ? "stopping now" : "stopping: connections may finish within \(grace.seconds)"))
        for generation in generations {
            if generation.hasServed {
                update(generation.number) {
                    $0.phase = .stopping
                    $0.deadline = nil
                }
                actions.append(.order(generation: generation.number, .stop(milliseconds: grace.milliseconds)))
            } else if !generation.isKilled {
                kill(generation.number)
            }
        }
        killAt = min(killAt ?? .seconds(1 << 40), now + grace + Self.endPatience)
        endIfDone()
    }

    private mutating func beginStopping() {
        actions += [.tell(.stopping), .closeSockets]
        restartAt = nil
        yieldBy = nil
        let refusal = Refusal.failed("the server is stopping: nothing was changed")
        refuse((change?.askers ?? []) + pending.flatMap(\.askers), refusal)
        change = nil
        pending = []
    }

    private mutating func endIfDone() {
        guard stop.isStopping, generations.isEmpty, !isOver else { return }
        isOver = true
        if !stopAskers.isEmpty { actions.append(.answer(askers: stopAskers, .stopped(process: process, cut: cutCount))) }
        if cutCount > 0 {
            actions.append(
                .log(.warning, "stopped: \(cutCount) connection\(cutCount == 1 ? " was" : "s were") cut off, their time was over"))
        }
        actions.append(.exit(0))
    }

    /// A worker has ended.
    mutating func lost(_ number: Int, _ ending: Ending) {
        guard let generation = generation(number) else { return }
        generations.removeAll { $0.number == number }
        awaited.removeAll { $0.asker == number }
        follows(.max, number)
        defer { closed(number) }
        if stop.isStopping { return endIfDone() }
        if leader == number {
            leader = nil
            yieldBy = nil
        }
        switch generation.phase {
        case .draining, .stopping:
            let isClean = ending == .exited(0)
            actions.append(.log(isClean ? .info : .warning, "generation \(number) \(isClean ? "has ended" : "\(ending) while it drained")"))
        case .serving:
            actions.append(.log(.error, "generation \(number) (process \(generation.process)) \(ending)"))
            if isExecuting, serving == nil { failed(notLasting(number)) }
            crashed(generation)
        case .loading, .starting: neverServed(generation, ending)
        }
        appoint(.afterGap)
        tellCompany()
        makeRoom()
    }

    private mutating func neverServed(_ generation: Generation, _ ending: Ending) {
        let when = generation.phase == .loading ? "before it was ready" : "before it had started"
        let refusal = generation.refusal ?? .failed("the new generation \(ending) \(when)")
        if case .replacing(generation.number)? = change?.stage, change?.kind != .restore {
            actions.append(.discard(edition: generation.edition.number))
            return failed(refusal)
        }
        // One that was not needed any more.
        if serving != nil { return }
        // Nothing has ever served: whoever started us is told why.
        if generation.number == firstNumber {
            isOver = true
            actions.append(.fail(refusal))
            return
        }
        actions.append(.log(.error, "generation \(generation.number): \(refusal.text)"))
        // The binary from before does not serve either: this one goes on with the configuration from before.
        if case .replacing(generation.number)? = change?.stage { failed(refusal) }
        crashed(generation)
    }

    /// Starts another, sooner or later; after three young deaths the last edition that lived longer.
    private mutating func crashed(_ generation: Generation) {
        guard var edition, serving == nil else { return }
        let isYoung = now - generation.since < edition.policy.probation
        if isYoung, var probation {
            probation.crashes += 1
            self.probation = probation
            if probation.crashes >= Self.crashesInProbation {
                edition = probation.fallback
                bringBack(probation)
                if change?.kind == .restore { return }
            }
        } else if !isYoung {
            probation = nil
            backOff.reset()
        }
        let wait = backOff.next()
        if wait == .zero { return spawn(edition, kind: nil) }
        actions.append(.log(.warning, "the next start is in \(wait.seconds)"))
        restartAt = now + wait
    }

    /// The last configuration that worked, and the last binary if that is new as well.
    private mutating func bringBack(_ probation: Probation) {
        let what = "configuration \(probation.fallback.hash)" + (probation.isUpgrade ? " and the binary from before" : "")
        actions.append(.log(.error, "\(probation.crashes) crashes in probation: \(what) is brought back"))
        edition = probation.fallback
        self.probation = nil
        backOff.reset()
        // Another change is under way: its own binary serves first, and proves itself.
        guard probation.isUpgrade, change == nil else { return }
        change = Change(kind: .restore, askers: [])
        spawn(probation.fallback, kind: .restore)
    }
}
