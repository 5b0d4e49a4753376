import Model
import Settings
import Testing

/// Both ends of every range, and the values just beyond them.
@Suite struct RangeTests {
    struct Edge: Sendable, CustomTestStringConvertible {
        var key: String
        var least: String
        var most: String
        var below: String?
        var above: String

        var testDescription: String { key }

        /// `a.b` in a site, `/a.b` at the top.
        func yaml(_ value: String) -> String {
            let isTop = key.hasPrefix("/")
            let names = key.drop { $0 == "/" }.split(separator: ".")
            let text = names.dropLast().reversed().reduce("\(names[names.count - 1]): \(value)") { "\($1): {\($0)}" }
            let listen = "listen: [{address: \"0.0.0.0:8080\"}]\n"
            // What another key must not be shorter than stays out of the way.
            let rest = isTop ? "hosts: [\"*\"]" : "hosts: [\"*\"], \(text)"
            return listen + "sites: {shop: {\(rest)}}\n" + (isTop ? text + "\n" : "")
        }
    }

    static let edges: [Edge] = [
        Edge(key: "/threads", least: "1", most: "1024", below: "0", above: "1025"),
        Edge(key: "/cache.memory", least: "1MB", most: "1TB", below: "1023KB", above: "1025GB"),
        Edge(key: "releases.keep", least: "1", most: "1000", below: "0", above: "1001"),
        Edge(key: "releases.minimum_age", least: "0s", most: "30d", below: nil, above: "3651d"),
        Edge(key: "releases.maximum_age", least: "7d", most: "3650d", below: nil, above: "3651d"),
        Edge(key: "rollout.step", least: "1s", most: "30d", below: "999ms", above: "31d"),
        Edge(key: "rollout.retire_when.quiet", least: "1s", most: "30d", below: "999ms", above: "366d"),
        Edge(key: "rollout.retire_when.clients", least: "1", most: "100000", below: "0", above: "100001"),
        Edge(key: "rollout.retire_when.deadline", least: "15m", most: "3650d", below: "999ms", above: "3651d"),
        Edge(key: "rollout.abort.error_ratio", least: "0.01%", most: "100%", below: "0%", above: "100.01%"),
        Edge(key: "rollout.abort.missing_assets", least: "1", most: "1000000", below: "0", above: "1000001"),
        Edge(key: "rollout.abort.clients", least: "1", most: "100000", below: "0", above: "100001"),
        Edge(key: "rollout.abort.minimum_requests", least: "1", most: "100000000", below: "0", above: "100000001"),
        Edge(key: "rollout.abort.over", least: "1s", most: "1d", below: "999ms", above: "25h"),
        Edge(key: "arrival_wait", least: "0s", most: "60s", below: nil, above: "61s"),
    ]

    @Test(arguments: edges) func theEndsBelongToTheRange(_ edge: Edge) {
        #expect(faults(edge.yaml(edge.least)) == "")
        #expect(faults(edge.yaml(edge.most)) == "")
    }

    @Test(arguments: edges) func whatIsBeyondIsRefused(_ edge: Edge) {
        for value in [edge.below, edge.above].compactMap({ $0 }) {
            let found = faults(edge.yaml(value))
            #expect(found.contains("error: \"\(value)\" is out of range: "), "\(value): \(found)")
            #expect(found.split(separator: "\n").count == 1)
        }
    }

    @Test func unitsArePowersOf1024() throws {
        #expect(try loadTop("cache: {memory: 2097152B}").cache.memory == ByteCount(2 << 20))
        #expect(try loadTop("cache: {memory: 2048KB}").cache.memory == ByteCount(2 << 20))
        #expect(try loadTop("cache: {memory: 2MB}").cache.memory == ByteCount(2 << 20))
        #expect(try loadTop("cache: {memory: 2GB}").cache.memory == ByteCount(2 << 30))
    }

    @Test func durationsHaveFiveUnits() throws {
        let written: [(String, Int64)] = [("1500ms", 1500), ("90s", 90_000), ("2m", 120_000), ("2h", 7_200_000), ("1d", 86_400_000)]
        for (text, milliseconds) in written {
            #expect(try loadSite("rollout: {step: \(text)}").rollout.step == .milliseconds(milliseconds))
        }
    }
}
