import Files
import Model

/// The names of many releases in one mapped table, so that a miss costs one probe and not one a release.
///
/// A name with one content stands once, for the newest release that holds it; a name with several contents (documents, and
/// what digests in queries tell apart) stands once for each. The file can be rebuilt from the manifests at any time.
///
/// ```
///   0  8 "TANDEMUX"   8  4 version 2   12  4 release count   16  8 slot count   24  8 checksum of all the other bytes
///  32  release count × 32: ids, newest first
///      slot count × 16: the name's hash (8), ordinal of the release (4), entry index + 1 (4; 0 = empty)
/// ```
package final class MergedIndex: Sendable {
    fileprivate enum Layout {
        static let magic: StaticString = "TANDEMUX"
        static let version: UInt32 = 2
        static let checksumOffset = 24
        static let headerSize = 32
        static let slotSize = 16
    }

    /// By ordinal, newest first.
    package let releases: [ReleaseID]
    private let file: MappedFile
    private let slotsOffset: Int
    private let slotMask: Int

    /// Nil when the file is missing or damaged: it will be rebuilt. A slot that lies would hide a name that is there; what it
    /// leads to is compared with the manifest all the same.
    ///
    /// Cost: reads the whole file once, so keep what was opened.
    package init?(path: String) {
        guard let file = try? MappedFile(path: path) else { return nil }
        let bytes = file.bytes
        guard bytes.count >= Layout.headerSize,
            bytes.prefix(8).elementsEqual(UnsafeBufferPointer(start: Layout.magic.utf8Start, count: 8)),
            bytes.number(UInt32.self, at: 8) == Layout.version
        else { return nil }
        let releaseCount = Int(bytes.number(UInt32.self, at: 12))
        let slotsOffset = Layout.headerSize + releaseCount * ContentDigest.byteCount
        guard let slotCount = Int(exactly: bytes.number(UInt64.self, at: 16)), slotCount > 0, slotCount & (slotCount - 1) == 0,
            slotCount <= bytes.count, bytes.count == slotsOffset + slotCount * Layout.slotSize,
            bytes.number(UInt64.self, at: Layout.checksumOffset) == Self.checksum(bytes)
        else { return nil }
        releases = (0..<releaseCount).map { ordinal in
            let at = Layout.headerSize + ordinal * ContentDigest.byteCount
            return ReleaseID(ContentDigest(bytes: UnsafeRawBufferPointer(rebasing: bytes[at..<at + ContentDigest.byteCount])))
        }
        self.file = file
        self.slotsOffset = slotsOffset
        slotMask = slotCount - 1
    }

    /// Calls `body` with the release ordinal and entry of every slot of that hash, until it answers false.
    @inline(__always)
    package func forEach(hash: UInt64, _ body: (Int, Int) -> Bool) {
        let bytes = file.bytes
        var slot = Int(truncatingIfNeeded: hash) & slotMask
        for _ in 0...slotMask {
            let at = slotsOffset + slot * Layout.slotSize
            let entry = Int(bytes.number(UInt32.self, at: at + 12))
            if entry == 0 { return }
            if bytes.number(UInt64.self, at: at) == hash {
                let ordinal = Int(bytes.number(UInt32.self, at: at + 8))
                if ordinal < releases.count, !body(ordinal, entry - 1) { return }
            }
            slot = (slot + 1) & slotMask
        }
    }

    /// The bytes of the index over `manifests`, newest first. Cost: one pass over all names; 32–64 bytes a name while it runs.
    package static func image(of manifests: [Manifest]) -> [UInt8] {
        let slotCount = ManifestLayout.slotCount(entries: manifests.reduce(0) { $0 + $1.count })
        let slotsOffset = Layout.headerSize + manifests.count * ContentDigest.byteCount
        var image = [UInt8](repeating: 0, count: slotsOffset + slotCount * Layout.slotSize)
        image.withUnsafeMutableBytes { raw in
            raw[0..<8].copyBytes(from: UnsafeBufferPointer(start: Layout.magic.utf8Start, count: 8))
            raw.store(Layout.version, at: 8)
            raw.store(UInt32(manifests.count), at: 12)
            raw.store(UInt64(slotCount), at: 16)
            for (ordinal, manifest) in manifests.enumerated() {
                let at = Layout.headerSize + ordinal * ContentDigest.byteCount
                manifest.id.digest.withBytes { raw[at..<at + ContentDigest.byteCount].copyBytes(from: $0) }
                for entry in 0..<manifest.count {
                    place(ordinal, entry, manifests, slotsOffset: slotsOffset, slotMask: slotCount - 1, into: raw)
                }
            }
        }
        seal(&image)
        return image
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let head = Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[..<Layout.checksumOffset]))
        return Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[Layout.headerSize...]), seed: head)
    }

    /// Writes the checksum into an image whose other bytes are final.
    static func seal(_ image: inout [UInt8]) {
        image.withUnsafeMutableBytes { raw in raw.store(checksum(UnsafeRawBufferPointer(raw)), at: Layout.checksumOffset) }
    }

    private static func place(
        _ ordinal: Int, _ entry: Int, _ manifests: [Manifest], slotsOffset: Int, slotMask: Int, into raw: UnsafeMutableRawBufferPointer
    ) {
        let manifest = manifests[ordinal]
        let name = manifest.nameBytes(at: entry)
        let hash = NameHash.of(name)
        var slot = Int(truncatingIfNeeded: hash) & slotMask
        while true {
            let at = slotsOffset + slot * Layout.slotSize
            let placed = Int(raw.number(UInt32.self, at: at + 12))
            if placed == 0 {
                raw.store(hash, at: at)
                raw.store(UInt32(ordinal), at: at + 8)
                raw.store(UInt32(entry + 1), at: at + 12)
                return
            }
            if raw.number(UInt64.self, at: at) == hash {
                let other = manifests[Int(raw.number(UInt32.self, at: at + 8))]
                // The class belongs to what is looked up, so a weaker class of the same content stands beside a stronger one.
                if other.nameEquals(placed - 1, name), other.content(at: placed - 1) == manifest.content(at: entry),
                    other.nameClass(at: placed - 1) >= manifest.nameClass(at: entry)
                {
                    return
                }
            }
            slot = (slot + 1) & slotMask
        }
    }
}
