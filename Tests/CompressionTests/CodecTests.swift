import Compression
import Testing

/// Bytes that depend on the seed alone.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt8(truncatingIfNeeded: state >> 32)
    }
}

func text(_ count: Int) -> [UInt8] {
    Array(repeating: Array("export const answer = 42; // the quick brown fox\n".utf8), count: count / 49 + 1).joined().prefix(count).map {
        $0
    }
}

extension Codec {
    func compress(_ bytes: [UInt8]) throws -> [UInt8] { try bytes.withUnsafeBytes { try compress($0) } }
    func decompress(_ bytes: [UInt8], size: Int) throws -> [UInt8] { try bytes.withUnsafeBytes { try decompress($0, size: size) } }
}

@Suite struct CodecTests {
    static let all: [Codec] = [.gzip, .brotli, .zstd]
    static let contents: [[UInt8]] = [
        [], [0], [255], noise(100), noise(70_000), text(300), text(100_000), Array(repeating: 0, count: 65_536),
    ]

    @Test(arguments: all, contents)
    func whatGoesInComesOut(codec: Codec, content: [UInt8]) throws {
        #expect(try codec.decompress(codec.compress(content), size: content.count) == content)
    }

    @Test(arguments: all)
    func fiveMegabytesComeBack(codec: Codec) throws {
        // Mostly runs, so that brotli 11 takes a second and not ten.
        let content = (0..<80).flatMap { noise(64, seed: $0 + 1) + Array(repeating: UInt8($0), count: 65_472) }
        #expect(content.count == 80 * 65_536)
        let encoded = try codec.compress(content)
        #expect(encoded.count < content.count / 50)
        #expect(try codec.decompress(encoded, size: content.count) == content)
    }

    /// Blobs are named by their bytes: the same content has to give the same encoding at any time.
    @Test(arguments: all)
    func theSameContentGivesTheSameBytes(codec: Codec) throws {
        let content = text(50_000) + noise(1_000)
        #expect(try codec.compress(content) == codec.compress(Array(content)))
    }

    @Test(arguments: all)
    func textGetsMuchSmaller(codec: Codec) throws {
        #expect(try codec.compress(text(100_000)).count < 2_000)
    }

    @Test func gzipCarriesNeitherTimeNorName() throws {
        let encoded = try Codec.gzip.compress(text(1_000))
        #expect(Array(encoded.prefix(8)) == [0x1f, 0x8b, 8, 0, 0, 0, 0, 0])
    }

    @Test(arguments: all)
    func everyTruncationIsRefused(codec: Codec) throws {
        let content = text(2_000) + noise(100)
        let encoded = try codec.compress(content)
        for length in 0..<encoded.count {
            #expect(throws: CodecError.self) { try codec.decompress(Array(encoded.prefix(length)), size: content.count) }
        }
    }

    @Test(arguments: all)
    func anotherSizeIsRefused(codec: Codec) throws {
        let content = text(2_000)
        let encoded = try codec.compress(content)
        for size in [0, 1, content.count - 1, content.count + 1, 2 * content.count] {
            #expect(throws: CodecError.self) { try codec.decompress(encoded, size: size) }
        }
    }

    /// A damaged stream is refused or, where the format has no checksum, gives bytes of that size: it never crashes.
    @Test(arguments: all)
    func damageNeverPassesForTheContentInGzip(codec: Codec) throws {
        let content = text(2_000) + noise(200)
        let encoded = try codec.compress(content)
        for index in encoded.indices {
            var damaged = encoded
            damaged[index] ^= UInt8(1 << (index % 8))
            let decoded = try? codec.decompress(damaged, size: content.count)
            if case .gzip = codec, index >= 10 { #expect(decoded == nil, "byte \(index)") }
            if let decoded { #expect(decoded.count == content.count) }
        }
    }

    @Test(arguments: all)
    func noiseIsRefused(codec: Codec) {
        for seed in 1...200 as ClosedRange<UInt64> {
            #expect(throws: CodecError.self) { try codec.decompress(noise(Int(seed), seed: seed), size: 1_000_000) }
        }
    }

    @Test func anErrorNamesItsFormat() {
        #expect(CodecError.damaged("zstd").description == "the bytes are no whole zstd of that size")
    }
}
