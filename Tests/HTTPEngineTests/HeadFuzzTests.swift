import TestSeeds
import Testing

@testable import HTTPEngine

/// Mutated heads and bodies from a fixed seed. Two properties stand for "no two readers see different things": splitting never
/// changes the outcome, and what is accepted means the same when it is written again in the plainest way.
@Suite struct HeadFuzzTests {
    private static let fragments: [String] = [
        "\r\n", "\n", "\r", " ", "\t", ":", ",", ";", "\0", "\u{7f}", "\u{ff}", "0", "5", "chunked", "Content-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Host: h\r\n", "Connection: close\r\n", "HTTP/1.1", "HTTP/1.0", "GET ", "http://x/", "*", "\r\n\r\n", "0\r\n\r\n",
        "Expect: 100-continue\r\n",
    ]

    private static func mutate(_ text: String, _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let at = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0 where at < bytes.count: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 1 where at < bytes.count: bytes.remove(at: at)
            case 2:
                let fragment = Self.fragments[Int.random(in: 0..<Self.fragments.count, using: &random)]
                bytes.insert(contentsOf: fragment.utf8, at: at)
            case 3 where at < bytes.count:
                let end = min(at + Int.random(in: 1...12, using: &random), bytes.count)
                bytes.insert(contentsOf: bytes[at..<end], at: at)
            default: bytes.insert(UInt8.random(in: 0...127, using: &random), at: at)
            }
        }
        return bytes
    }

    /// One space, one CRLF, no whitespace around values, origin-form with the authority kept as it was asked for.
    private static func rewritten(_ head: ParsedHead) -> String {
        let isAbsolute = !head.authority.isEmpty && head.known[.host] != head.authority
        let target = isAbsolute ? "http://\(head.authority)\(head.target)" : head.target
        return "\(head.method) \(target) HTTP/1.\(head.minorVersion)\r\n"
            + head.lines.map { "\($0.name): \($0.value)\r\n" }.joined() + "\r\n"
    }

    @Test(arguments: [UInt64(1), 2, 3, 4]) func whatIsAcceptedMeansTheSameToEveryReader(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var accepted = 0
        for round in 0..<5_000 {
            let bytes = Self.mutate(HTTP1MachineTests.inputs[round % HTTP1MachineTests.inputs.count], &random)
            let result = ParseResult(bytes)
            guard case .complete(let length) = result.outcome, let head = result.head else { continue }
            accepted += 1
            #expect(length <= bytes.count)
            // Bytes beyond ASCII stand in values only and are no text for a string: such heads are left to the other property.
            if bytes[..<length].contains(where: { $0 >= 0x80 }) { continue }
            // An unbroken head is what the plain rules say it is.
            let text = String(decoding: bytes[..<length], as: UTF8.self)
            #expect(text.utf8.filter { $0 == 0x0a }.count == text.utf8.filter { $0 == 0x0d }.count, "seed \(seed), round \(round)")
            #expect(!text.utf8.contains(0))
            let again = ParseResult(Self.rewritten(head))
            #expect(again.head == head, "seed \(seed), round \(round): \(text.debugDescription)")
        }
        // A fuzz that accepts nothing tests nothing.
        #expect(accepted > 1_000)
    }

    @Test(arguments: [UInt64(11), 12, 13, 14]) func splittingNeverChangesTheOutcome(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for round in 0..<2_500 {
            // The empty lines let every fault be seen: a machine waits for the end of a head before it judges its fields.
            let bytes = Self.mutate(HTTP1MachineTests.inputs[round % HTTP1MachineTests.inputs.count], &random) + Array("\r\n\r\n\r\n".utf8)
            let whole = ConnectionScript(bytes)
            let pieces = (0..<3).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            #expect(ConnectionScript(bytes, pieces: pieces) == whole, "seed \(seed), round \(round), \(pieces)")
            if round.isMultiple(of: 8) {
                #expect(ConnectionScript(bytes, pieces: Array(0..<bytes.count)) == whole, "seed \(seed), round \(round), byte by byte")
            }
        }
    }

    @Test(arguments: [UInt64(21), 22]) func chunksSplitAnywhereDecodeTheSame(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for round in 0..<5_000 {
            let source = ["5\r\nhello\r\n0\r\n\r\n", "3;a=b\r\nabc\r\n1\r\nx\r\n0\r\nX: y\r\n\r\n", "00a\r\n0123456789\r\n0\r\n\r\n"][
                round % 3]
            let bytes = Self.mutate(source, &random)
            let whole = ChunkedDecoderTests.decode(bytes, pieces: [])
            let pieces = (0..<2).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            #expect(ChunkedDecoderTests.decode(bytes, pieces: pieces) == whole, "seed \(seed), round \(round)")
            #expect(whole.end ?? 0 <= bytes.count)
        }
    }

    @Test func noiseIsRefusedAndNeverCrashes() {
        var random = SeededGenerator(seed: 31)
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            if case .complete = ParseResult(bytes).outcome { Issue.record("noise is no request: \(bytes)") }
            _ = ConnectionScript(bytes, pieces: [bytes.count / 2])
        }
    }
}
