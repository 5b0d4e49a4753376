import CTandem
import Glibc
import Handover

// What comes to it: signals, ends of children, words of workers and wishes of commands.
extension Supervisor {
    func takeSignals() {
        while true {
            switch tandem_read_signal(signals) {
            case 0: return
            case SIGHUP: feed(.signal(.reload))
            case SIGUSR2: feed(.signal(.upgrade))
            case SIGUSR1: feed(.signal(.reopenLogs))
            case SIGTERM: feed(.signal(.terminate))
            case SIGQUIT: feed(.signal(.quit))
            case SIGINT: feed(.signal(.interrupt))
            default: reap()
            }
        }
    }

    /// Collects every child that has ended: as process 1 of a container also those of others.
    func reap() {
        var status: Int32 = 0
        while true {
            let process = waitpid(-1, &status, WNOHANG)
            if process <= 0 { return }
            if let number = workers.first(where: { $0.value.process == process && $0.value.isChild })?.key {
                // What it said last comes before its end.
                while let worker = workers[number], worker.isHeard { hear(number, isLast: true) }
                workers.removeValue(forKey: number)?.socket.close()
                feed(.ended(generation: number, Ending(status: status)))
            } else if preparation?.worker.process == process {
                preparationHasEnded(Ending(status: status))
            }
        }
    }

    /// - Parameter isLast: nothing more will come.
    func hear(_ number: Int, isLast: Bool = false) {
        guard let worker = workers[number] else { return }
        do throws(HandoverFault) {
            guard let (word, descriptors) = try worker.socket.receive(Word.self, waits: false) else {
                if isLast { workers[number]?.isHeard = false }
                return
            }
            for descriptor in descriptors { close(descriptor) }
            feed(.word(generation: number, word))
        } catch {
            workers[number]?.isHeard = false
            if error != .gone { surroundings.log(.error, "generation \(number): \(error)") }
            if !worker.isChild {
                workers.removeValue(forKey: number)?.socket.close()
                feed(.ended(generation: number, .exited(0)))
            }
        }
    }

    // MARK: Commands

    func takeAskers() {
        while let asker = control.accept() {
            askers[nextAsker] = asker
            nextAsker += 1
        }
    }

    func hearAsker(_ number: Int) {
        guard let socket = askers[number] else { return }
        do throws(HandoverFault) {
            guard let (wish, descriptors) = try socket.receive(Wish.self, waits: false) else { return }
            for descriptor in descriptors { close(descriptor) }
            feed(.wish(wish, asker: number))
        } catch {
            // It has gone, or speaks another language: what it asked for goes on all the same.
            askers.removeValue(forKey: number)?.close()
        }
    }
}
