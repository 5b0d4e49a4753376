import Files
import Model
import Names

/// A release's names, memory-mapped: opening a million costs what opening ten does, and a lookup touches a cache line or two
/// and allocates nothing.
///
/// Opening checks length, header and section bounds; each lookup checks its own. A release manifest is checked whole when it
/// is written and by `verify`.
package final class Manifest: Sendable {
    package let id: ReleaseID
    package let count: Int
    /// Bytes of all contents, identity-coded; a content under two names counts twice.
    package let contentBytes: UInt64
    private let file: MappedFile
    private let path: String
    private let names: Section
    private let entriesOffset: Int
    private let slotsOffset: Int
    private let slotMask: Int

    /// A pointer into `file`, which this object keeps mapped.
    private struct Section: @unchecked Sendable {
        let bytes: UnsafeRawBufferPointer
    }

    /// - Parameters:
    ///   - path: the file.
    ///   - id: what the file's name says; `verify` proves it.
    package static func open(path: String, id: ReleaseID) throws(ManifestError) -> Manifest {
        let file: MappedFile
        do throws(MappingError) {
            file = try MappedFile(path: path)
        } catch {
            // Out of descriptors is no loss: whoever hears "missing" publishes again.
            throw error.isMissing ? .missing(path: path) : .unreadable(path: path, reason: error.description)
        }
        return try Manifest(file, path: path, id: id)
    }

    private init(_ file: MappedFile, path: String, id: ReleaseID) throws(ManifestError) {
        typealias Field = ManifestLayout.Header
        let bytes = file.bytes
        guard bytes.count >= Field.size,
            bytes.prefix(8).elementsEqual(UnsafeBufferPointer(start: ManifestLayout.magic.utf8Start, count: 8))
        else { throw .notAManifest(path: path) }
        let version = bytes.number(UInt32.self, at: Field.version)
        guard version == ManifestLayout.version else { throw .newerVersion(path: path, found: version) }
        func offset(_ at: Int) throws(ManifestError) -> Int {
            guard let value = Int(exactly: bytes.number(UInt64.self, at: at)), value <= bytes.count else {
                throw .damaged(path: path, what: "a section lies outside the file")
            }
            return value
        }
        let namesOffset = try offset(Field.namesOffset)
        let namesLength = try offset(Field.namesLength)
        entriesOffset = try offset(Field.entriesOffset)
        slotsOffset = try offset(Field.slotsOffset)
        count = Int(bytes.number(UInt32.self, at: Field.entryCount))
        let slotCount = Int(bytes.number(UInt32.self, at: Field.slotCount))
        guard bytes.number(UInt64.self, at: Field.fileLength) == UInt64(bytes.count),
            namesOffset == Field.size, namesOffset + namesLength <= entriesOffset,
            entriesOffset + count * ManifestLayout.Entry.size == slotsOffset,
            slotsOffset + slotCount * ManifestLayout.Slot.size == bytes.count,
            slotCount > count, slotCount & (slotCount - 1) == 0
        else { throw .damaged(path: path, what: "its sections do not fit its length") }
        slotMask = slotCount - 1
        contentBytes = bytes.number(UInt64.self, at: Field.contentBytes)
        names = Section(bytes: UnsafeRawBufferPointer(rebasing: bytes[namesOffset..<namesOffset + namesLength]))
        self.file = file
        self.path = path
        self.id = id
    }

    /// How many names are of each class.
    package func count(of nameClass: NameClass) -> Int {
        Int(file.bytes.number(UInt32.self, at: ManifestLayout.Header.classCounts + Int(nameClass.rawValue) * 4))
    }

    // MARK: Lookup

    /// The index of a name; nil if the release does not have it. Cost: one or two cache misses.
    package func find(_ name: UnsafeRawBufferPointer) -> Int? { find(name, hash: NameHash.of(name)) }

    package func find(_ name: String) -> Int? {
        var name = name
        return name.withUTF8 { find(UnsafeRawBufferPointer($0)) }
    }

    @inline(__always)
    package func find(_ name: UnsafeRawBufferPointer, hash: UInt64) -> Int? {
        let bytes = file.bytes
        var slot = Int(truncatingIfNeeded: hash) & slotMask
        // A damaged table without an empty slot must not be walked for ever.
        for _ in 0...slotMask {
            let at = slotsOffset + slot * ManifestLayout.Slot.size
            let entry = Int(bytes.number(UInt32.self, at: at + ManifestLayout.Slot.entry))
            if entry == 0 { return nil }
            if bytes.number(UInt64.self, at: at + ManifestLayout.Slot.hash) == hash, entry <= count, nameEquals(entry - 1, name) {
                return entry - 1
            }
            slot = (slot + 1) & slotMask
        }
        return nil
    }

    @inline(__always)
    package func nameEquals(_ index: Int, _ name: UnsafeRawBufferPointer) -> Bool {
        let own = nameBytes(at: index)
        guard own.count == name.count else { return false }
        guard let a = own.baseAddress, let b = name.baseAddress else { return own.count == name.count }
        return memoryEquals(a, b, own.count)
    }

    // MARK: Entries, by index in name order

    private func field(_ index: Int, _ offset: Int) -> Int {
        precondition(index >= 0 && index < count, "no such entry")
        return entriesOffset + index * ManifestLayout.Entry.size + offset
    }

    /// The bytes of a name. Empty where the file is damaged.
    package func nameBytes(at index: Int) -> UnsafeRawBufferPointer {
        let length = Int(file.bytes.number(UInt32.self, at: field(index, ManifestLayout.Entry.nameLength)))
        guard let start = Int(exactly: file.bytes.number(UInt64.self, at: field(index, ManifestLayout.Entry.nameOffset))),
            start <= names.bytes.count, length <= names.bytes.count - start
        else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: names.bytes[start..<start + length])
    }

    package func name(at index: Int) -> String { String(decoding: nameBytes(at: index), as: UTF8.self) }

    package func content(at index: Int) -> ContentDigest {
        let at = field(index, ManifestLayout.Entry.sha256)
        return ContentDigest(bytes: UnsafeRawBufferPointer(rebasing: file.bytes[at..<at + 32]))
    }

    package func digests(at index: Int) -> ContentDigests {
        let sha1 = field(index, ManifestLayout.Entry.sha1)
        let md5 = field(index, ManifestLayout.Entry.md5)
        return ContentDigests(
            sha256: content(at: index), sha1: UnsafeRawBufferPointer(rebasing: file.bytes[sha1..<sha1 + 20]),
            md5: UnsafeRawBufferPointer(rebasing: file.bytes[md5..<md5 + 16]))
    }

    package func size(at index: Int) -> UInt64 { file.bytes.number(UInt64.self, at: field(index, ManifestLayout.Entry.contentSize)) }

    package func nameClass(at index: Int) -> NameClass {
        NameClass(rawValue: file.bytes[field(index, ManifestLayout.Entry.nameClass)]) ?? .document
    }

    package subscript(index: Int) -> ManifestEntry {
        ManifestEntry(name: name(at: index), digests: digests(at: index), size: size(at: index), nameClass: nameClass(at: index))
    }

    /// The hash of the name at `index`, recomputed.
    package func hash(at index: Int) -> UInt64 { NameHash.of(nameBytes(at: index)) }

    /// Indices of the names that begin with `prefix`. Names are sorted, so this is two binary searches.
    package func range(withPrefix prefix: String) -> Range<Int> {
        func firstIndex(where isPast: (UnsafeRawBufferPointer) -> Bool) -> Int {
            var low = 0
            var high = count
            while low < high {
                let middle = (low + high) / 2
                if isPast(nameBytes(at: middle)) { high = middle } else { low = middle + 1 }
            }
            return low
        }
        let wanted = Array(prefix.utf8)
        let start = firstIndex { !$0.lexicographicallyPrecedes(wanted) }
        let end = firstIndex { !$0.lexicographicallyPrecedes(wanted) && !$0.starts(with: wanted) }
        return start..<end
    }

    // MARK: Proof

    /// Reads the whole file again: its bytes give the id, and every entry and slot is within bounds and in order.
    package func verify() throws(ManifestError) {
        let found = ReleaseID(ContentDigest(of: file.bytes))
        guard found == id else { throw .wrongID(path: path, found: found) }
        var previous: UnsafeRawBufferPointer?
        for index in 0..<count {
            let name = nameBytes(at: index)
            guard !name.isEmpty, NameClass(rawValue: file.bytes[field(index, ManifestLayout.Entry.nameClass)]) != nil else {
                throw .damaged(path: path, what: "entry \(index) lies outside its section")
            }
            if let previous, !previous.lexicographicallyPrecedes(name) {
                throw .damaged(path: path, what: "entry \(index) is out of order")
            }
            guard find(name) == index else { throw .damaged(path: path, what: "entry \(index) is not in the index") }
            previous = name
        }
    }
}
