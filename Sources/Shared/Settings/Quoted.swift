/// Text of the file inside a message: in quotes, on one line, not endless.
struct Quoted: CustomStringConvertible {
    static let maximumCount = 60

    let text: String

    init(_ text: String) {
        self.text = text
    }

    var description: String {
        var out = "\""
        for (index, scalar) in text.unicodeScalars.enumerated() {
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
}
