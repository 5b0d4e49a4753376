/// A set of bytes that is asked once for every byte of a file: two words and a flag, no table in memory.
struct ByteSet: Sendable {
    private let low: UInt64
    private let high: UInt64
    private let beyondASCII: Bool

    /// The given ASCII characters, and with `beyondASCII` every byte from 0x80 on.
    init(_ characters: StaticString, beyondASCII: Bool = false) {
        var low: UInt64 = 0
        var high: UInt64 = 0
        for index in 0..<characters.utf8CodeUnitCount {
            let byte = characters.utf8Start[index]
            if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte & 63) }
        }
        self.low = low
        self.high = high
        self.beyondASCII = beyondASCII
    }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        if byte < 64 { return low >> UInt64(byte) & 1 == 1 }
        if byte < 128 { return high >> UInt64(byte & 63) & 1 == 1 }
        return beyondASCII
    }
}

/// The value of a hexadecimal digit.
@inline(__always)
func hexadecimalValue(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
}

extension [UInt8] {
    /// Whether the bytes from `offset` on, and before `end`, begin with these ASCII characters.
    @inline(__always)
    func starts(with characters: StaticString, at offset: Int, before end: Int) -> Bool {
        let count = characters.utf8CodeUnitCount
        guard end - offset >= count else { return false }
        for index in 0..<count where self[offset + index] != characters.utf8Start[index] { return false }
        return true
    }

    /// Adds a code point as UTF-8; what is no scalar value (a lone surrogate, too big) becomes U+FFFD.
    mutating func append(codePoint: UInt32) {
        append(contentsOf: String(Unicode.Scalar(codePoint) ?? "\u{FFFD}").utf8)
    }
}
