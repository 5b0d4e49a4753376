import Blobs
import Glibc
import Handover
import Settings
import Sockets

// What the machine has decided, done.
extension Supervisor {
    func perform(_ action: SupervisorMachine.Action) {
        switch action {
        case .prepare(let kind): prepare(kind)
        case .spawn(let number, let edition, let binary, let isAlone): spawn(number, edition, binary, isAlone: isAlone)
        case .order(let number, let order): tell(number, order)
        case .kill(let number): if let process = workers[number]?.process { Glibc.kill(process, SIGKILL) }
        case .settle(let edition): settle(edition)
        case .discard(let edition): discard(edition)
        case .closeSockets: closeSockets()
        case .answer(let numbers, let reply):
            for number in numbers {
                // Who does not read is not waited for.
                if let asker = askers.removeValue(forKey: number) {
                    try? asker.send(reply, waits: false)
                    asker.close()
                }
            }
        case .execute(let binary): nextImage = binary
        case .log(let level, let text): surroundings.log(level, text)
        case .tell(let state): tell(state)
        case .exit(let code): exitCode = code
        case .fail(let refusal):
            failure = refusal
            exitCode = Int32(truncatingIfNeeded: refusal.exit)
        }
    }

    private func tell(_ state: SupervisorMachine.ServiceState) {
        switch state {
        case .ready:
            notifier.ready("Serving on \(table.entries.map(\.socket.address).joined(separator: ", "))")
            announceOnce()
        case .reloading: notifier.reloading(now: Self.now)
        case .stopping: notifier.stopping()
        }
    }

    private func announceOnce() {
        guard !isAnnounced, let edition = machine.edition, let holding = editions[edition.number] else { return }
        isAnnounced = true
        surroundings.announce(holding.configuration, table.sockets(holding.addresses).map(\.address))
    }

    private func tell(_ number: Int, _ order: Order) {
        guard let worker = workers[number] else { return }
        do throws(HandoverFault) {
            try worker.socket.send(order, waits: false)
        } catch {
            // Its end is told by another way.
            if error != .gone { surroundings.log(.warning, "generation \(number) does not take orders: \(error)") }
        }
    }

    // MARK: Workers

    private func spawn(_ number: Int, _ edition: Int, _ binary: SupervisorMachine.Binary, isAlone: Bool) {
        guard let holding = editions[edition] else {
            return feed(.notSpawned(generation: number, reason: "its configuration is gone"))
        }
        let program = path(of: binary)
        let folder = isAlone && !isAnnounced && binary == .own ? surroundings.folder : nil
        do throws(SocketFault) {
            // Those of an edition that is brought back may have been closed.
            try table.open(holding.addresses, edition: edition)
        } catch {
            return feed(.notSpawned(generation: number, reason: error.description))
        }
        let beginning = Beginning(generation: number, supervisor: Int(getpid()), isAlone: isAlone, folder: folder)
        do throws(HandoverFault) {
            let worker = try start(program)
            workers[number] = worker
            feed(.spawned(generation: number, process: Int(worker.process)))
            let sockets = table.sockets(holding.addresses)
            for first in stride(from: 0, to: sockets.count, by: Self.batch) {
                let some = sockets[first..<min(first + Self.batch, sockets.count)]
                try worker.socket.send(Order.sockets(some.map(\.address)), some.map(\.descriptor), waits: false)
            }
            try worker.socket.send(Order.begin(beginning), [directory.lockDescriptor, holding.copy], waits: false)
        } catch {
            // Spawned and gone already: its end says more.
            if workers[number] == nil { feed(.notSpawned(generation: number, reason: "the new generation could not be started: \(error)")) }
        }
    }

    /// Where an image is found. Files may be replaced, also by nothing: what runs or ran is held by descriptor, which is this process's:
    /// in a child that is being spawned it is closed.
    func path(of binary: SupervisorMachine.Binary) -> String {
        switch binary {
        case .own: Self.ownImage
        case .new: self.binary
        case .previous: previous.map { "/proc/\(getpid())/fd/\($0)" } ?? Self.ownImage
        }
    }

    static let ownImage = "/proc/self/exe"

    /// Descriptors that go with one message.
    static let batch = 128

    /// A worker of that program, which waits for orders.
    func start(_ program: String) throws(HandoverFault) -> Worker {
        let (ours, theirs) = try MessageSocket.pair()
        defer { theirs.close() }
        do throws(HandoverFault) {
            let process = try Spawner.spawn(program, ["tandem", "worker"], descriptors: [theirs.descriptor])
            return Worker(socket: ours, process: process)
        } catch {
            ours.close()
            throw error
        }
    }

    // MARK: Editions

    /// Keeps a copy for as long as it may be spawned.
    /// - Returns: the edition, which has no sockets yet.
    func hold(_ copy: ConfigurationCopy, _ configuration: Configuration) throws(HandoverFault) -> Edition {
        let number = nextEdition
        editions[number] = Holding(configuration: configuration, copy: try MemoryFile.make("tandem-configuration", copy.packed))
        nextEdition += 1
        return Edition(number: number, hash: copy.hash, policy: Edition.Policy(configuration))
    }

    private func settle(_ edition: Int) {
        table.settle(Set([edition] + machine.editionsInChange))
        // What is being validated is the machine's only when it has a verdict.
        let known = [edition, machine.edition?.number, machine.probation?.fallback.number, preparation?.edition.number]
        let kept = known.compactMap { $0 } + machine.editionsInChange
        for number in editions.keys where !kept.contains(number) { forget(number) }
    }

    private func discard(_ edition: Int) {
        table.discard(edition: edition)
        forget(edition)
    }

    private func forget(_ edition: Int) {
        if let holding = editions.removeValue(forKey: edition) { close(holding.copy) }
    }

    /// The workers go on accepting until they have taken what is queued: the last to close is one of them.
    private func closeSockets() {
        table.unlinkFiles()
        table.closeCopies()
    }
}
