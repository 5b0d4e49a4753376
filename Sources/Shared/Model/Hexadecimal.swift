/// Hexadecimal text to bytes and back.
package enum Hexadecimal {
    static var digits: StaticString { "0123456789abcdef" }

    @inline(__always)
    package static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x61 + 10
        case 0x41...0x46: digit - 0x41 + 10
        default: nil
        }
    }

    /// Lower-case digits, two a byte.
    package static func string(_ bytes: some Collection<UInt8>) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { out in
            var at = 0
            for byte in bytes {
                out[at] = digits.utf8Start[Int(byte >> 4)]
                out[at + 1] = digits.utf8Start[Int(byte & 15)]
                at += 2
            }
            return at
        }
    }

    /// The bytes that an even number of digits stands for; nil for anything else.
    package static func bytes(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(text.count / 2)
        var high: UInt8?
        for digit in text {
            guard let value = value(digit) else { return nil }
            if let first = high {
                out.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return out
    }

    /// A SHA-256 from exactly 64 digits.
    package static func digest(_ text: UnsafeBufferPointer<UInt8>) -> ContentDigest? {
        guard text.count == 64, let bytes = bytes(text) else { return nil }
        return bytes.withUnsafeBytes { ContentDigest(bytes: $0) }
    }
}
