import Glibc

/// Where a socket connects to, in the bytes that the kernel wants.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// A `sockaddr` of its family.
    package let bytes: [UInt8]

    package var family: Int32 { bytes.withUnsafeBytes { Int32($0.loadUnaligned(as: sa_family_t.self)) } }
    package var isUnix: Bool { family == AF_UNIX }

    private init<Address>(_ address: Address, count: Int = MemoryLayout<Address>.size) {
        bytes = withUnsafeBytes(of: address) { Array($0.prefix(count)) }
    }

    /// - Parameter host: an IPv4 or IPv6 address, without brackets; nil for anything else.
    package init?(host: String, port: UInt16) {
        if host.utf8.contains(UInt8(ascii: ":")) {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            guard inet_pton(AF_INET6, host, &address.sin6_addr) == 1 else { return nil }
            self.init(address)
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return nil }
            self.init(address)
        }
    }

    /// - Parameter address: 4 or 16 bytes; nil for any other count.
    package init?(address: [UInt8], port: UInt16) {
        if address.count == 4 {
            var made = sockaddr_in()
            made.sin_family = sa_family_t(AF_INET)
            made.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &made.sin_addr) { $0.copyBytes(from: address) }
            self.init(made)
        } else {
            guard address.count == 16 else { return nil }
            var made = sockaddr_in6()
            made.sin6_family = sa_family_t(AF_INET6)
            made.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &made.sin6_addr) { $0.copyBytes(from: address) }
            self.init(made)
        }
    }

    /// - Parameter path: of a Unix socket, 107 bytes at most; nil when it is longer.
    package init?(path: String) {
        var address = sockaddr_un()
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        self.init(address)
    }

    /// Asks the system's resolver for a name. Blocks for as long as that takes.
    /// - Returns: in the order that the resolver prefers; empty when it knows none.
    package static func resolve(host: String, port: UInt16) -> [SocketAddress] {
        if let only = SocketAddress(host: host, port: port) { return [only] }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        var found: [SocketAddress] = []
        var next = first
        while let entry = next {
            next = entry.pointee.ai_next
            guard let address = entry.pointee.ai_addr else { continue }
            let raw = UnsafeRawPointer(address)
            let one: SocketAddress
            switch Int32(address.pointee.sa_family) {
            case AF_INET: one = SocketAddress(raw.loadUnaligned(as: sockaddr_in.self))
            case AF_INET6: one = SocketAddress(raw.loadUnaligned(as: sockaddr_in6.self))
            default: continue
            }
            if !found.contains(one) { found.append(one) }
        }
        return found
    }

    /// Begins to connect a new socket without waiting.
    /// - Returns: its descriptor, and whether it is connected already; -1 with `errno` when it cannot be.
    package func connect() -> (descriptor: Int32, isConnected: Bool) {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { return (-1, false) }
        if !isUnix {
            var on: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        let outcome = bytes.withUnsafeBytes { raw -> Int32 in
            guard let base = raw.baseAddress else { return -1 }
            return Glibc.connect(descriptor, base.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
        }
        if outcome == 0 { return (descriptor, true) }
        if errno == EINPROGRESS { return (descriptor, false) }
        let code = errno
        Glibc.close(descriptor)
        errno = code
        return (-1, false)
    }

    /// `10.0.0.5:9000`, `[2001:db8::1]:9000`, `unix:/run/app.sock`.
    package var description: String {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        if isUnix { return "unix:" + String(decoding: bytes.dropFirst(2).prefix { $0 != 0 }, as: UTF8.self) }
        let code = bytes.withUnsafeBytes { raw -> Int32 in
            guard let base = raw.baseAddress else { return -1 }
            return getnameinfo(
                base.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count), &host, socklen_t(host.count), &port,
                socklen_t(port.count), NI_NUMERICHOST | NI_NUMERICSERV)
        }
        guard code == 0 else { return "?" }
        func text(_ bytes: [CChar]) -> String { String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) }
        return family == AF_INET6 ? "[\(text(host))]:\(text(port))" : "\(text(host)):\(text(port))"
    }
}
