/// A JSON document with its members in order, so that what is generated never changes without reason.
indirect enum JSONText {
    case string(String)
    case integer(Int)
    case bool(Bool)
    case array([JSONText])
    case object([(name: String, value: JSONText)])

    /// Two spaces a level, a line break at the end (RFC 8259).
    var text: String {
        var out = ""
        write(into: &out, margin: "")
        return out + "\n"
    }

    private func write(into out: inout String, margin: String) {
        let inner = margin + "  "
        switch self {
        case .string(let text): out += Self.quoted(text)
        case .integer(let number): out += "\(number)"
        case .bool(let value): out += value ? "true" : "false"
        case .array(let items):
            out += items.isEmpty ? "[" : "[\n"
            for (index, item) in items.enumerated() {
                out += inner
                item.write(into: &out, margin: inner)
                out += index == items.count - 1 ? "\n\(margin)" : ",\n"
            }
            out += "]"
        case .object(let members):
            out += members.isEmpty ? "{" : "{\n"
            for (index, member) in members.enumerated() {
                out += "\(inner)\(Self.quoted(member.name)): "
                member.value.write(into: &out, margin: inner)
                out += index == members.count - 1 ? "\n\(margin)" : ",\n"
            }
            out += "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
