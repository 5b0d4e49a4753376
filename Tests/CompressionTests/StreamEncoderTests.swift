import TestCodecs
import TestSeeds
import Testing

@testable import Compression

@Suite struct StreamEncoderTests {
    static let all: [Codec] = [.gzip, .brotli, .zstd]

    /// What a decoder has of an encoding that is not whole yet.
    private func readable(_ codec: Codec, _ encoded: [UInt8]) -> [UInt8] {
        var content: [UInt8] = []
        try? codec.unstream(encoded, size: .max, into: &content)
        return content
    }

    private func take(_ encoder: StreamEncoder, _ piece: some Sequence<UInt8>, _ step: StreamEncoder.Step) throws -> [UInt8] {
        let buffer = PieceBuffer(capacity: 8 << 10)
        try Array(piece).withUnsafeBytes { try encoder.take($0, step, into: buffer) }
        return Array(buffer.bytes)
    }

    private func text(_ lines: Int) -> [UInt8] {
        (0..<lines).flatMap { Array("{\"id\": \($0), \"name\": \"item \($0 * 7919 % 10_007)\"},\n".utf8) }
    }

    private func noise(_ count: Int) -> [UInt8] {
        var seeded = SeededGenerator(seed: 7)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: seeded.next()) }
    }

    @Test(arguments: all, [false, true]) func piecesCutAnywhereComeOutAsTheyWentIn(codec: Codec, isCompact: Bool) throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var seeded = SeededGenerator(seed: seed)
            let content = seed.isMultiple(of: 5) ? noise(70_000) : text(Int(seeded.next() % 4_000))
            let encoder = try #require(StreamEncoder(codec, level: seed.isMultiple(of: 2) ? Int(seed % 9) + 1 : nil, isCompact: isCompact))
            var made: [UInt8] = []
            var at = 0
            while at < content.count {
                let count = min(Int(seeded.next() % 20_000), content.count - at)
                let flushes = seeded.next().isMultiple(of: 3)
                made += try take(encoder, content[at..<at + count], flushes ? .flush : .goOn)
                at += count
                if flushes { #expect(readable(codec, made) == Array(content[..<at]), "seed \(seed) at \(at)") }
            }
            made += try take(encoder, [], .end)
            #expect(try codec.decompress(made, size: content.count) == content, "seed \(seed)")
        }
    }

    @Test(arguments: all, [false, true]) func aWholeContentIsOneCall(codec: Codec, isCompact: Bool) throws {
        for content in [[], text(1), text(500), noise(1_000_000)] {
            let encoder = try #require(StreamEncoder(codec, isCompact: isCompact))
            #expect(try codec.decompress(take(encoder, content, .end), size: content.count) == content)
        }
    }

    /// Each event of a stream can be read when it has come, and costs little.
    @Test(arguments: all, [false, true]) func whatCameBeforeAFlushCanBeRead(codec: Codec, isCompact: Bool) throws {
        let encoder = try #require(StreamEncoder(codec, isCompact: isCompact))
        var (made, plain): ([UInt8], [UInt8]) = ([], [])
        for number in 0..<200 {
            let event = Array("event: price\ndata: {\"symbol\": \"ACME\", \"price\": \(number * 31 % 977)}\n\n".utf8)
            plain += event
            made += try take(encoder, event, .flush)
            #expect(readable(codec, made) == plain, "event \(number)")
        }
        #expect(made.count < plain.count * 3 / 4)
    }

    @Test(arguments: all) func afterAResetNothingOfTheContentBeforeIsLeft(codec: Codec) throws {
        let encoder = try #require(StreamEncoder(codec))
        let first = try take(encoder, text(300), .end)
        #expect(encoder.reset())
        // In the middle of one that is given up.
        _ = try take(encoder, text(100), .goOn)
        #expect(encoder.reset())
        #expect(try take(encoder, text(300), .end) == first)
    }

    @Test(arguments: all) func eachLevelIsTakenAndSmallerOnesAreNotLarger(codec: Codec) throws {
        let content = text(2_000)
        let sizes = try (1...9).map { level in
            let made = try take(try #require(StreamEncoder(codec, level: level)), content, .end)
            #expect(try codec.decompress(made, size: content.count) == content)
            return made.count
        }
        #expect(sizes[8] < sizes[0])
        #expect(sizes.allSatisfy { $0 < content.count / 4 })
    }
}
