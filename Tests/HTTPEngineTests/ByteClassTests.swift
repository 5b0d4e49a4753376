import Testing

@testable import HTTPEngine

@Suite struct ByteClassTests {
    /// RFC 9110 §5.6.2, written out.
    private static let tokenBytes = Set(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    @Test func tokenBytesAreThoseOfTheRFC() {
        for byte in UInt8.min...UInt8.max { #expect(ByteClass.isToken(byte) == Self.tokenBytes.contains(byte), "\(byte)") }
    }

    @Test func valueBytesAreThoseOfTheRFC() {
        // field-vchar = VCHAR / obs-text; SP and HTAB between (RFC 9110 §5.5).
        for byte in UInt8.min...UInt8.max {
            let legal = (0x21...0x7e).contains(byte) || byte >= 0x80 || byte == 0x20 || byte == 0x09
            #expect(ByteClass.isValue(byte) == legal, "\(byte)")
        }
    }

    @Test func targetBytesAreVisibleAndUnambiguous() {
        for byte in UInt8.min...UInt8.max {
            let legal = (0x21...0x7e).contains(byte) && !Array("#\"<>\\".utf8).contains(byte)
            #expect(ByteClass.isTarget(byte) == legal, "\(byte)")
        }
    }

    @Test func registeredNameBytesAreThoseOfTheRFC() {
        // unreserved / sub-delims (RFC 3986 §2.2, §2.3).
        let legal = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=".utf8)
        let digits = Set("0123456789abcdefABCDEF".utf8)
        for byte in UInt8.min...UInt8.max {
            #expect(ByteClass.isRegisteredName(byte) == legal.contains(byte), "\(byte)")
            #expect(ByteClass.isHexadecimal(byte) == digits.contains(byte), "\(byte)")
        }
    }

    @Test func eightPlainBytesAreEightValueBytesWithoutTab() {
        let fillers: [UInt8] = [0x20, 0x41, 0x7e, 0x80, 0xff, 0xa0, 0x9f]
        for byte in UInt8.min...UInt8.max {
            let plain = ByteClass.isValue(byte) && byte != 0x09
            for place in 0..<8 {
                for filler in fillers {
                    var word: UInt64 = 0
                    for index in 0..<8 { word |= UInt64(index == place ? byte : filler) << UInt64(index * 8) }
                    #expect(ByteClass.allPlain(word) == plain, "byte \(byte) at \(place) among \(filler)")
                }
            }
        }
    }

    @Test func twoBadBytesDoNotHideEachOther() {
        let bad: [UInt8] = [0x00, 0x01, 0x0a, 0x0d, 0x1f, 0x7f]
        for first in bad {
            for second in bad {
                for (low, high) in [(0, 1), (0, 7), (3, 4), (6, 7)] {
                    var word: UInt64 = 0x4141_4141_4141_4141
                    word &= ~(0xff << UInt64(low * 8) | 0xff << UInt64(high * 8))
                    word |= UInt64(first) << UInt64(low * 8) | UInt64(second) << UInt64(high * 8)
                    #expect(!ByteClass.allPlain(word))
                }
            }
        }
    }

    @Test func listTokensAreTrimmedAndEmptyOnesLeftOut() {
        func tokens(_ text: String) -> [String] {
            let bytes = OwnedBytes(Array(text.utf8))
            var found: [String] = []
            ListTokens.forEach(UnsafeBufferPointer(start: bytes.base, count: bytes.count)) {
                found.append(String(decoding: $0, as: UTF8.self))
            }
            return found
        }
        #expect(tokens("") == [])
        #expect(tokens(" , ,\t,") == [])
        #expect(tokens("a") == ["a"])
        #expect(tokens(" a ,b\t, c d,") == ["a", "b", "c d"])
    }
}
