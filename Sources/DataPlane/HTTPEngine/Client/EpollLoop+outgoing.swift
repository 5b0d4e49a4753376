import CTandem
import Glibc
import Sockets

// Connections that the loop opens, beside those that it accepts: one table by descriptor for each kind.
extension EpollLoop {
    /// - Returns: nil, with `errno`, when it cannot even be begun.
    func connect(to address: SocketAddress, owner: any OutgoingOwner, encryption: TLSConnector?, preamble: [UInt8]) -> OutgoingSocket? {
        var (descriptor, isConnected) = address.connect()
        // Open files that only make answers faster give way.
        if descriptor < 0, errno == EMFILE || errno == ENFILE, context.handler.giveUpDescriptors() {
            (descriptor, isConnected) = address.connect()
        }
        guard descriptor >= 0 else { return nil }
        let socket = OutgoingSocket(
            loop: self, descriptor: descriptor, generation: nextGeneration(), isConnected: isConnected,
            tls: encryption.map { TLSSession($0, pipe: pipe, socket: descriptor) }, preamble: preamble, owner: owner)
        let index = Int(descriptor)
        while outgoing.count <= index { outgoing.append(nil) }
        outgoing[index] = socket
        guard watch(socket) else {
            let code = errno
            socket.close()
            errno = code
            return nil
        }
        socket.begin()
        return socket
    }

    private func data(_ socket: OutgoingSocket) -> UInt64 {
        UInt64(socket.generation) << 32 | UInt64(UInt32(bitPattern: socket.descriptor))
    }

    @discardableResult
    func watch(_ socket: OutgoingSocket) -> Bool {
        tandem_epoll_ctl(epoll, 1, socket.descriptor, socket.events, data(socket)) == 0
    }

    func unwatch(_ socket: OutgoingSocket) {
        tandem_epoll_ctl(epoll, 2, socket.descriptor, 0, 0)
    }

    func setEvents(of socket: OutgoingSocket) {
        tandem_epoll_ctl(epoll, 3, socket.descriptor, socket.events, data(socket))
    }

    func remove(_ socket: OutgoingSocket) {
        outgoing[Int(socket.descriptor)] = nil
        // Closing takes it out of the epoll set.
        Glibc.close(socket.descriptor)
    }
}
