/// Escapes of style sheets (css-syntax-3 §4.3.7): `\26 `, `\"`, and in strings a backslash that hides the end of a line.
enum CSSEscapes {
    @inline(__always)
    static func isNewline(_ byte: UInt8) -> Bool {
        byte == 0x0A || byte == 0x0C || byte == 0x0D
    }

    /// Where the escape ends whose backslash stands at `offset`: after one to six hexadecimal digits and one white space,
    /// after a newline, or after the one byte that stands for itself (further bytes of its UTF-8 stand for themselves anyway).
    static func endOfEscape(_ bytes: [UInt8], at offset: Int, before end: Int) -> Int {
        var position = offset + 1
        guard position < end else { return end }
        if hexadecimalValue(bytes[position]) == nil {
            return bytes[position] == 0x0D ? endOfNewline(bytes, at: position, before: end) : position + 1
        }
        while position < end, position < offset + 7, hexadecimalValue(bytes[position]) != nil { position += 1 }
        guard position < end else { return end }
        if isNewline(bytes[position]) { return endOfNewline(bytes, at: position, before: end) }
        return bytes[position] == 0x20 || bytes[position] == 0x09 ? position + 1 : position
    }

    /// The text of a name, string or URL with its escapes undone. Bytes that are no UTF-8 become U+FFFD.
    static func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        let raw = bytes[range]
        guard raw.contains(where: { $0 == UInt8(ascii: "\\") || $0 == 0 }) else { return String(decoding: raw, as: UTF8.self) }
        var text: [UInt8] = []
        text.reserveCapacity(raw.count)
        var position = range.lowerBound
        while position < range.upperBound {
            let byte = bytes[position]
            switch byte {
            case 0:
                text.append(codePoint: 0xFFFD)
                position += 1
            case UInt8(ascii: "\\"):
                let escapeEnd = endOfEscape(bytes, at: position, before: range.upperBound)
                append(bytes, escape: position + 1..<escapeEnd, to: &text)
                position = escapeEnd
            default:
                text.append(byte)
                position += 1
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether a name, its escapes undone, is this lower-case ASCII word, whatever its case.
    static func name(_ bytes: [UInt8], _ range: Range<Int>, is word: StaticString) -> Bool {
        if bytes[range].contains(UInt8(ascii: "\\")) {
            return text(bytes, range).lowercased() == word.description
        }
        let count = word.utf8CodeUnitCount
        guard range.count == count else { return false }
        for index in 0..<count where lowered(bytes[range.lowerBound + index]) != word.utf8Start[index] { return false }
        return true
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    private static func endOfNewline(_ bytes: [UInt8], at offset: Int, before end: Int) -> Int {
        bytes[offset] == 0x0D && offset + 1 < end && bytes[offset + 1] == 0x0A ? offset + 2 : offset + 1
    }

    /// - Parameter escape: what follows the backslash.
    private static func append(_ bytes: [UInt8], escape: Range<Int>, to text: inout [UInt8]) {
        guard let first = escape.first else { return }
        guard hexadecimalValue(bytes[first]) != nil else {
            if !isNewline(bytes[first]) { text.append(bytes[first]) }
            return
        }
        var value: UInt32 = 0
        for offset in escape {
            guard let digit = hexadecimalValue(bytes[offset]) else { break }
            value = value << 4 | digit
        }
        text.append(codePoint: value == 0 ? 0xFFFD : value)
    }
}
