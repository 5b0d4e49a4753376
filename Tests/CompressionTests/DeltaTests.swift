import Compression
import Testing

@Suite struct DeltaTests {
    private static let digest = [UInt8](0..<32)

    private func compress(_ content: [UInt8], _ dictionary: [UInt8]) throws -> [UInt8] {
        try content.withUnsafeBytes { content in
            try dictionary.withUnsafeBytes { dictionary in
                try Self.digest.withUnsafeBytes { try Delta.compress(content, dictionary: dictionary, digest: $0) }
            }
        }
    }

    private func decompress(_ bytes: [UInt8], _ dictionary: [UInt8], size: Int, digest: [UInt8] = digest) throws -> [UInt8] {
        try bytes.withUnsafeBytes { bytes in
            try dictionary.withUnsafeBytes { dictionary in
                try digest.withUnsafeBytes { try Delta.decompress(bytes, dictionary: dictionary, digest: $0, size: size) }
            }
        }
    }

    /// RFC 9842 §5: magic number, length and hash, then the frame.
    @Test func theHeaderSaysWhichDictionary() throws {
        let delta = try compress(noise(5_000), noise(5_000, seed: 2))
        #expect(Array(delta.prefix(8)) == [0x5e, 0x2a, 0x4d, 0x18, 0x20, 0, 0, 0])
        #expect(Array(delta[8..<40]) == Self.digest)
        #expect(Array(delta[40..<44]) == [0x28, 0xb5, 0x2f, 0xfd])
    }

    /// What no coding can shrink alone is next to nothing beside its last version.
    @Test func aChangedLineCostsALine() throws {
        let old = noise(700_000)
        var new = old
        new.replaceSubrange(350_000..<350_010, with: Array("let a = 12".utf8))
        let delta = try compress(new, old)
        #expect(delta.count < 300)
        #expect(try decompress(delta, old, size: new.count) == new)
    }

    /// The beginning of the dictionary is still in reach at the end of the content.
    @Test func theWindowHoldsOldAndNew() throws {
        let old = noise(3_000_000)
        let new = noise(3_000_000, seed: 9) + old.prefix(500_000)
        let delta = try compress(new, old)
        #expect(delta.count < 3_010_000)
        #expect(try decompress(delta, old, size: new.count) == new)
    }

    @Test func theSameContentsGiveTheSameBytes() throws {
        #expect(try compress(text(40_000), text(30_000)) == compress(text(40_000), text(30_000)))
    }

    @Test func anotherDictionaryOrHeaderIsRefused() throws {
        let delta = try compress(noise(9_000), noise(9_000))
        #expect(throws: CodecError.self) { try decompress(delta, noise(9_000), size: 9_000, digest: Array(repeating: 0, count: 32)) }
        #expect(throws: CodecError.self) { try decompress(delta, noise(9_000), size: 8_999) }
        #expect(throws: CodecError.self) { try decompress(Array(delta.prefix(40)), noise(9_000), size: 9_000) }
        let other = try? decompress(delta, noise(9_000, seed: 3), size: 9_000)
        #expect(other != noise(9_000))
    }

    @Test func damagedDeltasNeverGiveTheContent() throws {
        let (old, new) = (text(20_000), text(19_000) + noise(200))
        let delta = try compress(new, old)
        for seed in UInt64(1)...300 {
            var damaged = delta
            let at = Int(seed &* 0x9e37_79b9 % UInt64(delta.count))
            damaged[at] ^= UInt8(truncatingIfNeeded: seed) | 1
            let result = try? decompress(damaged, old, size: new.count)
            #expect(result == nil || result?.count == new.count, "seed \(seed)")
        }
    }

    /// RFC 9842 §5: a decoder need not take more than 8 MB or 1.25 times the dictionary.
    @Test func contentsThatSomeDecoderRefusesAreNotTried() {
        #expect(Delta.isPossible(content: 8 << 20, dictionary: 1))
        #expect(!Delta.isPossible(content: 8 << 20 + 1, dictionary: 1 << 20))
        #expect(Delta.isPossible(content: 20 << 20, dictionary: 16 << 20))
        #expect(!Delta.isPossible(content: 20 << 20 + 1, dictionary: 16 << 20))
        #expect(!Delta.isPossible(content: 33 << 20, dictionary: 32 << 20))
        #expect(!Delta.isPossible(content: 0, dictionary: 5) && !Delta.isPossible(content: 5, dictionary: 0))
    }
}
