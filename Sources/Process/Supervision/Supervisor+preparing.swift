import Glibc
import Handover
import Settings
import Sockets

// A copy of the configuration, validated in a child before anything is changed.
extension Supervisor {
    func prepare(_ kind: SupervisorMachine.ChangeKind) {
        do throws(Refusal) {
            let (copy, configuration) = try surroundings.reader.read()
            try checkUnchangeable(configuration)
            let program = path(of: kind.binary)
            do throws(HandoverFault) {
                let edition = try hold(copy, configuration)
                guard let holding = editions[edition.number] else { return }
                let worker = try start(program)
                let deadline = Self.now + edition.policy.readyTimeout
                preparation = Preparation(edition: edition, worker: worker, program: program, deadline: deadline)
                try worker.socket.send(Order.validate, [holding.copy], waits: false)
            } catch {
                // One that was started and has gone tells by its end.
                if preparation == nil { throw .failed("\(kind == .upgrade ? binary : "the validator") cannot be started: \(error)") }
            }
        } catch {
            feed(.prepared(.failure(error)))
        }
    }

    /// What the running processes share cannot be another for one of them.
    private func checkUnchangeable(_ configuration: Configuration) throws(Refusal) {
        guard let before = machine.edition.flatMap({ editions[$0.number]?.configuration }) else { return }
        if before.data != configuration.data {
            throw Refusal(exit: 3, text: "`data` cannot change while the server runs: stop it, move the folder, start it")
        }
        if before.adminSocket != configuration.adminSocket {
            throw Refusal(exit: 3, text: "`admin.socket` cannot change while the server runs: stop it and start it again")
        }
    }

    /// - Parameter isLast: nothing more will come.
    func hearPreparation(isLast: Bool = false) {
        guard var preparation else { return }
        do throws(HandoverFault) {
            guard let (word, descriptors) = try preparation.worker.socket.receive(Word.self, waits: false) else {
                if isLast { self.preparation?.worker.isHeard = false }
                return
            }
            for descriptor in descriptors { close(descriptor) }
            switch word {
            case .hello(let version) where !Handshake.understood.contains(version):
                preparation.verdict = .failure(
                    .failed("\(preparation.program) speaks version \(version) of the handshake, which this one does not understand"))
            case .ready(let hash): if preparation.verdict == nil { preparation.verdict = .success(hash) }
            case .refused(let exit, let text): preparation.verdict = .failure(Refusal(exit: exit, text: text))
            default: break
            }
            self.preparation = preparation
        } catch {
            self.preparation?.worker.isHeard = false
        }
    }

    func preparationIsLate() {
        guard let preparation else { return }
        let limit = preparation.edition.policy.readyTimeout.seconds
        self.preparation?.verdict = .failure(.failed("the configuration was not validated within \(limit) (generations.ready_timeout)"))
        self.preparation?.deadline = .seconds(1 << 40)
        kill(preparation.worker.process, SIGKILL)
    }

    func preparationHasEnded(_ ending: Ending) {
        while let preparation, preparation.worker.isHeard { hearPreparation(isLast: true) }
        guard let preparation else { return }
        self.preparation = nil
        preparation.worker.socket.close()
        switch preparation.verdict ?? .failure(.failed("\(preparation.program) \(ending) without having validated anything: no tandem?")) {
        case .failure(let refusal): refuse(preparation.edition, refusal)
        case .success: bind(preparation.edition)
        }
    }

    /// Everything is fine but for what only the system knows: whether the new addresses are free.
    private func bind(_ edition: Edition) {
        guard let holding = editions[edition.number] else { preconditionFailure("an edition in preparation is held") }
        let before = machine.edition.flatMap { editions[$0.number]?.configuration.admin.address }
        if holding.configuration.admin.address != before {
            do throws(Refusal) {
                try Self.checkAdministration(holding.configuration)
            } catch {
                return refuse(edition, error)
            }
        }
        do throws(SocketFault) {
            try table.open(holding.addresses, edition: edition.number)
            feed(.prepared(.success(edition)))
        } catch {
            refuse(edition, .failed("\(error)\nNothing was changed. Stop what uses it, or change `listen`."))
        }
    }

    private func refuse(_ edition: Edition, _ refusal: Refusal) {
        perform(.discard(edition: edition.number))
        feed(.prepared(.failure(refusal)))
    }
}
