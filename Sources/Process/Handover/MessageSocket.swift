import CTandem
import Glibc

/// One end of a Unix socket that carries whole messages (`SOCK_SEQPACKET`), each with descriptors. Sends from any thread.
package struct MessageSocket: Hashable, Sendable {
    /// Belongs to whoever made or received it, who closes it.
    package let descriptor: Int32
    /// Bytes of a message: configuration and other long things go by memory file.
    package static let maximum = 64 * 1024
    /// Descriptors of one message (`SCM_MAX_FD`).
    package static let maximumDescriptors = 253

    package init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    package static func pair() throws(HandoverFault) -> (MessageSocket, MessageSocket) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw .system("socketpair", errno)
        }
        return (MessageSocket(descriptor: ends[0]), MessageSocket(descriptor: ends[1]))
    }

    /// - Throws: `gone` when nobody is at the other end; `system` with `EAGAIN` when it does not take more and `waits` is off.
    package func send(_ value: some Packed, _ descriptors: [Int32] = [], waits: Bool = true) throws(HandoverFault) {
        let bytes = value.packed
        let sent = tandem_send_message(descriptor, bytes, bytes.count, descriptors, Int32(descriptors.count), waits ? 1 : 0)
        if sent == bytes.count { return }
        throw errno == EPIPE || errno == ECONNRESET ? .gone : .system("sendmsg", errno)
    }

    /// The next message.
    /// - Returns: nil when none has come and `waits` is off. Received descriptors are the caller's.
    /// - Throws: `gone` at the end; `malformed`, its descriptors closed.
    package func receive<Value: Packed>(_: Value.Type = Value.self, waits: Bool = true) throws(HandoverFault) -> (Value, [Int32])? {
        var bytes = [UInt8](repeating: 0, count: Self.maximum)
        var descriptors = [Int32](repeating: -1, count: Self.maximumDescriptors)
        var count = Int32(descriptors.count)
        let length = tandem_receive_message(descriptor, &bytes, bytes.count, &descriptors, &count, waits ? 1 : 0)
        if length < 0, errno == EAGAIN { return nil }
        if length == 0 || length < 0 && errno == ECONNRESET { throw .gone }
        if length < 0 { throw .system("recvmsg", errno) }
        let came = Array(descriptors.prefix(Int(count)))
        do throws(HandoverFault) {
            return (try Value(packed: Array(bytes.prefix(length))), came)
        } catch {
            for descriptor in came { Glibc.close(descriptor) }
            throw error
        }
    }

    package func close() { Glibc.close(descriptor) }

    // MARK: By path

    /// A socket for the owner alone that others connect to. A file that stands there is replaced in one step.
    package static func listen(at path: String) throws(HandoverFault) -> MessageSocket {
        let temporary = "\(path).\(getpid())"
        unlink(temporary)
        let made = try make(temporary) { Glibc.bind($0, $1, $2) }
        chmod(temporary, 0o600)
        // Whoever accepts has another thing to do when nobody waits.
        _ = fcntl(made.descriptor, F_SETFL, O_NONBLOCK)
        guard Glibc.listen(made.descriptor, 64) == 0, rename(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            made.close()
            throw .system("listen on \(path)", code)
        }
        return made
    }

    /// - Throws: `system` with `ENOENT` or `ECONNREFUSED` where nobody listens.
    package static func connect(to path: String) throws(HandoverFault) -> MessageSocket {
        try make(path) { Glibc.connect($0, $1, $2) }
    }

    /// The next one who connected; nil if nobody waits, or another user did.
    package func accept(waits: Bool = false) -> MessageSocket? {
        if waits {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            poll(&waiting, 1, -1)
        }
        let one = tandem_accept(descriptor, nil, nil)
        guard one >= 0 else { return nil }
        let user = tandem_peer_user(one, nil)
        guard user == geteuid() || user == 0 else {
            Glibc.close(one)
            return nil
        }
        _ = fcntl(one, F_SETFL, fcntl(one, F_GETFL) & ~O_NONBLOCK)
        return MessageSocket(descriptor: one)
    }

    private static func make(
        _ path: String, _ act: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(HandoverFault) -> MessageSocket {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { throw .system(path, ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket", errno) }
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { act(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        if code == 0 { return MessageSocket(descriptor: descriptor) }
        let reason = errno
        Glibc.close(descriptor)
        throw .system(path, reason)
    }
}
