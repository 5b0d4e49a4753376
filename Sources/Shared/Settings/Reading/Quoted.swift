/// Text of the file inside a message: in quotes, on one line, not endless. What stands before the `@` of a URL is masked, since
/// passwords are written there.
struct Quoted: CustomStringConvertible {
    static let maximumCount = 60

    let text: String

    init(_ text: String) {
        self.text = text
    }

    var description: String {
        var out = "\""
        for (index, scalar) in Self.withoutUserInfo(text).unicodeScalars.enumerated() {
            if index == Self.maximumCount {
                out += "…"
                break
            }
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            default:
                let isControl = scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
                out += isControl ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
            }
        }
        return out + "\""
    }

    private static func withoutUserInfo(_ text: String) -> String {
        guard let end = text.lastIndex(of: "@"), let colon = text[..<end].firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
            return text
        }
        return text[...colon] + "//" + Secret.mask + text[end...]
    }
}
