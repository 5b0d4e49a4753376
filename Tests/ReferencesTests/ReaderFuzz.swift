import Foundation
import References
import TestSeeds
import Testing

/// What must hold of every reader and every input, however broken.
struct ReaderFuzz {
    /// Sources like real ones.
    var seeds: [String]
    /// What the language is made of: pieces put where they hurt.
    var pieces: [String]
    /// What is put in the place of each reference. No slash where scripts are: it would close a regular expression that a broken
    /// script left open.
    var url = "q-0a1b2c.x"
    var read: ([UInt8]) -> Reading

    /// `TANDEM_FUZZ=20000:50 scripts/test --filter ReferencesTests`: from seed 20,000, and fifty times the rounds.
    private static let longer: (seed: UInt64, times: Int) = {
        let parts = ProcessInfo.processInfo.environment["TANDEM_FUZZ"]?.split(separator: ":").compactMap { Int($0) } ?? []
        return parts.count == 2 ? (UInt64(clamping: parts[0]), max(parts[1], 1)) : (0, 1)
    }()

    /// Reads `rounds` broken variants of each source.
    func run(seed: UInt64, rounds: Int) {
        let (seed, rounds) = (seed + Self.longer.seed, rounds * Self.longer.times)
        var numbers = SeededGenerator(seed: seed)
        for source in seeds {
            for round in 0..<rounds {
                let bytes = broken([UInt8](source.utf8), &numbers)
                let reading = read(bytes)
                guard isSound(reading, bytes), isStable(reading, bytes) else {
                    Issue.record("round \(round) of seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
                    return
                }
            }
        }
    }

    private func broken(_ source: [UInt8], _ numbers: inout SeededGenerator) -> [UInt8] {
        var bytes = source
        for _ in 0..<Int.random(in: 1...6, using: &numbers) {
            let offset = Int.random(in: 0...bytes.count, using: &numbers)
            let end = min(bytes.count, offset + Int.random(in: 0...12, using: &numbers))
            switch Int.random(in: 0..<5, using: &numbers) {
            case 0: bytes.removeSubrange(offset..<end)
            case 1: bytes.insert(UInt8.random(in: 0...255, using: &numbers), at: offset)
            case 2: bytes.insert(contentsOf: bytes[offset..<end], at: Int.random(in: 0...bytes.count, using: &numbers))
            case 3: bytes.removeSubrange((offset + bytes.count) / 2..<bytes.count)
            default: bytes.insert(contentsOf: (pieces.randomElement(using: &numbers) ?? "").utf8, at: offset)
            }
        }
        return bytes
    }

    /// Spans lie in the file, in order, and do not overlap; so do faults.
    private func isSound(_ reading: Reading, _ bytes: [UInt8]) -> Bool {
        var end = 0
        for reference in reading.references {
            guard reference.span.lowerBound >= end, reference.span.upperBound <= bytes.count else { return false }
            end = reference.span.upperBound
        }
        return reading.faults.allSatisfy { (0...bytes.count).contains($0.offset) }
    }

    /// With another URL in each span, the same references are found in the same places.
    private func isStable(_ reading: Reading, _ bytes: [UInt8]) -> Bool {
        var edited: [UInt8] = []
        var spans: [Range<Int>] = []
        var end = 0
        for reference in reading.references {
            edited += bytes[end..<reference.span.lowerBound]
            let url = Self.url(url, for: reference)
            spans.append(edited.count..<edited.count + url.utf8.count)
            edited += url.utf8
            end = reference.span.upperBound
        }
        edited += bytes[end...]
        let again = read(edited).references
        return again.map(\.span) == spans && again.map(\.role) == reading.references.map(\.role)
            && again.allSatisfy { $0.target == Self.url(url, for: $0) }
    }

    /// A key of an import map that is an address begins like one, or it is a bare word.
    private static func url(_ url: String, for reference: Reference) -> String {
        reference.role == .importMapKey ? "/" + url : url
    }
}
