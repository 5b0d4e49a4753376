/// Where things stand in a release manifest, version 1. `Manifests.md` draws it byte by byte.
///
/// Numbers are little-endian. Sections follow each other in this order, each aligned to 8 bytes, gaps zero, so that the
/// same entries always give the same bytes, and so the same release id.
enum ManifestLayout {
    static let magic: StaticString = "TANDEMRL"
    static let version: UInt32 = 1

    enum Header {
        static let size = 96
        static let version = 8
        static let headerSize = 12
        static let entryCount = 16
        static let slotCount = 20
        static let namesOffset = 24
        static let namesLength = 32
        static let entriesOffset = 40
        static let slotsOffset = 48
        static let fileLength = 56
        static let contentBytes = 64
        /// Five 32-bit counts, one for each `NameClass` from `document` to `proven`; then 4 zero bytes.
        static let classCounts = 72
    }

    enum Entry {
        static let size = 96
        static let sha256 = 0
        static let sha1 = 32
        static let nameLength = 52
        static let nameOffset = 56
        static let md5 = 64
        static let contentSize = 80
        static let nameClass = 88
    }

    enum Slot {
        static let size = 16
        static let hash = 0
        /// Entry index + 1; 0 is an empty slot.
        static let entry = 8
    }

    static let maximumNameLength = 4096
    static let maximumEntryCount = 1 << 28

    /// A power of two at least twice the entries, so that probes stay short: a miss costs 1.5 slots on average.
    static func slotCount(entries: Int) -> Int {
        var count = 2
        while count < entries * 2 { count *= 2 }
        return count
    }

    static func aligned(_ offset: Int) -> Int { (offset + 7) & ~7 }
}
