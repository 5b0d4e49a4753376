import Crypto

/// The SHA-256 of some bytes: the name of a blob, and (over a release manifest) of a release.
///
/// Kept as four big-endian words so that it compares, hashes and copies without touching the heap.
package struct ContentDigest: Hashable, Sendable {
    package static let byteCount = 32

    package var words: (UInt64, UInt64, UInt64, UInt64)

    package init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    /// Reads 32 raw bytes.
    /// - Precondition: `bytes` holds at least 32 bytes.
    package init(bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count >= Self.byteCount)
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
        }
        words = (word(0), word(1), word(2), word(3))
    }

    /// The digest of bytes in memory. Cost: about 1.5 GB/s.
    package init(of bytes: UnsafeRawBufferPointer) {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        self.init(hash.finalize())
    }

    package init(_ digest: SHA256Digest) {
        self = digest.withUnsafeBytes { ContentDigest(bytes: $0) }
    }

    /// Reads exactly 64 hexadecimal digits, in either case.
    package init?(hex text: some StringProtocol) {
        var text = String(text)
        let parsed: ContentDigest? = text.withUTF8 { Hexadecimal.digest($0) }
        guard let parsed else { return nil }
        self = parsed
    }

    /// 64 lower-case hexadecimal digits.
    package var hex: String {
        withBytes { Hexadecimal.string($0) }
    }

    /// Writes the 64 digits of `hex` to memory that has room for them.
    package func writeHex(to target: UnsafeMutablePointer<UInt8>) {
        withBytes { raw in
            for (index, byte) in raw.enumerated() {
                target[2 * index] = Hexadecimal.digits.utf8Start[Int(byte >> 4)]
                target[2 * index + 1] = Hexadecimal.digits.utf8Start[Int(byte & 15)]
            }
        }
    }

    /// Calls `body` with the 32 raw bytes.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let raw = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
        return try withUnsafeBytes(of: raw, body)
    }

    package static func == (a: ContentDigest, b: ContentDigest) -> Bool {
        a.words.0 == b.words.0 && a.words.1 == b.words.1 && a.words.2 == b.words.2 && a.words.3 == b.words.3
    }

    package func hash(into hasher: inout Hasher) {
        // The content is uniform already: one word decides the bucket.
        hasher.combine(words.0)
    }
}

extension ContentDigest: Comparable {
    package static func < (a: ContentDigest, b: ContentDigest) -> Bool {
        (a.words.0, a.words.1, a.words.2, a.words.3) < (b.words.0, b.words.1, b.words.2, b.words.3)
    }
}

extension ContentDigest: CustomStringConvertible, Codable {
    package var description: String { hex }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let digest = ContentDigest(hex: text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not a SHA-256 in hexadecimal: \(text)"))
        }
        self = digest
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}
