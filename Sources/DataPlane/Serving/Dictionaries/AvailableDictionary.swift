import Model

/// The request field by that name (RFC 9842 §2.2): a byte sequence, the SHA-256 of the one dictionary that the client holds for
/// this request.
enum AvailableDictionary {
    /// - Parameter value: `:base64:`; parameters may follow and say nothing.
    static func parse(_ value: UnsafeBufferPointer<UInt8>) -> ContentDigest? {
        // 32 bytes are 43 characters and one of padding.
        guard value.count >= 46, value[0] == UInt8(ascii: ":"), value[45] == UInt8(ascii: ":"), value[44] == UInt8(ascii: "="),
            value.count == 46 || value[46] == UInt8(ascii: ";")
        else { return nil }
        var bytes: [UInt8] = []
        var held: UInt32 = 0
        var bits = 0
        for character in value[1..<44] {
            guard let six = sixBits(character) else { return nil }
            held = held << 6 | six
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: held >> UInt32(bits)))
            }
        }
        return bytes.count == ContentDigest.byteCount ? bytes.withUnsafeBytes { ContentDigest(bytes: $0) } : nil
    }

    private static func sixBits(_ character: UInt8) -> UInt32? {
        switch character {
        case 0x41...0x5a: UInt32(character - 0x41)
        case 0x61...0x7a: UInt32(character - 0x61) + 26
        case 0x30...0x39: UInt32(character - 0x30) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
