import Model
import Names

/// The bytes of a release manifest and the id they give: a function of the entries alone.
package struct ManifestImage: Sendable {
    package let bytes: [UInt8]
    package let id: ReleaseID

    /// - Parameter entries: in any order. Cost: O(n log n); about 1.5 s and 0.3 GB for a million.
    /// - Throws: for names that are empty, too long or repeated.
    package init(_ entries: [ManifestEntry]) throws(ManifestError) {
        typealias Layout = ManifestLayout
        guard entries.count <= Layout.maximumEntryCount else { throw .tooManyEntries(entries.count) }
        let sorted = entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        try Self.check(sorted)

        let namesLength = sorted.reduce(0) { $0 + $1.name.utf8.count }
        let namesOffset = Layout.Header.size
        let entriesOffset = Layout.aligned(namesOffset + namesLength)
        let slotsOffset = entriesOffset + sorted.count * Layout.Entry.size
        let slotCount = Layout.slotCount(entries: sorted.count)
        let total = slotsOffset + slotCount * Layout.Slot.size

        let image = [UInt8](unsafeUninitializedCapacity: total) { buffer, count in
            buffer.initialize(repeating: 0)
            let raw = UnsafeMutableRawBufferPointer(buffer)
            var nameAt = namesOffset
            for (index, entry) in sorted.enumerated() {
                let at = entriesOffset + index * Layout.Entry.size
                let length = Self.write(entry, at: at, nameAt: nameAt, namesOffset: namesOffset, into: raw)
                let name = UnsafeRawBufferPointer(rebasing: raw[nameAt..<nameAt + length])
                Self.place(NameHash.of(name), entry: index, slotsOffset: slotsOffset, slotCount: slotCount, into: raw)
                nameAt += length
            }
            Self.writeHeader(
                sorted, into: raw, offsets: (namesOffset, namesLength, entriesOffset, slotsOffset), slotCount: slotCount)
            count = total
        }
        bytes = image
        id = image.withUnsafeBytes { ReleaseID(ContentDigest(of: $0)) }
    }

    private static func check(_ sorted: [ManifestEntry]) throws(ManifestError) {
        var previous: String?
        for entry in sorted {
            if entry.name.isEmpty { throw .emptyName }
            if entry.name.utf8.count > ManifestLayout.maximumNameLength { throw .nameTooLong(entry.name) }
            // Compared as bytes: two spellings of one character are two names on the wire.
            if let previous, previous.utf8.elementsEqual(entry.name.utf8) { throw .repeatedName(entry.name) }
            previous = entry.name
        }
    }

    private static func write(
        _ entry: ManifestEntry, at: Int, nameAt: Int, namesOffset: Int, into raw: UnsafeMutableRawBufferPointer
    ) -> Int {
        typealias Field = ManifestLayout.Entry
        var name = entry.name
        let length = name.withUTF8 { utf8 in
            raw[nameAt..<nameAt + utf8.count].copyBytes(from: utf8)
            return utf8.count
        }
        entry.digests.sha256.withBytes { raw[(at + Field.sha256)..<(at + Field.sha256 + 32)].copyBytes(from: $0) }
        entry.digests.withSHA1 { raw[(at + Field.sha1)..<(at + Field.sha1 + 20)].copyBytes(from: $0) }
        entry.digests.withMD5 { raw[(at + Field.md5)..<(at + Field.md5 + 16)].copyBytes(from: $0) }
        raw.store(UInt32(length), at: at + Field.nameLength)
        raw.store(UInt64(nameAt - namesOffset), at: at + Field.nameOffset)
        raw.store(entry.size, at: at + Field.contentSize)
        raw[at + Field.nameClass] = entry.nameClass.rawValue
        return length
    }

    private static func place(
        _ hash: UInt64, entry: Int, slotsOffset: Int, slotCount: Int, into raw: UnsafeMutableRawBufferPointer
    ) {
        typealias Field = ManifestLayout.Slot
        var slot = Int(truncatingIfNeeded: hash) & (slotCount - 1)
        while raw.number(UInt32.self, at: slotsOffset + slot * Field.size + Field.entry) != 0 { slot = (slot + 1) & (slotCount - 1) }
        raw.store(hash, at: slotsOffset + slot * Field.size + Field.hash)
        raw.store(UInt32(entry + 1), at: slotsOffset + slot * Field.size + Field.entry)
    }

    private static func writeHeader(
        _ sorted: [ManifestEntry], into raw: UnsafeMutableRawBufferPointer,
        offsets: (names: Int, namesLength: Int, entries: Int, slots: Int), slotCount: Int
    ) {
        typealias Field = ManifestLayout.Header
        raw[0..<8].copyBytes(from: UnsafeBufferPointer(start: ManifestLayout.magic.utf8Start, count: 8))
        raw.store(ManifestLayout.version, at: Field.version)
        raw.store(UInt32(Field.size), at: Field.headerSize)
        raw.store(UInt32(sorted.count), at: Field.entryCount)
        raw.store(UInt32(slotCount), at: Field.slotCount)
        raw.store(UInt64(offsets.names), at: Field.namesOffset)
        raw.store(UInt64(offsets.namesLength), at: Field.namesLength)
        raw.store(UInt64(offsets.entries), at: Field.entriesOffset)
        raw.store(UInt64(offsets.slots), at: Field.slotsOffset)
        raw.store(UInt64(raw.count), at: Field.fileLength)
        raw.store(sorted.reduce(UInt64(0)) { $0 &+ $1.size }, at: Field.contentBytes)
        var counts = [UInt32](repeating: 0, count: NameClass.allCases.count)
        for entry in sorted { counts[Int(entry.nameClass.rawValue)] += 1 }
        for (index, count) in counts.enumerated() { raw.store(count, at: Field.classCounts + index * 4) }
    }
}
