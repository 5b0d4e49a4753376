/// Figures in the text format that Prometheus and its kin read (exposition format 0.0.4): families one after the other, each with its
/// help and type before its samples.
struct PrometheusText {
    /// Of one family's samples: what can only grow, and what goes up and down.
    enum Kind: String {
        case counter, gauge
    }

    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    /// A family whose samples differ by labels. One without samples is left out.
    mutating func add(
        _ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: KeyValuePairs<String, String>, value: Double)]
    ) {
        if samples.isEmpty { return }
        // Of one that comes twice, such as a server that a backend has twice, readers would refuse the whole text.
        var seen: Set<String> = []
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            let labels = sample.labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
            guard seen.insert(labels).inserted else { continue }
            text += "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(Self.number(sample.value))\n"
        }
    }

    /// A family of one sample.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        let none: KeyValuePairs<String, String> = [:]
        add(name, kind, help, [(none, value)])
    }

    /// In a label's value these three would end it, or its line.
    private static func escaped(_ value: String) -> String {
        var out = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// Whole numbers without a fraction, so that counts read as counts.
    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map(String.init) ?? "\(value)"
    }
}
