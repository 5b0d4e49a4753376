import Files
import Model

/// Which encodings the contents of a release have, beside its manifest: a mapped array parallel to the entries. It can be
/// rebuilt from the state at any time, and is no part of the release's id.
///
/// ```
///   0  8  "TANDEMEN"      8  4  version 1      12  4  entry count      16  32  release id
///  48  entry count × 3 × 40:  brotli, zstd, gzip, each a blob's SHA-256 (32) and its size (8, 0 = there is none)
/// ```
package enum EncodingsLayout {
    static let magic: StaticString = "TANDEMEN"
    static let version: UInt32 = 1
    static let headerSize = 48
    static let recordSize = 40
    static let codings: [Coding] = [.brotli, .zstd, .gzip]
    static var entrySize: Int { recordSize * codings.count }
}

package struct EncodingsImage: Sendable {
    package let bytes: [UInt8]

    /// - Parameter encodings: what is recorded for a content.
    package init(manifest: Manifest, encodings: (ContentDigest) -> [EncodingRecord]) {
        typealias Layout = EncodingsLayout
        var image = [UInt8](repeating: 0, count: Layout.headerSize + manifest.count * Layout.entrySize)
        image.withUnsafeMutableBytes { raw in
            raw[0..<8].copyBytes(from: UnsafeBufferPointer(start: Layout.magic.utf8Start, count: 8))
            raw.store(Layout.version, at: 8)
            raw.store(UInt32(manifest.count), at: 12)
            manifest.id.digest.withBytes { raw[16..<48].copyBytes(from: $0) }
            for index in 0..<manifest.count {
                for record in encodings(manifest.content(at: index)) {
                    guard let place = Layout.codings.firstIndex(of: record.coding) else { continue }
                    let at = Layout.headerSize + index * Layout.entrySize + place * Layout.recordSize
                    record.blob.withBytes { raw[at..<at + 32].copyBytes(from: $0) }
                    raw.store(record.size, at: at + 32)
                }
            }
        }
        bytes = image
    }
}

/// The mapped array.
package final class Encodings: Sendable {
    private let file: MappedFile
    private let count: Int

    /// Nil when the file is missing, damaged or of another release: it will be rebuilt.
    package init?(path: String, manifest: Manifest) {
        typealias Layout = EncodingsLayout
        guard let file = try? MappedFile(path: path) else { return nil }
        let bytes = file.bytes
        guard bytes.count == Layout.headerSize + manifest.count * Layout.entrySize,
            bytes.prefix(8).elementsEqual(UnsafeBufferPointer(start: Layout.magic.utf8Start, count: 8)),
            bytes.number(UInt32.self, at: 8) == Layout.version,
            ContentDigest(bytes: UnsafeRawBufferPointer(rebasing: bytes[16..<48])) == manifest.id.digest
        else { return nil }
        self.file = file
        count = manifest.count
    }

    /// The blob and size of an entry's content in a coding; nil where there is none.
    package func find(_ coding: Coding, entry: Int) -> (blob: ContentDigest, size: UInt64)? {
        guard entry >= 0, entry < count, let place = EncodingsLayout.codings.firstIndex(of: coding) else { return nil }
        let at = EncodingsLayout.headerSize + entry * EncodingsLayout.entrySize + place * EncodingsLayout.recordSize
        let size = file.bytes.number(UInt64.self, at: at + 32)
        if size == 0 { return nil }
        return (ContentDigest(bytes: UnsafeRawBufferPointer(rebasing: file.bytes[at..<at + 32])), size)
    }
}
