import Glibc

/// The address of a connection's other end.
package struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    /// IPv6, or IPv4 mapped into it; all zero for a Unix socket.
    package var high: UInt64
    package var low: UInt64
    package var port: UInt16

    package static let local = PeerAddress(high: 0, low: 0, port: 0)

    package init(high: UInt64, low: UInt64, port: UInt16) {
        self.high = high
        self.low = low
        self.port = port
    }

    init(_ storage: UnsafeRawPointer) {
        let family = Int32(storage.load(as: sockaddr.self).sa_family)
        if family == AF_INET {
            let address = storage.loadUnaligned(as: sockaddr_in.self)
            high = 0
            low = 0xffff_0000_0000 | UInt64(UInt32(bigEndian: address.sin_addr.s_addr))
            port = UInt16(bigEndian: address.sin_port)
        } else if family == AF_INET6 {
            var address = storage.loadUnaligned(as: sockaddr_in6.self)
            (high, low) = withUnsafeBytes(of: &address.sin6_addr) {
                let words = ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                return (UInt64(bigEndian: words.0), UInt64(bigEndian: words.1))
            }
            port = UInt16(bigEndian: address.sin6_port)
        } else {
            self = .local
        }
    }

    /// - Parameter text: an address as fields say it: `192.0.2.1`, `2001:db8::1`, with brackets or a port or without; nil for others.
    package init?(text: String) {
        var host = text[...]
        if host.first == "[" {
            guard let end = host.firstIndex(of: "]") else { return nil }
            host = host[host.index(after: host.startIndex)..<end]
        } else if let colon = host.firstIndex(of: ":"), host.lastIndex(of: ":") == colon {
            host = host[..<colon]
        }
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, String(host), &v4) == 1 {
            self.init(high: 0, low: 0xffff_0000_0000 | UInt64(UInt32(bigEndian: v4.s_addr)), port: 0)
        } else if inet_pton(AF_INET6, String(host), &v6) == 1 {
            let words = withUnsafeBytes(of: &v6) {
                ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            }
            self.init(high: UInt64(bigEndian: words.0), low: UInt64(bigEndian: words.1), port: 0)
        } else {
            return nil
        }
    }

    /// Whether it is an IPv4 address.
    package var isMapped: Bool { high == 0 && low >> 32 == 0xffff }

    /// A hash of the address without its port, for counting distinct clients: IPv6 clients count by their /64.
    package var clientHash: UInt64 {
        var hash = (isMapped ? low : high) &* 0x9e37_79b9_7f4a_7c15
        hash ^= hash >> 32
        hash &*= 0xd6e8_feb8_6659_fd93
        return hash ^ (hash >> 29)
    }

    /// `192.0.2.1`, `2001:db8:0:0:0:0:0:1`, `unix:`.
    package var description: String {
        if isMapped { return "\(low >> 24 & 255).\(low >> 16 & 255).\(low >> 8 & 255).\(low & 255)" }
        if high == 0, low == 0 { return "unix:" }
        let groups = (0..<8).map { index in
            String(UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - 16 * (index & 3))), radix: 16)
        }
        return groups.joined(separator: ":")
    }
}
