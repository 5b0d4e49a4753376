import Model

/// The three digests of one content by which tools and pages name it. Kept as words, so that a million of them hold no heap objects.
package struct ContentDigests: Hashable, Sendable {
    package static let sha1ByteCount = 20
    package static let md5ByteCount = 16

    package var sha256: ContentDigest
    /// Big-endian words of the SHA-1; the low half of the last one is zero.
    private var sha1: Words3
    /// Big-endian words of the MD5.
    private var md5: Words2

    private struct Words3: Hashable { var a, b, c: UInt64 }
    private struct Words2: Hashable { var a, b: UInt64 }

    /// - Parameters:
    ///   - sha1: 20 raw bytes.
    ///   - md5: 16 raw bytes.
    /// - Precondition: both hold at least that many.
    package init(sha256: ContentDigest, sha1: UnsafeRawBufferPointer, md5: UnsafeRawBufferPointer) {
        precondition(sha1.count >= Self.sha1ByteCount && md5.count >= Self.md5ByteCount)
        func word(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
        }
        self.sha256 = sha256
        let tail = UInt32(bigEndian: sha1.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
        self.sha1 = Words3(a: word(sha1, 0), b: word(sha1, 1), c: UInt64(tail) << 32)
        self.md5 = Words2(a: word(md5, 0), b: word(md5, 1))
    }

    /// Calls `body` with the 20 raw bytes of the SHA-1.
    package func withSHA1<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let raw = (sha1.a.bigEndian, sha1.b.bigEndian, sha1.c.bigEndian)
        return try withUnsafeBytes(of: raw) { try body(UnsafeRawBufferPointer(rebasing: $0.prefix(Self.sha1ByteCount))) }
    }

    /// Calls `body` with the 16 raw bytes of the MD5.
    package func withMD5<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withUnsafeBytes(of: (md5.a.bigEndian, md5.b.bigEndian)) { try body($0) }
    }

    /// Calls `body` with the raw bytes of the digest of that kind: 32, 20 or 16 of them.
    package func withBytes<Result>(of kind: DigestKind, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        switch kind {
        case .sha256: try sha256.withBytes(body)
        case .sha1: try withSHA1(body)
        case .md5: try withMD5(body)
        }
    }
}

/// The hash functions that fingerprinting tools use; a digest's length in hexadecimal tells which.
package enum DigestKind: UInt8, CaseIterable, Sendable {
    case sha256, sha1, md5

    package var byteCount: Int {
        switch self {
        case .sha256: ContentDigest.byteCount
        case .sha1: ContentDigests.sha1ByteCount
        case .md5: ContentDigests.md5ByteCount
        }
    }

    /// The kind whose full digest has this many hexadecimal digits: 64, 40 or 32.
    package init?(digitCount: Int) {
        switch digitCount {
        case 64: self = .sha256
        case 40: self = .sha1
        case 32: self = .md5
        default: return nil
        }
    }

    package var word: String {
        switch self {
        case .sha256: "SHA-256"
        case .sha1: "SHA-1"
        case .md5: "MD5"
        }
    }
}
