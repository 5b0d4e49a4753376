import References

/// Writes a URL so that it means itself where it stands.
///
/// The reader said how the URL was written, innermost first. Each layer escapes what would end it or mean something else in
/// it; what needs no escape stays as it is, so that a URL of plain letters is the same bytes in every language.
enum NotationEncoding {
    /// - Parameter notation: innermost first, as in `Reference.notation`.
    static func write(_ address: String, _ notation: [Reference.Notation]) -> [UInt8] {
        notation.reduce(Array(address.utf8)) { encode($0, $1) }
    }

    private static func encode(_ bytes: [UInt8], _ notation: Reference.Notation) -> [UInt8] {
        switch notation {
        case .htmlAttribute(let quote):
            return replace(bytes) { byte, next in
                switch byte {
                // An ampersand that cannot begin a character reference may stay (HTML §13.1.2.3).
                case UInt8(ascii: "&"): isAlphanumeric(next) || next == UInt8(ascii: "#") ? "&amp;" : nil
                case UInt8(ascii: "\""): quote == UInt8(ascii: "'") ? nil : "&quot;"
                case UInt8(ascii: "'"): quote == UInt8(ascii: "\"") ? nil : "&#39;"
                case UInt8(ascii: "<"): quote == nil ? "&lt;" : nil
                case UInt8(ascii: ">"): quote == nil ? "&gt;" : nil
                case UInt8(ascii: "`"): quote == nil ? "&#\(byte);" : nil
                case 0x09, 0x0A, 0x0C, 0x0D, 0x20: quote == nil ? percent(byte) : nil
                default: nil
                }
            }
        case .sourceSet:
            // A comma at either end would part the candidates, and white space ends the URL (HTML §4.8.4.3.5).
            return replace(bytes) { byte, _ in isSpace(byte) || byte == UInt8(ascii: ",") ? percent(byte) : nil }
        case .refresh:
            return replace(bytes) { byte, _ in isSpace(byte) || byte == UInt8(ascii: ";") || isQuote(byte) ? percent(byte) : nil }
        case .cssString(let quote):
            return replace(bytes) { byte, _ in
                byte == quote || byte == UInt8(ascii: "\\") ? "\\" + character(byte) : isControl(byte) ? cssHex(byte) : nil
            }
        case .cssURL:
            return replace(bytes) { byte, _ in
                switch byte {
                case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): "\\" + character(byte)
                default: isSpace(byte) || isControl(byte) ? percent(byte) : nil
                }
            }
        case .javaScriptString(let quote):
            return replace(bytes) { byte, next in
                if byte == quote || byte == UInt8(ascii: "\\") { return "\\" + character(byte) }
                if quote == UInt8(ascii: "`"), byte == UInt8(ascii: "$"), next == UInt8(ascii: "{") { return "\\$" }
                return isControl(byte) ? "\\x" + hex(byte) : nil
            }
        case .json:
            return replace(bytes) { byte, _ in
                byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
                    ? "\\" + character(byte) : isControl(byte) ? "\\u00" + hex(byte) : nil
            }
        case .xmlAttribute(let quote):
            return replace(bytes) { byte, _ in
                switch byte {
                case UInt8(ascii: "&"): "&amp;"
                case UInt8(ascii: "<"): "&lt;"
                case quote: "&#\(byte);"
                default: nil
                }
            }
        case .xmlText:
            return replace(bytes) { byte, _ in
                switch byte {
                case UInt8(ascii: "&"): "&amp;"
                case UInt8(ascii: "<"): "&lt;"
                case UInt8(ascii: ">"): "&gt;"
                default: nil
                }
            }
        case .comment:
            // `*/` would end a comment of a style sheet, white space the URL.
            return replace(bytes) { byte, _ in
                isSpace(byte) || isControl(byte) || isQuote(byte) || byte == UInt8(ascii: "*") ? percent(byte) : nil
            }
        }
    }

    /// Copies, with a replacement where there is one. `next` is 0 at the end.
    private static func replace(_ bytes: [UInt8], _ escape: (_ byte: UInt8, _ next: UInt8) -> String?) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        for (at, byte) in bytes.enumerated() {
            if let text = escape(byte, at + 1 < bytes.count ? bytes[at + 1] : 0) { out += text.utf8 } else { out.append(byte) }
        }
        return out
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }
    private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }
    private static func character(_ byte: UInt8) -> String { String(UnicodeScalar(byte)) }
    private static func percent(_ byte: UInt8) -> String { "%" + hex(byte).uppercased() }
    /// Two digits; the space ends the escape (CSS Syntax §4.3.7).
    private static func cssHex(_ byte: UInt8) -> String { "\\" + hex(byte) + " " }
    private static func hex(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16)
        return byte < 16 ? "0" + text : text
    }
}
