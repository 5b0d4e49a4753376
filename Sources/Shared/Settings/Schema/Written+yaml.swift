extension Written {
    /// Block style, two spaces a level, a line break at the end.
    var yaml: String {
        var out = ""
        writeYAML(into: &out, indentation: 0)
        return out
    }

    /// Appends lines, the first at the present place, each of them ended.
    private func writeYAML(into out: inout String, indentation: Int) {
        let margin = String(repeating: " ", count: indentation)
        switch self {
        case .scalar(let text):
            out += Self.scalarYAML(text) + "\n"
        case .list(let items):
            for (index, item) in items.enumerated() {
                out += (index == 0 ? "" : margin) + "- "
                item.writeItem(into: &out, indentation: indentation + 2)
            }
        case .map(let entries):
            for (index, entry) in entries.enumerated() {
                out += (index == 0 ? "" : margin) + Self.scalarYAML(entry.key) + ":"
                guard entry.value.isBlock else {
                    out += " "
                    entry.value.writeItem(into: &out, indentation: 0)
                    continue
                }
                out += "\n" + margin + "  "
                entry.value.writeYAML(into: &out, indentation: indentation + 2)
            }
        }
    }

    private func writeItem(into out: inout String, indentation: Int) {
        switch self {
        case .list(let items) where items.isEmpty: out += "[]\n"
        case .map(let entries) where entries.isEmpty: out += "{}\n"
        default: writeYAML(into: &out, indentation: indentation)
        }
    }

    private var isBlock: Bool {
        switch self {
        case .scalar: false
        case .list(let items): !items.isEmpty
        case .map(let entries): !entries.isEmpty
        }
    }

    /// Plain where nothing in it could mean something to YAML, else in double quotes.
    private static func scalarYAML(_ text: String) -> String {
        func isPlain(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || "_./%-=".utf8.contains(byte)
        }
        if let first = text.utf8.first, isPlain(first), !"-%=".utf8.contains(first), text.utf8.allSatisfy(isPlain) { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": escaped += "\\\""
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\r": escaped += "\\r"
            case "\t": escaped += "\\t"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return "\"\(escaped)\""
    }
}
