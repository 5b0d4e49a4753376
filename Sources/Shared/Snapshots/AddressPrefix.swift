import Glibc

/// Addresses that share their first bits, IPv4 as it is mapped into IPv6 (RFC 4632, RFC 4291 §2.5.5.2).
package struct AddressPrefix: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64
    private let highMask: UInt64
    private let lowMask: UInt64
    /// Of bits, as in IPv6.
    private let length: Int

    /// - Parameters:
    ///   - bytes: 4 or 16.
    ///   - length: of the prefix in bits, at most 32 or 128.
    package init(bytes: [UInt8], length: Int) {
        let mapped = bytes.count == 4 ? [UInt8](repeating: 0, count: 10) + [0xff, 0xff] + bytes : bytes
        let bits = bytes.count == 4 ? length + 96 : length
        self.length = bits
        highMask = bits >= 64 ? .max : bits == 0 ? 0 : ~(UInt64.max >> UInt64(bits))
        lowMask = bits >= 128 ? .max : bits <= 64 ? 0 : ~(UInt64.max >> UInt64(bits - 64))
        high = mapped.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } & highMask
        low = mapped.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) } & lowMask
    }

    /// An address of IPv4 is in no range of IPv6, however wide: `::/0` is everybody who comes over IPv6.
    /// - Parameters: the two halves of an address.
    @inline(__always)
    package func contains(high: UInt64, low: UInt64) -> Bool {
        high & highMask == self.high && low & lowMask == self.low && (length >= 96 || !Self.isMapped(high, low))
    }

    private static func isMapped(_ high: UInt64, _ low: UInt64) -> Bool { high == 0 && low >> 32 == 0xffff }
}

extension AddressPrefix: CustomStringConvertible {
    package var description: String {
        if length >= 96, Self.isMapped(high, low) {
            return (0..<4).map { "\(low >> (24 - 8 * $0) & 0xff)" }.joined(separator: ".") + "/\(length - 96)"
        }
        var bytes = [high.bigEndian, low.bigEndian]
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) + "/\(length)"
    }
}
