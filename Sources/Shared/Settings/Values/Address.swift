import Glibc

extension Configuration {
    /// Where a socket listens.
    package enum Address: Hashable, Sendable, CustomStringConvertible {
        /// `host` as `inet_ntop` writes it, without brackets. Port 0: the system chooses one.
        case tcp(host: String, port: UInt16)
        case unix(path: String)

        /// `127.0.0.1:8080`, `[::1]:8080`, `unix:/run/tandem/http.sock`: what it is parsed from.
        package var description: String {
            switch self {
            case .tcp(let host, let port): host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
            case .unix(let path): "unix:\(path)"
            }
        }

        /// Whether only this machine reaches it.
        package var isLocal: Bool {
            switch self {
            case .tcp(let host, _): host.hasPrefix("127.") || host == "::1"
            case .unix: true
            }
        }

        /// - Parameter folder: where a relative socket path begins, with a final slash.
        init(parsing text: String, folder: String) throws(Complaint) {
            if text.hasPrefix("unix:") {
                self = .unix(path: try Self.socketPath(String(text.dropFirst(5)), folder: folder))
                return
            }
            guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else {
                throw Complaint("it needs a port, as in 0.0.0.0:8080")
            }
            let host = String(text[..<colon])
            let digits = text[text.utf8.index(after: colon)...]
            guard case .number(let number)? = Quantity.digits(digits), let port = UInt16(exactly: number) else {
                throw Complaint("the port is 0 to 65535, as in 0.0.0.0:8080")
            }
            if host.isEmpty || host == "*" { throw Complaint("for all addresses write 0.0.0.0:\(port), or [::]:\(port) for IPv6") }
            if host.hasPrefix("["), host.hasSuffix("]") {
                guard let canonical = IPAddress(String(host.dropFirst().dropLast())), canonical.isV6 else {
                    throw Complaint("between brackets stands an IPv6 address")
                }
                self = .tcp(host: canonical.text, port: port)
                return
            }
            guard let canonical = IPAddress(host) else {
                throw Complaint("the host is an IP address, not a name: 0.0.0.0 for all, 127.0.0.1 for this machine alone")
            }
            guard !canonical.isV6 else { throw Complaint("an IPv6 address stands in brackets: [\(host)]:\(port)") }
            self = .tcp(host: canonical.text, port: port)
        }

        /// `sun_path` holds 107 bytes and a NUL (unix(7)).
        static func socketPath(_ text: String, folder: String) throws(Complaint) -> String {
            guard !text.isEmpty else { throw Complaint("the path of the socket is missing") }
            let path = text.hasPrefix("/") ? text : folder + text
            guard path.utf8.count <= 107 else { throw Complaint("a socket's path has at most 107 bytes") }
            return path
        }

        /// Whether the system would refuse to bind one beside the other.
        func conflicts(with other: Address) -> Bool {
            switch (self, other) {
            case (.unix(let a), .unix(let b)): return a == b
            case (.tcp(let a, let port), .tcp(let b, let otherPort)):
                guard port == otherPort, port != 0 else { return false }
                if a == b { return true }
                // The IPv6 wildcard takes IPv6 alone: listeners set IPV6_V6ONLY.
                let isV6 = (a.utf8.contains(UInt8(ascii: ":")), b.utf8.contains(UInt8(ascii: ":")))
                return isV6.0 == isV6.1 && [a, b].contains { $0 == "0.0.0.0" || $0 == "::" }
            default: return false
            }
        }
    }

    /// Addresses that share a prefix: `10.0.0.0/8` (RFC 4632).
    package struct AddressRange: Hashable, Sendable, CustomStringConvertible {
        /// 4 or 16 bytes; those beyond the prefix are zero.
        package let bytes: [UInt8]
        package let prefixLength: Int
        private let text: String

        package var description: String { "\(text)/\(prefixLength)" }

        init(parsing text: String) throws(Complaint) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count <= 2, let address = IPAddress(String(parts[0])) else {
                throw Complaint("write 10.0.0.0/8 or 2001:db8::/32")
            }
            let bits = address.bytes.count * 8
            var length = bits
            if parts.count == 2 {
                guard case .number(let number)? = Quantity.digits(parts[1]), let given = Int(exactly: number), given <= bits else {
                    throw Complaint("the prefix length is 0 to \(bits)")
                }
                length = given
            }
            let isClean = address.bytes.enumerated().allSatisfy { index, byte in
                let kept = min(max(length - index * 8, 0), 8)
                return byte & UInt8(truncatingIfNeeded: 0xff >> kept) == 0
            }
            guard isClean else { throw Complaint("bits are set beyond the prefix of \(length)") }
            bytes = address.bytes
            prefixLength = length
            self.text = address.text
        }
    }
}

/// A numeric address in its one spelling.
struct IPAddress {
    let bytes: [UInt8]
    let text: String

    var isV6: Bool { bytes.count == 16 }

    init?(_ text: String) {
        let family = text.utf8.contains(UInt8(ascii: ":")) ? AF_INET6 : AF_INET
        var bytes = [UInt8](repeating: 0, count: family == AF_INET6 ? 16 : 4)
        guard inet_pton(family, text, &bytes) == 1 else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil else { return nil }
        self.bytes = bytes
        self.text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
