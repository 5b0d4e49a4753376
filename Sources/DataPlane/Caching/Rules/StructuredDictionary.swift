/// A Dictionary of RFC 9651 (structured fields), as far as cache directives need it: members are booleans, integers, decimals, strings,
/// tokens, byte sequences, dates or inner lists; parameters are read and dropped.
///
/// A value that is malformed anywhere is malformed whole (§4.2): nil, and the field counts as absent. Of a key that stands twice the
/// last counts (§4.2.2).
package struct StructuredDictionary: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        case boolean(Bool)
        case integer(Int64)
        case string(String)
        case token(String)
        /// A kind of value that no directive has.
        case other
    }

    package private(set) var values: [String: Value] = [:]

    /// - Parameter lines: the field's values, in order; together they are one dictionary.
    package init?(_ lines: [[UInt8]]) {
        var reader = Reader(bytes: Array(lines.joined(separator: [UInt8(ascii: ",")])))
        reader.skipSpaces()
        while !reader.isAtEnd {
            guard let key = reader.key() else { return nil }
            if reader.take("=") {
                guard let value = reader.take("(") ? reader.innerList() : reader.bareItem() else { return nil }
                values[key] = value
            } else {
                values[key] = .boolean(true)
            }
            guard reader.parameters() else { return nil }
            reader.skipWhitespace()
            if reader.isAtEnd { return }
            guard reader.take(",") else { return nil }
            reader.skipWhitespace()
            if reader.isAtEnd { return nil }
        }
    }

    private struct Reader {
        let bytes: [UInt8]
        var at = 0

        var isAtEnd: Bool { at == bytes.count }
        private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard next == UInt8(ascii: character) else { return false }
            at += 1
            return true
        }

        mutating func skipSpaces() { while next == 0x20 { at += 1 } }
        mutating func skipWhitespace() { while next == 0x20 || next == 0x09 { at += 1 } }

        private mutating func span(_ fits: (UInt8) -> Bool) -> String {
            let start = at
            while let byte = next, fits(byte) { at += 1 }
            return String(decoding: bytes[start..<at], as: UTF8.self)
        }

        private static func isLower(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7a }
        private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
        private static func isAlpha(_ byte: UInt8) -> Bool { isLower(byte | 0x20) }

        mutating func key() -> String? {
            guard let first = next, Self.isLower(first) || first == UInt8(ascii: "*") else { return nil }
            return span { Self.isLower($0) || Self.isDigit($0) || "_-.*".utf8.contains($0) }
        }

        mutating func parameters() -> Bool {
            while take(";") {
                skipSpaces()
                guard key() != nil else { return false }
                if take("="), bareItem() == nil { return false }
            }
            return true
        }

        mutating func innerList() -> Value? {
            while true {
                skipSpaces()
                if take(")") { return .other }
                guard bareItem() != nil, parameters() else { return nil }
                guard next == 0x20 || next == UInt8(ascii: ")") else { return nil }
            }
        }

        mutating func bareItem() -> Value? {
            guard let first = next else { return nil }
            switch first {
            case UInt8(ascii: "\""): return string()
            case UInt8(ascii: "?"): return boolean()
            case UInt8(ascii: ":"): return bytesItem()
            case UInt8(ascii: "@"):
                at += 1
                guard case .integer? = number() else { return nil }
                return .other
            case UInt8(ascii: "-"), 0x30...0x39: return number()
            default:
                guard Self.isAlpha(first) || first == UInt8(ascii: "*") else { return nil }
                return .token(span { Self.isAlpha($0) || Self.isDigit($0) || "!#$%&'*+-.^_`|~:/".utf8.contains($0) })
            }
        }

        private mutating func number() -> Value? {
            let isNegative = take("-")
            let digits = span(Self.isDigit)
            guard !digits.isEmpty, digits.utf8.count <= 15, let whole = Int64(digits) else { return nil }
            if take(".") {
                let fraction = span(Self.isDigit)
                return digits.utf8.count <= 12 && (1...3).contains(fraction.utf8.count) ? .other : nil
            }
            return .integer(isNegative ? -whole : whole)
        }

        private mutating func string() -> Value? {
            at += 1
            var text: [UInt8] = []
            while let byte = next {
                at += 1
                switch byte {
                case UInt8(ascii: "\""): return .string(String(decoding: text, as: UTF8.self))
                case UInt8(ascii: "\\"):
                    guard let escaped = next, escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else { return nil }
                    at += 1
                    text.append(escaped)
                case 0x20...0x7e: text.append(byte)
                default: return nil
                }
            }
            return nil
        }

        private mutating func boolean() -> Value? {
            at += 1
            if take("1") { return .boolean(true) }
            return take("0") ? .boolean(false) : nil
        }

        private mutating func bytesItem() -> Value? {
            at += 1
            _ = span { Self.isAlpha($0) || Self.isDigit($0) || "+/=".utf8.contains($0) }
            return take(":") ? .other : nil
        }
    }
}
