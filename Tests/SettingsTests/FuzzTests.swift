import Settings
import TestSeeds
import Testing

/// Whatever the bytes, there is a configuration or at least one fault at a place of the file.
@Suite struct FuzzTests {
    private static let base = Array(
        """
        node: edge-1
        threads: auto
        listen:
          - address: 0.0.0.0:8080
          - address: "unix:/run/tandem/http.sock"
        admin: {tokens: [{name: ci, secret: "${TANDEM_CI_TOKEN}", may: [publish, activate]}]}
        log: {level: info, access: stdout}
        sites:
          shop:
            hosts: [shop.example.com, "*.shop.example.com"]
            releases: {keep: 3, minimum_age: 7d, maximum_age: 30d}
            rollout: {canary: [5%, 25%, 100%], step: 5m, abort: {error_ratio: 1%, over: 1m}}
            preview: {hosts: off, allow: [10.0.0.0/8]}
            fingerprints: ['-[0-9a-f]{8}\\.js$']
            documents: {cache_control: "max-age=60, stale-while-revalidate=30"}
            headers: {Strict-Transport-Security: max-age=31536000}
            routes:
              - {path: /old/*, redirect: {to: "/new/*", status: 308}}
              - {path: /*, release: {fallback: index.html}}
        cache: {memory: 256MB}

        """.utf8)

    private static let pieces = [
        "{", "}", "[", "]", ":", ": ", "- ", "\n", "  ", "\t", "'", "\"", "|\n", ">\n", "&a ", "*a ", "!!int ", "<<: ", "? ", "---\n",
        "...\n",
        "%YAML 1.2\n", "${", "${HOST}", "}", "$${", "#", ",", "~", "off", "on", "012", "-1", "99999999999999999999", "5%", "7d", "1TB",
        "\u{0}",
        "\u{85}", "\u{2028}", "\u{feff}", "é", "\u{1F600}", "hosts", "proxy: {}", "[[[[[[[[", "{a: {a: {a: ", "\r", "\r\n", "\\x41", "\\",
    ].map { Array($0.utf8) }

    private static func mutated(_ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = base
        for _ in 0..<Int.random(in: 1...2, using: &generator) {
            let at = Int.random(in: 0...bytes.count, using: &generator)
            let end = min(bytes.count, at + Int.random(in: 0...12, using: &generator))
            switch Int.random(in: 0..<12, using: &generator) {
            case 0, 6: bytes.removeSubrange(at..<end)
            case 1, 7: bytes.insert(contentsOf: pieces.randomElement(using: &generator) ?? [], at: at)
            case 2, 8: bytes.replaceSubrange(at..<end, with: pieces.randomElement(using: &generator) ?? [])
            case 3, 9: bytes.insert(contentsOf: bytes[at..<end], at: Int.random(in: 0...bytes.count, using: &generator))
            case 4, 10: if at < bytes.count { bytes[at] = UInt8.random(in: 0...255, using: &generator) }
            default: bytes.removeSubrange(at...)
            }
        }
        return bytes
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func mutatedFilesGiveAConfigurationOrFaultsInsideTheFile(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var good = 0
        var bad = 0
        for round in 0..<1000 {
            let bytes = Self.mutated(&generator)
            // Lines by the widest reading of YAML 1.1: CR, LF, NEL, LS, PS. Columns: no line is longer than the file.
            let lineCount = 2 + bytes.count { $0 == 10 || $0 == 13 || $0 == 0x85 || $0 == 0xa8 || $0 == 0xa9 }
            do throws(ConfigurationFaults) {
                let configuration = try Configuration.load(yaml: bytes, file: "f", environment: environment)
                good += 1
                // What was accepted can be shown and read again.
                #expect(!configuration.effectiveYAML.isEmpty)
            } catch {
                bad += 1
                #expect(!error.faults.isEmpty)
                #expect(error.faults.map(\.position) == error.faults.map(\.position).sorted())
                for fault in error.faults {
                    let isInside = (1...lineCount).contains(fault.line) && (1...(bytes.count + 1)).contains(fault.column)
                    #expect(isInside, "seed \(seed), round \(round): \(fault)")
                    #expect(!fault.message.contains("0123456789abcdef"), "seed \(seed), round \(round)")
                    #expect(!fault.message.utf8.contains { $0 < 0x20 }, "seed \(seed), round \(round)")
                }
            }
        }
        #expect(good > 20 && bad > 500, "the mutations reach both outcomes: \(good) good, \(bad) bad")
    }

    @Test func acceptedMutationsReadBackToTheSame() throws {
        var generator = SeededGenerator(seed: 7)
        var compared = 0
        for _ in 0..<1000 {
            guard var configuration = try? Configuration.load(yaml: Self.mutated(&generator), file: "f", environment: environment) else {
                continue
            }
            configuration.admin.tokens = []
            configuration.sites = configuration.sites.map { site in
                var site = site
                site.preview.token = nil
                return site
            }
            #expect(try Configuration.load(yaml: configuration.effectiveYAML, file: "f", environment: environment) == configuration)
            compared += 1
        }
        #expect(compared > 20)
    }
}

/// The largest files, made to be slow where something is compared with everything before it.
@Suite struct LargeFileTests {
    private static func filled(_ head: String, _ line: (Int) -> String) -> String {
        var text = head
        var index = 0
        while text.utf8.count < 1 << 20 {
            text += line(index)
            index += 1
        }
        return String(text.dropLast(text.utf8.count - (1 << 20)))
    }

    @Test func listsAreBounded() {
        let head = "listen: [{address: \"0.0.0.0:1\"}]\nsites:\n  a:\n    hosts: [a]\n    routes:\n"
        let routes = head + (0..<3000).map { "      - {path: /a\($0), release: {}}\n" }.joined()
        #expect(faults(routes) == "tandem.yaml:6:7: error: the list is longer than 2000 items\n")
        let listen = "sites: {a: {hosts: [a]}}\nlisten:\n" + (0..<300).map { "  - {address: \"127.0.0.1:\($0)\"}\n" }.joined()
        #expect(faults(listen) == "tandem.yaml:3:3: error: the list is longer than 256 items\n")
    }

    @Test func unknownKeysByTheMegabyteAreAllNamed() {
        let text = Self.filled("") { "hosts\($0): [0123456789]\n" }
        #expect(faults(text).split(separator: "\n").count > 30_000)
    }

    @Test func duplicateKeysByTheMegabyteAreAllNamed() {
        let text = Self.filled("node: a\n") { _ in "node: 0123456789012345678901234567\n" }
        #expect(faults(text).split(separator: "\n").count > 20_000)
    }
}
