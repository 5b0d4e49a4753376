import Glibc
import Handover
import Sockets
import Synchronization

/// A worker's end of the line to its supervisor. Orders come on a thread of its own, since nobody else may wait for them.
///
/// When the supervisor dies a worker that serves goes on: it offers itself on a socket in the data folder, for its owner alone,
/// and the next supervisor takes its sockets over and drains it (`processes.md`, When things break).
package final class SupervisorLink: Sendable {
    /// What a worker was started for.
    package enum Purpose: Sendable {
        /// - Parameter copy: descriptor of the configuration's copy.
        case validate(copy: Int32)
        /// - Parameters:
        ///   - lock: of the data folder.
        ///   - sockets: in the order of the configuration.
        case serve(Beginning, copy: Int32, lock: Int32, sockets: [ListeningSocket])
    }

    private struct State {
        var socket: MessageSocket
        var isOrphan = false
        /// Where it offers itself.
        var place: String?
        /// What it can give to the next supervisor: nil while it does not serve.
        var possessions: Possessions?
    }

    /// What an orphan gives.
    struct Possessions {
        var orphan: Orphan
        var folder: String
        var lock: Int32
        var copy: Int32
        var sockets: [ListeningSocket]
    }

    let orders: AsyncStream<Order>
    private let order: AsyncStream<Order>.Continuation
    private let state: Mutex<State>

    /// Says hello on the inherited descriptor.
    package init(descriptor: Int32) throws(HandoverFault) {
        let socket = MessageSocket(descriptor: descriptor)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        state = Mutex(State(socket: socket))
        (orders, order) = AsyncStream.makeStream()
        try socket.send(Word.hello(version: Handshake.version))
    }

    /// Waits for what this worker is to do.
    package func purpose() throws(HandoverFault) -> Purpose {
        var sockets: [ListeningSocket] = []
        while true {
            guard let (order, descriptors) = try socket.receive(Order.self) else { continue }
            switch order {
            case .sockets(let addresses):
                guard addresses.count == descriptors.count else { throw .malformed }
                sockets += zip(addresses, descriptors).map { ListeningSocket(descriptor: $1, address: $0) }
            case .validate:
                guard descriptors.count == 1 else { throw .malformed }
                return .validate(copy: descriptors[0])
            case .begin(let beginning):
                guard descriptors.count == 2 else { throw .malformed }
                return .serve(beginning, copy: descriptors[1], lock: descriptors[0], sockets: sockets)
            default: throw .malformed
            }
        }
    }

    private var socket: MessageSocket { state.withLock { $0.socket } }
    var isOrphan: Bool { state.withLock { $0.isOrphan } }

    /// - Parameter waits: for room; what only informs does not.
    package func say(_ word: Word, waits: Bool = true) {
        // With nobody at the other end it is said to nobody: the reader notices.
        try? socket.send(word, waits: waits)
    }

    // MARK: Being led

    /// Takes orders from now on.
    func follow() {
        var identity = pthread_t()
        let code = pthread_create(
            &identity, nil,
            { raw in
                if let raw { Unmanaged<SupervisorLink>.fromOpaque(raw).takeRetainedValue().listen() }
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(code == 0, "no thread for the supervisor's orders: \(code)")
        pthread_detach(identity)
    }

    private func listen() {
        while true {
            do throws(HandoverFault) {
                guard let (order, descriptors) = try socket.receive(Order.self) else { continue }
                for descriptor in descriptors { close(descriptor) }
                self.order.yield(order)
            } catch {
                guard waitForAdoption() else { _exit(1) }
            }
        }
    }

    // MARK: Without a supervisor

    /// It serves: from here on it outlives its supervisor.
    func serves(with possessions: Possessions) { state.withLock { $0.possessions = possessions } }

    /// It accepts no more.
    func drains() {
        state.withLock { state in
            state.possessions?.sockets = []
            state.possessions?.orphan.isDraining = true
            state.possessions?.orphan.leads = false
        }
    }

    func leads(_ leads: Bool) { state.withLock { $0.possessions?.orphan.leads = leads } }

    /// Takes back the offer of a worker that ends.
    func end() { state.withLock { if let place = $0.place { unlink(place) } } }

    /// - Returns: false when there is nothing to adopt: it never served.
    private func waitForAdoption() -> Bool {
        guard let folder = state.withLock({ $0.possessions?.folder }) else { return false }
        let place = "\(folder)/\(Orphan.offer(of: getpid()))"
        guard let offer = try? MessageSocket.listen(at: place) else { return false }
        state.withLock { state in
            state.isOrphan = true
            state.place = place
        }
        defer {
            unlink(place)
            offer.close()
            state.withLock { $0.place = nil }
        }
        while true {
            guard let heir = offer.accept(waits: true) else { continue }
            if give(to: heir) { return true }
            heir.close()
        }
    }

    private func give(to heir: MessageSocket) -> Bool {
        guard let possessions = state.withLock({ $0.possessions }) else { return false }
        do throws(HandoverFault) {
            for first in stride(from: 0, to: possessions.sockets.count, by: 128) {
                let some = possessions.sockets[first..<min(first + 128, possessions.sockets.count)]
                try heir.send(Word.sockets(some.map(\.address)), some.map(\.descriptor))
            }
            try heir.send(Word.orphan(possessions.orphan), [possessions.lock, possessions.copy])
        } catch {
            return false
        }
        state.withLock { state in
            state.socket.close()
            state.socket = heir
            state.isOrphan = false
        }
        return true
    }
}
