/// `${NAME}` inside a scalar: the value of an environment variable, put in after parsing, so that what it holds can never
/// become YAML. `$${NAME}` stands for `${NAME}` itself; any other `$` is a dollar.
enum Interpolation {
    enum Failure: Error {
        case unset(String)
        case malformed
    }

    /// A name as POSIX.1-2017 §8.1 has it.
    static let pattern = "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}"

    static func expand(_ text: String, _ environment: [String: String]) throws(Failure) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var out = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            out += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                out += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else { throw .malformed }
                let name = String(rest[rest.index(dollar, offsetBy: 2)..<end])
                guard isName(name) else { throw .malformed }
                guard let value = environment[name] else { throw .unset(name) }
                out += value
                rest = rest[rest.index(after: end)...]
            } else {
                out += "$"
                rest = rest.dropFirst()
            }
        }
        return out + rest
    }

    /// Text that expands to `text`.
    static func escape(_ text: String) -> String {
        var out = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            out += rest[..<dollar]
            out += rest[dollar...].hasPrefix("${") ? "$$" : "$"
            rest = rest[rest.index(after: dollar)...]
        }
        return out + rest
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == UInt8(ascii: "_")
        }
    }
}
