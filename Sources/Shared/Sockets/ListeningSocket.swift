import Glibc

/// A bound, listening socket. Whoever opens it owns it; loops accept on duplicates and never shut it down. There is one for an
/// address, shared by descriptor between processes: of two with `SO_REUSEPORT`, closing one resets what was queued on it.
package struct ListeningSocket: Hashable, Sendable {
    package let descriptor: Int32
    /// As configured, with the port the kernel chose where it was 0: `127.0.0.1:8080`, `[::1]:8080`, `unix:/path`.
    package let address: String
    package var isUnix: Bool { address.hasPrefix("unix:") }

    package static let backlog: Int32 = 4096

    /// One that another process opened.
    package init(descriptor: Int32, address: String) {
        self.descriptor = descriptor
        self.address = address
    }

    package static func open(_ address: String) throws(SocketFault) -> ListeningSocket {
        address.hasPrefix("unix:") ? try openUnix(String(address.dropFirst(5)), address) : try openTCP(address)
    }

    /// Opens an address of which `others` hold a part, or which is a part of theirs (`0.0.0.0:80`, `127.0.0.1:80`): the kernel gives a
    /// connection to the socket that names its address. For the moment of opening alone they may all be bound beside each other, so
    /// that nobody else can join them later.
    package static func open(_ address: String, beside others: [ListeningSocket]) throws(SocketFault) -> ListeningSocket {
        if address.hasPrefix("unix:") || others.isEmpty { return try open(address) }
        for other in others { setShared(other.descriptor, true) }
        defer { for other in others { setShared(other.descriptor, false) } }
        let socket = try openTCP(address, isShared: true)
        setShared(socket.descriptor, false)
        return socket
    }

    private static func setShared(_ descriptor: Int32, _ on: Bool) {
        var value: Int32 = on ? 1 : 0
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Whether both may have a connection to the same address: one is of every address, the ports are the same.
    package static func overlap(_ one: String, _ other: String) -> Bool {
        guard one != other, let first = one.lastIndex(of: ":"), let second = other.lastIndex(of: ":"), one[first...] == other[second...]
        else { return false }
        let hosts = [one[..<first], other[..<second]]
        return hosts.contains("0.0.0.0") && !hosts.contains { $0.contains(":") }
            || hosts.contains("[::]") && hosts.allSatisfy { $0.contains(":") }
    }

    private static func openTCP(_ address: String, isShared: Bool = false) throws(SocketFault) -> ListeningSocket {
        guard let colon = address.lastIndex(of: ":"), address[address.index(after: colon)...].utf8.allSatisfy({ $0 &- 0x30 < 10 }),
            let port = UInt16(address[address.index(after: colon)...])
        else { throw .badAddress(address) }
        let host = String(address[..<colon]).trimmingBrackets
        if host.contains(":") {
            var target = sockaddr_in6()
            target.sin6_family = sa_family_t(AF_INET6)
            target.sin6_port = port.bigEndian
            guard inet_pton(AF_INET6, host, &target.sin6_addr) == 1 else { throw .badAddress(address) }
            return try bind(&target, MemoryLayout<sockaddr_in6>.size, AF_INET6, address, host: "[\(host)]", isShared: isShared)
        }
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        guard inet_pton(AF_INET, host, &target.sin_addr) == 1 else { throw .badAddress(address) }
        return try bind(&target, MemoryLayout<sockaddr_in>.size, AF_INET, address, host: host, isShared: isShared)
    }

    private static func bind<Address>(
        _ target: inout Address, _ size: Int, _ family: Int32, _ address: String, host: String, isShared: Bool
    ) throws(SocketFault) -> ListeningSocket {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket", errno) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        if isShared { setShared(descriptor, true) }
        if family == AF_INET6 {
            setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        let failed = withUnsafeBytes(of: &target) { raw in
            guard let base = raw.baseAddress else { return true }
            return Glibc.bind(descriptor, base.assumingMemoryBound(to: sockaddr.self), socklen_t(size)) != 0
        }
        if failed || listen(descriptor, backlog) != 0 {
            let code = errno
            Glibc.close(descriptor)
            throw code == EADDRINUSE ? .addressInUse(address) : .cannotBind(address, code)
        }
        return ListeningSocket(descriptor: descriptor, address: "\(host):\(boundPort(descriptor))")
    }

    /// What a descriptor that somebody else opened listens on, as `address` spells it; nil: on nothing of ours.
    package static func address(of descriptor: Int32) -> String? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &storage) { raw -> String? in
            guard let base = raw.baseAddress,
                getsockname(descriptor, base.assumingMemoryBound(to: sockaddr.self), &length) == 0
            else { return nil }
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            switch Int32(raw.loadUnaligned(as: sa_family_t.self)) {
            case AF_INET:
                inet_ntop(AF_INET, base + 4, &text, socklen_t(text.count))
                return "\(name(text)):\(boundPort(descriptor))"
            case AF_INET6:
                inet_ntop(AF_INET6, base + 8, &text, socklen_t(text.count))
                return "[\(name(text))]:\(boundPort(descriptor))"
            case AF_UNIX:
                let path = raw[2..<Int(length)].prefix { $0 != 0 }
                return path.isEmpty ? nil : "unix:" + String(decoding: path, as: UTF8.self)
            default: return nil
            }
        }
    }

    private static func name(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func boundPort(_ descriptor: Int32) -> UInt16 {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &storage) { raw in
            guard let base = raw.baseAddress else { return 0 }
            getsockname(descriptor, base.assumingMemoryBound(to: sockaddr.self), &length)
            // The port stands at the same place for both families.
            return UInt16(bigEndian: raw.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
    }

    private static func openUnix(_ path: String, _ address: String) throws(SocketFault) -> ListeningSocket {
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: target.sun_path)
        guard !path.isEmpty, path.utf8.count < capacity else { throw .badAddress(address) }
        withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket", errno) }
        func tryBind() -> Bool {
            withUnsafePointer(to: &target) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
                }
            }
        }
        var bound = tryBind()
        var code = errno
        if !bound, code == EADDRINUSE, isLeftBehind(path, &target) {
            unlink(path)
            bound = tryBind()
            code = errno
        }
        if bound, listen(descriptor, backlog) != 0 {
            bound = false
            code = errno
        }
        if !bound {
            Glibc.close(descriptor)
            throw code == EADDRINUSE ? .addressInUse(address) : .cannotBind(address, code)
        }
        return ListeningSocket(descriptor: descriptor, address: address)
    }

    /// Whether the path is the socket of a server that is gone: nothing else is ever deleted.
    private static func isLeftBehind(_ path: String, _ target: inout sockaddr_un) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return false }
        // Without waiting: a live server whose queue is full is live.
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { return false }
        defer { Glibc.close(probe) }
        return withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(probe, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) != 0 && errno == ECONNREFUSED
            }
        }
    }

    /// Gives the address up. A Unix socket's file goes with it.
    package func close() {
        if isUnix { unlink(String(address.dropFirst(5))) }
        closeCopy()
    }

    /// Closes this process's descriptor; others that have one go on.
    package func closeCopy() {
        Glibc.close(descriptor)
    }

    /// A duplicate for one loop, closed on exec (`dup` would drop that).
    package func duplicate() throws(SocketFault) -> Int32 {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        if copy < 0 { throw .system("fcntl", errno) }
        return copy
    }
}

extension String {
    fileprivate var trimmingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
    }
}
