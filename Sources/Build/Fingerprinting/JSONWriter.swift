/// Writes JSON in the order given, indented by two spaces, the same bytes on every machine.
struct JSONWriter {
    private(set) var text = ""
    private var depth = 0
    private var isEmpty = true

    mutating func object(_ body: (inout JSONWriter) -> Void) {
        text += "{"
        depth += 1
        isEmpty = true
        body(&self)
        depth -= 1
        if !isEmpty { text += "\n" + String(repeating: "  ", count: depth) }
        text += "}"
        isEmpty = false
    }

    mutating func object(_ key: String, _ body: (inout JSONWriter) -> Void) {
        begin(key)
        object(body)
    }

    mutating func member(_ key: String, _ value: String) {
        begin(key)
        string(value)
    }

    mutating func member(_ key: String, _ value: Int) {
        begin(key)
        text += "\(value)"
    }

    mutating func member(_ key: String, _ value: Bool) {
        begin(key)
        text += value ? "true" : "false"
    }

    mutating func member(_ key: String, _ values: [String]) {
        begin(key)
        text += "["
        for (at, value) in values.enumerated() {
            if at > 0 { text += ", " }
            string(value)
        }
        text += "]"
    }

    private mutating func begin(_ key: String) {
        text += (isEmpty ? "\n" : ",\n") + String(repeating: "  ", count: depth)
        isEmpty = false
        string(key)
        text += ": "
    }

    private mutating func string(_ value: String) { text += Self.quoted(value) }

    /// A string with its quotes (RFC 8259 §7). `<` is escaped too: the text may stand in a page's script element.
    static func quoted(_ value: String) -> String {
        var out = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "<": out += "\\u003c"
            default:
                if scalar.value < 0x20 {
                    let hex = String(scalar.value, radix: 16)
                    out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                } else {
                    out.unicodeScalars.append(scalar)
                }
            }
        }
        return out + "\""
    }
}
