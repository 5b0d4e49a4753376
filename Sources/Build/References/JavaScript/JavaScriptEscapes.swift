/// Escapes of strings and template literals (ECMA-262 §12.9.4 and §12.9.6).
enum JavaScriptEscapes {
    /// The text between the quotes, all on one line, with its escapes undone. Bytes that are no UTF-8, and surrogates without their other half,
    /// become U+FFFD.
    static func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        guard bytes[range].contains(UInt8(ascii: "\\")) else { return String(decoding: bytes[range], as: UTF8.self) }
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        var escapes = Cursor(bytes: bytes, position: range.lowerBound, end: range.upperBound)
        while let byte = escapes.take() {
            if byte == UInt8(ascii: "\\") { escapes.undo(to: &text) } else { text.append(byte) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private struct Cursor {
        let bytes: [UInt8]
        var position: Int
        let end: Int

        mutating func take() -> UInt8? {
            guard position < end else { return nil }
            defer { position += 1 }
            return bytes[position]
        }

        /// After a backslash.
        mutating func undo(to text: inout [UInt8]) {
            guard let byte = take() else { return }
            switch byte {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "v"): text.append(0x0B)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "x"): text.append(codePoint: digits(2) ?? 0xFFFD)
            case UInt8(ascii: "u"): undoUnicode(to: &text)
            case UInt8(ascii: "0")...UInt8(ascii: "7"): undoOctal(byte, to: &text)
            default: text.append(byte)
            }
        }

        /// After `\u`. Two halves of a surrogate pair are one character.
        private mutating func undoUnicode(to text: inout [UInt8]) {
            let first = codeUnit() ?? 0xFFFD
            if (0xD800...0xDBFF).contains(first), bytes.starts(with: "\\u", at: position, before: end) {
                let before = position
                position += 2
                if let second = codeUnit(), (0xDC00...0xDFFF).contains(second) {
                    text.append(codePoint: 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
                    return
                }
                position = before
            }
            text.append(codePoint: first)
        }

        private mutating func codeUnit() -> UInt32? {
            guard position < end, bytes[position] == UInt8(ascii: "{") else { return digits(4) }
            position += 1
            var value: UInt32 = 0
            while let byte = take(), byte != UInt8(ascii: "}") {
                guard let digit = hexadecimalValue(byte) else { return nil }
                value = min(value << 4 | digit, 0x11_0000)
            }
            return value
        }

        private mutating func digits(_ count: Int) -> UInt32? {
            guard end - position >= count else { return nil }
            var value: UInt32 = 0
            for offset in position..<position + count {
                guard let digit = hexadecimalValue(bytes[offset]) else { return nil }
                value = value << 4 | digit
            }
            position += count
            return value
        }

        /// One to three octal digits up to `\377` (§B.1.2).
        private mutating func undoOctal(_ first: UInt8, to text: inout [UInt8]) {
            var value = UInt32(first - UInt8(ascii: "0"))
            while position < end, UInt8(ascii: "0")...UInt8(ascii: "7") ~= bytes[position] {
                let next = value * 8 + UInt32(bytes[position] - UInt8(ascii: "0"))
                guard next < 256 else { break }
                value = next
                position += 1
            }
            text.append(codePoint: value)
        }
    }
}
