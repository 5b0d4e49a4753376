import Model

/// Writes a decoded path into a `Location`.
enum PercentEncoding {
    /// Everything but unreserved characters, sub-delimiters, `:`, `@` and `/` is escaped (RFC 3986 §3.3).
    static func path(_ path: [UInt8]) -> String {
        var out: [UInt8] = []
        for byte in path {
            switch byte {
            case 0x61...0x7a, 0x41...0x5a, 0x30...0x39: out.append(byte)
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"), UInt8(ascii: "!"),
                UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"),
                UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "@"):
                out.append(byte)
            default: out.append(contentsOf: "%\(Hexadecimal.string([byte]).uppercased())".utf8)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
