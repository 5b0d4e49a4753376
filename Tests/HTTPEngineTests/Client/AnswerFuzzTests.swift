import TestSeeds
import Testing

@testable import HTTPEngine

/// Mutated answers from fixed seeds: splitting never changes what is meant, and what is accepted means the same when it is written
/// again in the plainest way.
@Suite struct AnswerFuzzTests {
    private static let fragments: [String] = [
        "\r\n", "\n", "\r", " ", "\t", ":", ",", ";", "\0", "\u{7f}", "0", "5", "chunked", "Content-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "HTTP/1.1", "HTTP/1.0 200 OK\r\n", "\r\n\r\n", "0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
    ]

    private static func mutate(_ text: String, _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let at = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where at < bytes.count: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 1 where at < bytes.count: bytes.remove(at: at)
            case 2:
                let fragment = fragments[Int.random(in: 0..<fragments.count, using: &random)]
                bytes.insert(contentsOf: fragment.utf8, at: at)
            default: bytes.insert(UInt8.random(in: 0...127, using: &random), at: at)
            }
        }
        return bytes
    }

    @Test(arguments: [UInt64(1), 2, 3]) func splittingNeverChangesWhatIsMeant(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var accepted = 0
        for round in 0..<4_000 {
            let input = HTTP1ClientMachineTests.inputs[round % HTTP1ClientMachineTests.inputs.count]
            let bytes = Self.mutate(input, &random)
            let isHead = Bool.random(using: &random)
            let whole = AnswerScript(bytes, isHead: isHead, mayUpgrade: true)
            let cuts = (0..<4).map { _ in Int.random(in: 0...bytes.count, using: &random) }
            let split = AnswerScript(bytes, pieces: cuts, isHead: isHead, mayUpgrade: true)
            let text = String(decoding: bytes, as: UTF8.self).debugDescription
            #expect(split.withoutFaults == whole.withoutFaults, "seed \(seed), round \(round): \(text)")
            if case .end(reusable: true, _)? = whole.steps.last { accepted += 1 }
        }
        // A fuzz that accepts nothing tests nothing.
        #expect(accepted > 300)
    }

    /// A connection is used again only where the answer's end does not depend on the reader: one field of length at most, and no
    /// byte of the head that another reader could take for a line's end.
    @Test(arguments: [UInt64(11), 12]) func whatIsUsedAgainEndsForEveryReaderAtTheSamePlace(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for round in 0..<4_000 {
            let input = HTTP1ClientMachineTests.inputs[round % HTTP1ClientMachineTests.inputs.count]
            let bytes = Self.mutate(input, &random)
            let script = AnswerScript(bytes)
            guard case .end(reusable: true, _)? = script.steps.last else { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n", after: "HTTP/1.1 1") else { continue }
            let head = text[..<end]
            #expect(!head.utf8.contains(0))
            let lengths = head.lowercased().split(separator: "\r\n").filter { $0.hasPrefix("content-length:") }.count
            let codings = head.lowercased().split(separator: "\r\n").filter { $0.hasPrefix("transfer-encoding:") }.count
            #expect(lengths + codings <= 1, "seed \(seed), round \(round): \(text.debugDescription)")
        }
    }
}

extension String {
    /// Where the first head ends; nil for those that begin with an interim answer, which has a head of its own.
    fileprivate func range(of end: String, after interim: String) -> String.Index? {
        if hasPrefix(interim) { return nil }
        let (bytes, wanted) = (Array(utf8), Array(end.utf8))
        guard bytes.count >= wanted.count else { return nil }
        for at in 0...(bytes.count - wanted.count) where Array(bytes[at..<(at + wanted.count)]) == wanted {
            return utf8.index(startIndex, offsetBy: at)
        }
        return nil
    }
}
