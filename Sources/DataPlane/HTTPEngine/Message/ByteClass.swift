/// Which bytes may stand where. Bit sets in registers: no table to fetch.
enum ByteClass {
    /// `tchar` of RFC 9110 §5.6.2: letters, digits and `!#$%&'*+-.^_`|~`.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        let low: UInt64 = 0x03ff_6cfa_0000_0000
        let high: UInt64 = 0x57ff_ffff_c7ff_fffe
        return byte < 128 && (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 == 1
    }

    /// What may stand in a request target: visible ASCII but `#`, `"`, `<`, `>` and backslash, which no URL parser sends.
    @inline(__always)
    static func isTarget(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "#") && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "<")
            && byte != UInt8(ascii: ">") && byte != UInt8(ascii: "\\")
    }

    /// What may stand in a field value (RFC 9110 §5.5): visible ASCII, space, tab and obs-text.
    @inline(__always)
    static func isValue(_ byte: UInt8) -> Bool { (byte >= 0x20 && byte != 0x7f) || byte == 0x09 }

    /// `unreserved` and `sub-delims` of RFC 3986: what a registered name is made of beside percent-encoding.
    @inline(__always)
    static func isRegisteredName(_ byte: UInt8) -> Bool {
        let low: UInt64 = 0x2bff_7fd2_0000_0000
        let high: UInt64 = 0x47ff_fffe_87ff_fffe
        return byte < 128 && (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 == 1
    }

    static func isHexadecimal(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6
    }

    /// Whether none of the eight bytes is a control character or DEL, so that all are plain value bytes.
    @inline(__always)
    static func allPlain(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        // Below 0x20 in some byte whose top bit is clear; then equal to 0x7f in some byte.
        let control = (word &- ones &* 0x20) & ~word & tops
        let distance = word ^ (ones &* 0x7f)
        let delete = (distance &- ones) & ~distance & tops
        return control | delete == 0
    }
}
