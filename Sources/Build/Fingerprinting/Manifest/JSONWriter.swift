/// Writes JSON in the order given, indented by two spaces, the same bytes on every machine.
struct JSONWriter {
    /// UTF-8.
    private(set) var bytes: [UInt8] = []
    private var depth = 0
    private var isEmpty = true

    mutating func object(_ body: (inout JSONWriter) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        depth += 1
        isEmpty = true
        body(&self)
        depth -= 1
        if !isEmpty { newLine() }
        bytes.append(UInt8(ascii: "}"))
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
        bytes += "\(value)".utf8
    }

    mutating func member(_ key: String, _ value: Bool) {
        begin(key)
        bytes += (value ? "true" : "false").utf8
    }

    mutating func member(_ key: String, _ values: [String]) {
        begin(key)
        bytes.append(UInt8(ascii: "["))
        for (at, value) in values.enumerated() {
            if at > 0 { bytes += ", ".utf8 }
            string(value)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func begin(_ key: String) {
        if !isEmpty { bytes.append(UInt8(ascii: ",")) }
        newLine()
        isEmpty = false
        string(key)
        bytes += ": ".utf8
    }

    private mutating func newLine() {
        bytes.append(0x0A)
        for _ in 0..<depth { bytes += "  ".utf8 }
    }

    private mutating func string(_ value: String) { Self.quote(value, into: &bytes) }

    /// A string with its quotes, as text of its own.
    static func quoted(_ value: String) -> String {
        var bytes: [UInt8] = []
        quote(value, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A string with its quotes (RFC 8259 §7). `<` is escaped too: the text may stand in a page's script element.
    private static func quote(_ value: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0A: bytes += "\\n".utf8
            case 0x09: bytes += "\\t".utf8
            case 0..<0x20, UInt8(ascii: "<"):
                let hex = String(byte, radix: 16)
                bytes += "\\u\(String(repeating: "0", count: 4 - hex.count))\(hex)".utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
