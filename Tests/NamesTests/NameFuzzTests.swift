import Model
import TestSeeds
import Testing

@testable import Names

@Suite struct NameFuzzTests {
    private static let seeds = [
        "static/js/index.Dbe-Q3C-.js", "6540.51c00e890179a4832552.js.LICENSE.txt", "/_next/static/Yq2Zb7LwQ9xV-1kD_m3Ta/_ssgManifest.js",
        "/_app/immutable/chunks/BxYz12_a.js", "core_65b61c1a9d3a4b5c6d7e8f9001122334.js", "7ff6869a1704182a-s.p.woff2",
        "img-550e8400-e29b-41d4-a716-446655440000.jpg", "log-20240131T120000Z.txt", "größe-1a2b3c4d.css", ".well-known/x.js",
    ]

    private func check(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { path in
            let found = Fingerprint(in: path)
            if let found {
                #expect(!found.token.isEmpty && found.token.lowerBound >= 0 && found.token.upperBound <= path.count)
                #expect(path[found.token].allSatisfy { TokenByte.isAlphanumeric($0) || TokenByte.isJoint($0) })
                let name = String(decoding: path, as: UTF8.self)
                if Array(name.utf8) == bytes {
                    #expect(found.logicalName(of: name).utf8.count < bytes.count)
                }
            }
            _ = DocumentName.isAlways(path, fingerprint: found)
            _ = AssetExtension.isKnown(path)
            _ = QueryName.parse(path)
            _ = Proof.find(in: path, contentDigests(of: "x"))
        }
    }

    @Test func randomBytesNeverCrash() {
        var random = SeededGenerator(seed: 1)
        let likely = Array("abcdef0123456789XyZ-_./?".utf8)
        for _ in 0..<4000 {
            let count = Int.random(in: 0...60, using: &random)
            check(
                (0..<count).map { _ in
                    Int.random(in: 0..<8, using: &random) == 0
                        ? UInt8.random(in: 0...255, using: &random) : likely.randomElement(using: &random) ?? 0
                })
        }
    }

    @Test func mutatedNamesNeverCrash() {
        var random = SeededGenerator(seed: 2)
        for round in 0..<4000 {
            var bytes = Array(Self.seeds[round % Self.seeds.count].utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: at)
                case 2: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: at)
                default: bytes.removeSubrange(at...)
                }
            }
            check(bytes)
        }
    }

    /// Of what the tools write at random, next to nothing may be missed.
    @Test func randomTokensOfEachToolAreConfirmedInARelease() {
        var random = SeededGenerator(seed: 3)
        let digits = "0123456789"
        let capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        let small = capitals.lowercased()
        let tools: [(tool: String, alphabet: String, count: Int, most: Int)] = [
            ("vite", capitals + small + digits + "-_", 8, 8), ("rails", digits + "abcdef", 8, 3),
            ("esbuild", capitals + "234567", 8, 0), ("django", digits + "abcdef", 12, 3), ("webpack", digits + "abcdef", 20, 1),
            ("rollup", small + digits, 8, 1),
        ]
        for (tool, alphabet, count, most) in tools {
            let names = (0..<2000).map { "assets/f\($0)-\(random.token(alphabet, count)).js" }
            let missed = zip(names, classes(names)).filter { $1 != .strong }.map(\.0)
            #expect(missed.count <= most, "\(tool): \(missed)")
        }
    }
}
