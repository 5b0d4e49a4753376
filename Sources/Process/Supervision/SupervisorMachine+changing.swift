import Handover

// Reload and upgrade, from the wish to the answer.
extension SupervisorMachine {
    mutating func wants(_ kind: ChangeKind, asker: Int?) {
        let askers = asker.map { [$0] } ?? []
        if stop.isStopping { return refuse(askers, .failed("the server is stopping: nothing was changed")) }
        guard change == nil else {
            // An upgrade reads the configuration too: it answers a reload as well.
            if let index = pending.firstIndex(where: { $0.kind == kind }) {
                pending[index].askers += askers
            } else {
                pending.append((kind, askers))
            }
            return
        }
        begin(kind, askers)
    }

    private mutating func begin(_ kind: ChangeKind, _ askers: [Int]) {
        change = Change(kind: kind, askers: askers)
        actions += [.tell(.reloading), .prepare(kind)]
    }

    mutating func prepared(_ result: Result<Edition, Refusal>) {
        guard case .preparing? = change?.stage else {
            if case .success(let edition) = result { actions.append(.discard(edition: edition.number)) }
            return
        }
        switch result {
        case .failure(let refusal): failed(refusal)
        case .success(let edition):
            change?.stage = .waiting(edition)
            makeRoom()
        }
    }

    /// Spawns what waits when there are fewer generations than may live; else has the oldest one end soon.
    mutating func makeRoom() {
        guard let change, case .waiting(let edition) = change.stage else { return }
        if generations.count < edition.policy.maximum { return spawn(edition, kind: change.kind) }
        guard let oldest = generations.first(where: { $0.phase == .draining }) else { return }
        // After three times that time something is wrong with it.
        let deadline = now + Self.hurried * 3
        update(oldest.number) {
            $0.phase = .stopping
            $0.deadline = deadline
        }
        actions += [
            .log(.notice, "generation \(oldest.number) has \(Self.hurried.seconds) left: generations.maximum is \(edition.policy.maximum)"),
            .order(generation: oldest.number, .hurry(milliseconds: Self.hurried.milliseconds)),
        ]
    }

    /// The new generation serves. Whoever asked is told once every new connection is its own.
    mutating func serves(_ number: Int, insteadOf others: Set<Int>) {
        if others.isEmpty { return succeeded(number) }
        change?.stage = .closing(generation: number, others: others, by: now + Self.closePatience)
    }

    var closeBy: Duration? {
        guard case .closing(_, _, let by)? = change?.stage else { return nil }
        return by
    }

    /// A generation accepts no more, or has ended.
    mutating func closed(_ number: Int) {
        guard case .closing(let new, var others, let by)? = change?.stage, others.remove(number) != nil else { return }
        change?.stage = .closing(generation: new, others: others, by: by)
        if others.isEmpty { succeeded(new) }
    }

    /// It hangs: what it holds is dealt with by the limits of its drain.
    mutating func didNotClose() {
        guard case .closing(let new, let others, _)? = change?.stage else { return }
        let list = others.sorted().map(String.init).joined(separator: ", ")
        actions.append(.log(.warning, "generation \(list) has not said that it accepts no more: it may still serve new connections"))
        succeeded(new)
    }

    private mutating func succeeded(_ number: Int) {
        guard let change else { return }
        guard let generation = generation(number) else { return failed(notLasting(number)) }
        if change.kind != .reload {
            self.change?.stage = .executing
            actions.append(.execute(change.kind.binary))
            return
        }
        over(.done(text: "generation \(number) serves configuration \(generation.edition.hash)"))
    }

    /// The new generation has served, but not for as long as the change took.
    func notLasting(_ number: Int) -> Refusal { .failed("generation \(number) was lost as soon as it had started: see the log") }

    /// Whether nothing is left to do but to replace the image.
    package var isExecuting: Bool {
        if case .executing? = change?.stage { true } else { false }
    }

    /// The image was replaced: this is the other binary's first act.
    package mutating func executed(now: Duration) -> [Action] {
        self.now = now
        defer { actions = [] }
        guard let serving, let change else { return [] }
        let what = change.kind == .restore ? "brought back" : "upgraded"
        actions.append(.log(.notice, "\(what): process \(process), generation \(serving.number)"))
        over(.done(text: "generation \(serving.number) serves with the new binary; process \(process) goes on"))
        return actions
    }

    mutating func notExecuted(_ reason: String) {
        guard isExecuting else { return }
        failed(.failed("the other binary serves, but the supervisor could not become it: \(reason)"))
    }

    /// Nothing has changed.
    mutating func failed(_ refusal: Refusal) {
        guard let change else { return }
        let first = refusal.text.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? refusal.text
        actions.append(.log(.error, "\(change.kind) refused: \(first)"))
        over(refusal.reply)
    }

    private mutating func over(_ reply: Reply) {
        guard let change else { return }
        self.change = nil
        if !change.askers.isEmpty { actions.append(.answer(askers: change.askers, reply)) }
        actions.append(.tell(.ready))
        if pending.isEmpty { return }
        let next = pending.removeFirst()
        begin(next.kind, next.askers)
    }

    mutating func refuse(_ askers: [Int], _ refusal: Refusal) {
        if !askers.isEmpty { actions.append(.answer(askers: askers, refusal.reply)) }
    }
}
