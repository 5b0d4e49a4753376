import Files
import Model

/// What pages of a release need at once, as values of `Link` fields: a file beside the manifest, written when the release is
/// published. It is no part of the release's id, and a release can be without.
///
/// ```
///   0  8  "TANDEMPL"      8  4  version 1      12  4  pages      16  32  release id
///  48  pages × 12, ascending: entry (4), where its field begins (4), bytes of it (4)
///      the fields, one after the other
/// ```
package enum PreloadsLayout {
    static let magic: StaticString = "TANDEMPL"
    static let version: UInt32 = 1
    static let headerSize = 48
    static let pageSize = 12
}

package struct PreloadsImage: Sendable {
    package let bytes: [UInt8]

    /// - Parameter fields: by name; of names that the release lacks none is kept.
    package init(manifest: Manifest, fields: [String: String]) {
        typealias Layout = PreloadsLayout
        let found = fields.compactMap { name, text in manifest.find(name).map { (entry: $0, text: Array(text.utf8)) } }
        let pages = found.sorted { $0.entry < $1.entry }
        let textStart = Layout.headerSize + pages.count * Layout.pageSize
        var image = [UInt8](repeating: 0, count: textStart + pages.reduce(0) { $0 + $1.text.count })
        image.withUnsafeMutableBytes { raw in
            raw[0..<8].copyBytes(from: UnsafeBufferPointer(start: Layout.magic.utf8Start, count: 8))
            raw.store(Layout.version, at: 8)
            raw.store(UInt32(pages.count), at: 12)
            manifest.id.digest.withBytes { raw[16..<48].copyBytes(from: $0) }
            var at = textStart
            for (index, page) in pages.enumerated() {
                let row = Layout.headerSize + index * Layout.pageSize
                raw.store(UInt32(page.entry), at: row)
                raw.store(UInt32(at), at: row + 4)
                raw.store(UInt32(page.text.count), at: row + 8)
                raw[at..<at + page.text.count].copyBytes(from: page.text)
                at += page.text.count
            }
        }
        bytes = image
    }
}

/// The mapped file.
package final class Preloads: Sendable {
    private let file: MappedFile
    private let count: Int

    /// Nil when the file is missing, damaged or of another release: then nothing is preloaded.
    package init?(path: String, manifest: Manifest) {
        typealias Layout = PreloadsLayout
        guard let file = try? MappedFile(path: path) else { return nil }
        let bytes = file.bytes
        guard bytes.count >= Layout.headerSize,
            bytes.prefix(8).elementsEqual(UnsafeBufferPointer(start: Layout.magic.utf8Start, count: 8)),
            bytes.number(UInt32.self, at: 8) == Layout.version,
            ContentDigest(bytes: UnsafeRawBufferPointer(rebasing: bytes[16..<48])) == manifest.id.digest
        else { return nil }
        count = Int(bytes.number(UInt32.self, at: 12))
        guard bytes.count >= Layout.headerSize + count * Layout.pageSize else { return nil }
        self.file = file
    }

    /// What stands in a page's `Link` field; nil where it needs nothing, or where the file says what no field may.
    package func field(_ entry: Int) -> [UInt8]? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if number(middle, 0) < entry { low = middle + 1 } else { high = middle }
        }
        guard low < count, number(low, 0) == entry else { return nil }
        let (start, length) = (number(low, 4), number(low, 8))
        guard start >= PreloadsLayout.headerSize, length > 0, start + length <= file.bytes.count else { return nil }
        let text = Array(file.bytes[start..<start + length])
        return text.allSatisfy { (0x20...0x7e).contains($0) } ? text : nil
    }

    private func number(_ page: Int, _ offset: Int) -> Int {
        Int(file.bytes.number(UInt32.self, at: PreloadsLayout.headerSize + page * PreloadsLayout.pageSize + offset))
    }
}
