import Model

// A file of the cache:
//
//     0   "TANDEMC1"
//     8   bytes of the head (4), zeros (4)
//    16   bytes of the body (8)
//    24   SHA-256 of the body (32)
//    56   the boot in which it was written (8)
//    64   SHA-256 of what stands before, and of the head (32)
//    96   head, body
//         renewals: head, its SHA-256 (32), its bytes (4), "RNEW" (4)
//
// The body never moves: a `304` appends a renewal, the last whole one counts. Nothing is flushed: after a power cut a file may be
// anything, so one of another boot is believed when its body's digest has been checked.

/// The fixed part of a file.
struct CacheFilePrefix: Hashable, Sendable {
    static let magic = Array("TANDEMC1".utf8)
    static let byteCount = 96

    var headCount: Int
    var bodyCount: Int
    var bodyDigest: ContentDigest
    var boot: UInt64

    func bytes(head: [UInt8]) -> [UInt8] {
        var sink = ByteSink()
        sink.put(UInt32(headCount))
        sink.put(UInt32(0))
        sink.put(UInt64(bodyCount))
        var bytes = Self.magic + sink.bytes
        bodyDigest.withBytes { bytes += $0 }
        withUnsafeBytes(of: boot.littleEndian) { bytes += $0 }
        Self.check(bytes, head).withBytes { bytes += $0 }
        return bytes
    }

    /// - Parameter bytes: at least the prefix.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount, bytes[..<8].elementsEqual(Self.magic) else { return nil }
        var source = ByteSource(bytes: UnsafeRawBufferPointer(rebasing: bytes[8..<24]))
        guard let head = source.number(UInt32.self), source.number(UInt32.self) == 0, let body = source.number(UInt64.self),
            head <= Self.largestHead, body <= UInt64(Int32.max) << 16
        else { return nil }
        headCount = Int(head)
        bodyCount = Int(body)
        bodyDigest = ContentDigest(bytes: UnsafeRawBufferPointer(rebasing: bytes[24..<56]))
        boot = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 56, as: UInt64.self))
    }

    init(headCount: Int, bodyCount: Int, bodyDigest: ContentDigest, boot: UInt64) {
        self.headCount = headCount
        self.bodyCount = bodyCount
        self.bodyDigest = bodyDigest
        self.boot = boot
    }

    static let largestHead: UInt32 = 1 << 20

    var bodyOffset: Int { Self.byteCount + headCount }
    var end: Int { bodyOffset + bodyCount }
    var body: Range<Int> { bodyOffset..<end }

    /// Whether a head stands behind this prefix as it was written.
    func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= bodyOffset else { return false }
        let said = ContentDigest(bytes: UnsafeRawBufferPointer(rebasing: bytes[64..<96]))
        return said == Self.check(Array(bytes[..<64]), Array(bytes[Self.byteCount..<bodyOffset]))
    }

    private static func check(_ before: [UInt8], _ head: [UInt8]) -> ContentDigest {
        (before.prefix(64) + head).withUnsafeBytes { ContentDigest(of: $0) }
    }
}

/// A renewed head behind the body.
enum CacheFileRenewal {
    static let footerCount = 40
    private static let mark = Array("RNEW".utf8)

    static func bytes(head: [UInt8]) -> [UInt8] {
        var bytes = head
        head.withUnsafeBytes { ContentDigest(of: $0) }.withBytes { bytes += $0 }
        withUnsafeBytes(of: UInt32(head.count).littleEndian) { bytes += $0 }
        return bytes + mark
    }

    /// Bytes of the head in front of a footer; nil: it is none.
    static func headCount(footer: UnsafeRawBufferPointer) -> Int? {
        guard footer.count == footerCount, footer[36...].elementsEqual(mark) else { return nil }
        let count = UInt32(littleEndian: footer.loadUnaligned(fromByteOffset: 32, as: UInt32.self))
        return count <= CacheFilePrefix.largestHead ? Int(count) : nil
    }

    static func isWhole(head: UnsafeRawBufferPointer, footer: UnsafeRawBufferPointer) -> Bool {
        ContentDigest(bytes: footer) == ContentDigest(of: head)
    }
}
