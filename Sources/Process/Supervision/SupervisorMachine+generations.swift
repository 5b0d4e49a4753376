import Handover

// How generations come, serve and give way.
extension SupervisorMachine {
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

    mutating func adopt(_ orphan: Orphan) {
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

    mutating func heard(_ word: Word, from number: Int) {
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
        case .closed: closed(number)
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
        let retired = retireOthers(than: number)
        if leader == nil { appoint(.afterGap) }
        tellCompany()
        if case .replacing(number)? = change?.stage { return serves(number, insteadOf: retired) }
        if !isReady { actions.append(.tell(.ready)) }
        isReady = true
    }

    /// What served drains; what was to serve instead is not needed any more.
    /// - Returns: those that were told to drain.
    private mutating func retireOthers(than number: Int) -> Set<Int> {
        var retired: Set<Int> = []
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
                retired.insert(other.number)
            case .loading, .starting:
                if case .replacing(other.number)? = change?.stage { continue }
                kill(other.number)
            case .draining, .stopping: break
            }
        }
        restartAt = nil
        return retired
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
}
