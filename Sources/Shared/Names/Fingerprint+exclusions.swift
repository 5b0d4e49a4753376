/// What has the shape of a token and is known to be something else.
extension Fingerprint {
    /// `20240131`, `20240131120000`, `20240131T120000Z`: a day of the years 1900–2099, and perhaps a time.
    static func isDate(_ path: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count >= 8 else { return false }
        func number(_ offset: Int, _ count: Int) -> Int? {
            var value = 0
            for at in 0..<count {
                let byte = path[range.lowerBound + offset + at]
                guard TokenByte.isDigit(byte) else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        guard let year = number(0, 4), (1900...2099).contains(year), let month = number(4, 2), (1...12).contains(month),
            let day = number(6, 2), (1...31).contains(day)
        else { return false }
        return path[(range.lowerBound + 8)..<range.upperBound].allSatisfy {
            TokenByte.isDigit($0) || $0 | 0x20 == UInt8(ascii: "t") || $0 | 0x20 == UInt8(ascii: "z")
        }
    }

    /// `1024x768`.
    static func isSizeOfImage(_ path: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ texture: TokenTexture) -> Bool {
        guard texture.letters == 1, texture.joints == 0, TokenByte.isDigit(path[range.lowerBound]),
            TokenByte.isDigit(path[range.upperBound - 1])
        else { return false }
        return path[range].contains { $0 | 0x20 == UInt8(ascii: "x") }
    }

    /// `550e8400-e29b-41d4-a716-446655440000`: an identity, whose last part alone would look like Django's token.
    static func isUUID(_ path: UnsafeBufferPointer<UInt8>, endingAt end: Int, from start: Int) -> Bool {
        guard end - start >= 36 else { return false }
        for offset in 0..<36 {
            let byte = path[end - 36 + offset]
            let isJoint = offset == 8 || offset == 13 || offset == 18 || offset == 23
            guard isJoint ? byte == UInt8(ascii: "-") : TokenByte.isDigit(byte) || (byte | 0x20) &- 0x61 < 6 else { return false }
        }
        return true
    }
}
