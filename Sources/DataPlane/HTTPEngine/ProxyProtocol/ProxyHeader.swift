import Glibc

/// What a load balancer puts in front of a connection to say whose it is: the PROXY protocol, version 1 (a line of text) and 2 (binary).
///
/// ```
///  v1  PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n          at most 107 bytes
///  v2  0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a | version and command | family | length, 2 bytes | addresses | TLVs, which are skipped
/// ```
/// Read strictly: what is no header closes the connection, since the client would be taken for somebody else.
package struct ProxyHeader: Hashable, Sendable {
    package enum Version: Hashable, Sendable {
        case v1, v2
    }

    /// Who connected to whom. Nil: the balancer speaks for itself, or cannot say.
    package var addresses: Addresses?

    package struct Addresses: Hashable, Sendable {
        package var source: PeerAddress
        package var destination: PeerAddress

        package init(source: PeerAddress, destination: PeerAddress) {
            self.source = source
            self.destination = destination
        }
    }

    package enum Outcome: Hashable, Sendable {
        /// The header takes that many bytes.
        case complete(ProxyHeader, count: Int)
        case incomplete
        case refused
    }

    private static let signature: StaticString = "\u{d}\u{a}\u{d}\u{a}\u{0}\u{d}\u{a}QUIT\u{a}"
    private static let longestLine = 107
    /// Addresses of the longest family are 216 bytes; the rest is for what is skipped.
    private static let longestBody = 4096

    /// - Parameter bytes: all that have come, from the first on.
    package static func parse(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        guard let first = bytes.first else { return .incomplete }
        return first == UInt8(ascii: "P") ? parseLine(bytes) : parseBinary(bytes)
    }

    // MARK: Version 1

    private static func parseLine(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        let start: StaticString = "PROXY "
        for index in 0..<min(bytes.count, 6) where bytes[index] != start.utf8Start[index] { return .refused }
        let seen = bytes.prefix(longestLine)
        guard let end = seen.firstIndex(of: 0x0a) else {
            return bytes.count >= longestLine || seen.dropFirst(6).contains { $0 < 0x20 && $0 != 0x0d } ? .refused : .incomplete
        }
        guard end >= 7, bytes[end - 1] == 0x0d else { return .refused }
        let words = bytes[6..<(end - 1)].split(separator: 0x20, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        let count = end + 1
        // What follows `UNKNOWN` says nothing.
        if words[0] == "UNKNOWN" { return .complete(ProxyHeader(addresses: nil), count: count) }
        guard words.count == 5, words[0] == "TCP4" || words[0] == "TCP6",
            let source = address(words[1], words[3], isV6: words[0] == "TCP6"),
            let destination = address(words[2], words[4], isV6: words[0] == "TCP6")
        else { return .refused }
        return complete(Addresses(source: source, destination: destination), count: count)
    }

    private static func address(_ host: String, _ port: String, isV6: Bool) -> PeerAddress? {
        guard host.utf8.contains(UInt8(ascii: ":")) == isV6, host.utf8.allSatisfy({ $0 != UInt8(ascii: "[") }),
            (1...5).contains(port.utf8.count), port.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            port == "0" || port.utf8.first != 0x30, let number = UInt16(port)
        else { return nil }
        // With a port of its own behind an IPv4 address the text would be none.
        var address = isV6 ? PeerAddress(text: "[\(host)]") : PeerAddress(text: host)
        address?.port = number
        return address
    }

    /// `::` is nobody's address, and here that of a Unix socket, which is trusted more than others.
    private static func complete(_ addresses: Addresses, count: Int) -> Outcome {
        for address in [addresses.source, addresses.destination] where address.high == 0 && address.low == 0 { return .refused }
        return .complete(ProxyHeader(addresses: addresses), count: count)
    }

    // MARK: Version 2

    private static func parseBinary(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        for index in 0..<min(bytes.count, 12) where bytes[index] != signature.utf8Start[index] { return .refused }
        guard bytes.count >= 16 else { return .incomplete }
        let length = Int(bytes[14]) << 8 | Int(bytes[15])
        guard length <= longestBody else { return .refused }
        let count = 16 + length
        switch (bytes[12], bytes[13]) {
        case (0x20, _), (0x21, 0x00):
            return bytes.count < count ? .incomplete : .complete(ProxyHeader(addresses: nil), count: count)
        case (0x21, 0x11) where length >= 12:
            guard bytes.count >= count else { return .incomplete }
            return complete(short(bytes), count: count)
        case (0x21, 0x21) where length >= 36:
            guard bytes.count >= count else { return .incomplete }
            return complete(long(bytes), count: count)
        // A client of a Unix socket has no address.
        case (0x21, 0x31) where length >= 216:
            return bytes.count < count ? .incomplete : .complete(ProxyHeader(addresses: nil), count: count)
        default: return .refused
        }
    }

    private static func short(_ bytes: UnsafeRawBufferPointer) -> Addresses {
        func one(_ at: Int, _ port: Int) -> PeerAddress {
            let address = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
            let number = UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: port, as: UInt16.self))
            return PeerAddress(high: 0, low: 0xffff_0000_0000 | UInt64(address), port: number)
        }
        return Addresses(source: one(16, 24), destination: one(20, 26))
    }

    private static func long(_ bytes: UnsafeRawBufferPointer) -> Addresses {
        func one(_ at: Int, _ port: Int) -> PeerAddress {
            PeerAddress(
                high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: at + 8, as: UInt64.self)),
                port: UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: port, as: UInt16.self)))
        }
        return Addresses(source: one(16, 48), destination: one(32, 50))
    }

    // MARK: Writing

    package init(addresses: Addresses?) {
        self.addresses = addresses
    }

    /// Its bytes. Without addresses it says that the connection is our own (`LOCAL`, `UNKNOWN`).
    package func bytes(_ version: Version) -> [UInt8] {
        version == .v1 ? line : binary
    }

    private var line: [UInt8] {
        guard let addresses else { return Array("PROXY UNKNOWN\r\n".utf8) }
        let isV4 = addresses.source.isMapped && addresses.destination.isMapped
        // One of them in IPv4 is written as it is mapped into IPv6: both are of one family.
        func text(_ address: PeerAddress) -> String { !isV4 && address.isMapped ? "::ffff:\(address)" : "\(address)" }
        let words = "PROXY \(isV4 ? "TCP4" : "TCP6") \(text(addresses.source)) \(text(addresses.destination))"
        return Array("\(words) \(addresses.source.port) \(addresses.destination.port)\r\n".utf8)
    }

    private var binary: [UInt8] {
        var bytes = Array(UnsafeBufferPointer(start: Self.signature.utf8Start, count: Self.signature.utf8CodeUnitCount))
        guard let addresses else { return bytes + [0x20, 0, 0, 0] }
        let isV4 = addresses.source.isMapped && addresses.destination.isMapped
        bytes += isV4 ? [0x21, 0x11, 0, 12] : [0x21, 0x21, 0, 36]
        for address in [addresses.source, addresses.destination] {
            if !isV4 { withUnsafeBytes(of: address.high.bigEndian) { bytes += $0 } }
            withUnsafeBytes(of: address.low.bigEndian) { bytes += isV4 ? $0.suffix(4) : $0[...] }
        }
        for port in [addresses.source.port, addresses.destination.port] { bytes += [UInt8(port >> 8), UInt8(port & 0xff)] }
        return bytes
    }
}
