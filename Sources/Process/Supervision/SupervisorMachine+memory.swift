import Handover

// What an upgrade takes along: the machine stands at `executing`, so much of its state cannot be then.
extension SupervisorMachine: Packed {
    package func pack(into packer: inout Packer) {
        packer.add(process)
        packer.add(nextGeneration)
        packer.add(firstNumber)
        packer.add(leader)
        packer.add(yieldBy?.milliseconds)
        packer.add(edition)
        packer.add(probation?.fallback)
        packer.add(change?.kind.rawValue ?? ChangeKind.upgrade.rawValue)
        packer.add(change?.askers ?? [])
        packer.add(pending.map { Waiting(kind: $0.kind, askers: $0.askers) })
        packer.add(generations)
    }

    package init(from unpacker: inout Unpacker) throws(HandoverFault) {
        self.init(process: try unpacker.int())
        nextGeneration = try unpacker.int()
        firstNumber = try unpacker.int()
        leader = try unpacker.optional()
        yieldBy = try unpacker.optional(Int.self).map { .milliseconds($0) }
        edition = try unpacker.optional()
        probation = try unpacker.optional(Edition.self).map { Probation(fallback: $0, isUpgrade: true) }
        guard let kind = ChangeKind(rawValue: try unpacker.byte()) else { throw .malformed }
        change = Change(kind: kind, askers: try unpacker.list(), stage: .executing)
        pending = try unpacker.list(Waiting.self).map { ($0.kind, $0.askers) }
        generations = try unpacker.list()
        if let edition { stop = StopMachine(usual: edition.policy.stop, patient: edition.policy.patientStop) }
        isReady = true
    }

    private struct Waiting: Packed {
        var kind: ChangeKind
        var askers: [Int]

        init(kind: ChangeKind, askers: [Int]) {
            self.kind = kind
            self.askers = askers
        }

        func pack(into packer: inout Packer) {
            packer.add(kind.rawValue)
            packer.add(askers)
        }

        init(from unpacker: inout Unpacker) throws(HandoverFault) {
            guard let kind = ChangeKind(rawValue: try unpacker.byte()) else { throw .malformed }
            self.kind = kind
            askers = try unpacker.list()
        }
    }
}

extension Generation: Packed {
    package func pack(into packer: inout Packer) {
        packer.add(number)
        packer.add(edition)
        packer.add(phase.rawValue)
        packer.add(since.milliseconds)
        packer.add(deadline?.milliseconds)
        packer.add(process)
        packer.add(figures)
        packer.add(isKilled)
    }

    package init(from unpacker: inout Unpacker) throws(HandoverFault) {
        number = try unpacker.int()
        edition = try Edition(from: &unpacker)
        guard let phase = Phase(rawValue: try unpacker.byte()) else { throw .malformed }
        self.phase = phase
        since = .milliseconds(try unpacker.int())
        deadline = try unpacker.optional(Int.self).map { .milliseconds($0) }
        process = try unpacker.int()
        figures = try Figures(from: &unpacker)
        isKilled = try unpacker.bool()
    }
}
