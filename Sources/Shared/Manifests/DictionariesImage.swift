import Files
import Model

/// What a release offers as dictionaries, and its contents as deltas to those of other releases: a file beside the manifest that
/// can be rebuilt from the state at any time.
///
/// ```
///   0  8  "TANDEMDC"      8  4  version 1      12  4  offers      16  32  release id      48  4  deltas      52  4  0
///  56  offers × 4: entries that are advertised, ascending
///      deltas × 112, ascending by entry: entry (4), 0 (4), the dictionary's SHA-256 (32), the release that offers it (32),
///      the delta's SHA-256 (32) and size (8)
/// ```
package enum DictionariesLayout {
    static let magic: StaticString = "TANDEMDC"
    static let version: UInt32 = 1
    static let headerSize = 56
    static let deltaSize = 112
}

/// A content of a release as a delta to one of another release.
package struct EntryDelta: Hashable, Sendable {
    package var entry: Int
    package var dictionary: ContentDigest
    /// Which release serves the dictionary under a name whose advertisement covers the entry's.
    package var offeredBy: ReleaseID
    package var blob: ContentDigest
    package var size: UInt64

    package init(entry: Int, dictionary: ContentDigest, offeredBy: ReleaseID, blob: ContentDigest, size: UInt64) {
        self.entry = entry
        self.dictionary = dictionary
        self.offeredBy = offeredBy
        self.blob = blob
        self.size = size
    }
}

package struct DictionariesImage: Sendable {
    package let bytes: [UInt8]

    /// - Parameter advertised: ascending.
    package init(manifest: Manifest, advertised: [Int], deltas: [EntryDelta]) {
        typealias Layout = DictionariesLayout
        let start = Layout.headerSize + advertised.count * 4
        var image = [UInt8](repeating: 0, count: start + deltas.count * Layout.deltaSize)
        image.withUnsafeMutableBytes { raw in
            raw[0..<8].copyBytes(from: UnsafeBufferPointer(start: Layout.magic.utf8Start, count: 8))
            raw.store(Layout.version, at: 8)
            raw.store(UInt32(advertised.count), at: 12)
            manifest.id.digest.withBytes { raw[16..<48].copyBytes(from: $0) }
            raw.store(UInt32(deltas.count), at: 48)
            for (index, entry) in advertised.enumerated() { raw.store(UInt32(entry), at: Layout.headerSize + index * 4) }
            let sorted = deltas.sorted { ($0.entry, $0.dictionary, $0.offeredBy) < ($1.entry, $1.dictionary, $1.offeredBy) }
            for (index, delta) in sorted.enumerated() {
                let at = start + index * Layout.deltaSize
                raw.store(UInt32(delta.entry), at: at)
                delta.dictionary.withBytes { raw[at + 8..<at + 40].copyBytes(from: $0) }
                delta.offeredBy.digest.withBytes { raw[at + 40..<at + 72].copyBytes(from: $0) }
                delta.blob.withBytes { raw[at + 72..<at + 104].copyBytes(from: $0) }
                raw.store(delta.size, at: at + 104)
            }
        }
        bytes = image
    }
}

/// The mapped file.
package final class Dictionaries: Sendable {
    private let file: MappedFile
    private let advertisedCount: Int
    private let deltaCount: Int

    /// Nil when the file is missing, damaged or of another release: it will be rebuilt.
    package init?(path: String, manifest: Manifest) {
        typealias Layout = DictionariesLayout
        guard let file = try? MappedFile(path: path) else { return nil }
        let bytes = file.bytes
        guard bytes.count >= Layout.headerSize,
            bytes.prefix(8).elementsEqual(UnsafeBufferPointer(start: Layout.magic.utf8Start, count: 8)),
            bytes.number(UInt32.self, at: 8) == Layout.version,
            ContentDigest(bytes: UnsafeRawBufferPointer(rebasing: bytes[16..<48])) == manifest.id.digest
        else { return nil }
        advertisedCount = Int(bytes.number(UInt32.self, at: 12))
        deltaCount = Int(bytes.number(UInt32.self, at: 48))
        guard bytes.count == Layout.headerSize + advertisedCount * 4 + deltaCount * Layout.deltaSize else { return nil }
        self.file = file
    }

    /// Whether the entry's content is advertised as a dictionary.
    package func advertises(_ entry: Int) -> Bool {
        let place = firstIndex(advertisedCount) { advertised(at: $0) >= entry }
        return place < advertisedCount && advertised(at: place) == entry
    }

    /// The delta from a dictionary that one of the releases asked about offers; nil where there is none.
    package func find(_ entry: Int, dictionary: ContentDigest, where isServed: (ReleaseID) -> Bool) -> EntryDelta? {
        var place = firstIndex(deltaCount) { number(at: $0) >= entry }
        while place < deltaCount, number(at: place) == entry {
            let delta = delta(at: place)
            if delta.dictionary == dictionary, isServed(delta.offeredBy) { return delta }
            place += 1
        }
        return nil
    }

    private func advertised(at index: Int) -> Int {
        Int(file.bytes.number(UInt32.self, at: DictionariesLayout.headerSize + index * 4))
    }

    private func place(_ index: Int) -> Int {
        DictionariesLayout.headerSize + advertisedCount * 4 + index * DictionariesLayout.deltaSize
    }

    private func number(at index: Int) -> Int { Int(file.bytes.number(UInt32.self, at: place(index))) }

    private func delta(at index: Int) -> EntryDelta {
        let at = place(index)
        func digest(_ offset: Int) -> ContentDigest {
            ContentDigest(bytes: UnsafeRawBufferPointer(rebasing: file.bytes[at + offset..<at + offset + 32]))
        }
        return EntryDelta(
            entry: number(at: index), dictionary: digest(8), offeredBy: ReleaseID(digest(40)), blob: digest(72),
            size: file.bytes.number(UInt64.self, at: at + 104))
    }

    /// The first place that is past, of `count` in order.
    private func firstIndex(_ count: Int, where isPast: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isPast(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
