import HTTPEngine
import Proxying

/// Prepared answers by host, target and accepted encodings. State belongs to one event loop; dropped at each snapshot.
///
/// Those whose body stands in memory and those that hold a file open are kept apart, each kind within its own bounds: `HotRing`
/// says who goes when they are full.
struct HotTable {
    struct Entry {
        /// Host and target, one after the other.
        let key: [UInt8]
        fileprivate(set) var response: PreparedResponse
        /// What says whether the response is still the right one, where that is not certain until the next snapshot.
        var hit: PreparedHit?
        /// What goes out before the answer, to clients that take it.
        var hints: EarlyHints?
        /// Where the tally counts them.
        let row: Int
        let preference: EncodingPreference
        /// Documents are answered from here only to requests without a pin.
        let isDocument: Bool
        /// Whether no live release's documents can name it but that one's: the request counts as need.
        let isNeed: Bool
        // What stands behind here is not looked at for most hits, and lies in another line of memory (`HotIndex`).
        /// Position of the site in the snapshot, and of the release that answered in the site.
        let site: Int
        let release: Int
        /// Bytes of memory that it held when it was put in: later ones differ by digits.
        let cost: Int

        init(
            key: [UInt8], preference: EncodingPreference, response: PreparedResponse, isDocument: Bool, site: Int, release: Int, row: Int,
            isNeed: Bool, hints: EarlyHints? = nil, hit: PreparedHit? = nil
        ) {
            (self.key, self.preference, self.response, self.isDocument) = (key, preference, response, isDocument)
            (self.site, self.release, self.row, self.isNeed) = (site, release, row, isNeed)
            (self.hints, self.hit) = (hints, hit)
            cost = response.cost + key.count + 256
        }
    }

    private let budget: Int
    private let files: Int
    private var door = HotDoor()
    private var index: HotIndex
    private var inMemory: HotRing
    private var inFiles: HotRing

    /// - Parameters:
    ///   - budget: bytes the table may hold.
    ///   - files: open files it may hold when nothing else needs descriptors.
    init(budget: Int, files: Int) {
        self.budget = max(budget, 2 << 20)
        self.files = min(max(files, 16), 1 << 18)
        (index, inMemory, inFiles) = Self.empty(budget: self.budget, files: self.files)
    }

    /// The heads of answers from files get an eighth of the memory: at a kilobyte each, the default of 256 MB has room for 32,000.
    private static func empty(budget: Int, files: Int) -> (HotIndex, HotRing, HotRing) {
        let entries = min(budget / 1024, 1 << 18)
        return (
            HotIndex(capacity: entries + files), HotRing(first: 0, capacity: entries, budget: budget - budget / 8),
            HotRing(first: entries, capacity: files, budget: budget / 8)
        )
    }

    @inline(__always)
    static func hash(
        _ host: UnsafeBufferPointer<UInt8>, _ target: UnsafeBufferPointer<UInt8>, _ preference: EncodingPreference
    ) -> UInt64 {
        var hash = UInt64(preference.brotli) << 48 ^ UInt64(preference.zstd) << 32 ^ UInt64(preference.gzip) << 16
        hash = mix(target, mix(host, hash ^ UInt64(preference.identity)))
        // Zero marks an empty slot.
        return (hash ^ (hash >> 29)) | 1
    }

    @inline(__always)
    private static func mix(_ bytes: UnsafeBufferPointer<UInt8>, _ seed: UInt64) -> UInt64 {
        var hash = seed ^ UInt64(bytes.count) &* 0x9e37_79b9_7f4a_7c15
        let raw = UnsafeRawBufferPointer(bytes)
        var at = 0
        while at + 8 <= raw.count {
            let product = (hash ^ raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)).multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
            hash = product.high ^ product.low
            at += 8
        }
        var tail: UInt64 = 0
        while at < raw.count {
            tail = tail << 8 | UInt64(raw[at])
            at += 1
        }
        let product = (hash ^ tail).multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
        return product.high ^ product.low
    }

    /// The entry in place, valid until the table changes.
    @inline(__always)
    func find(
        _ hash: UInt64, _ host: UnsafeBufferPointer<UInt8>, _ target: UnsafeBufferPointer<UInt8>, _ preference: EncodingPreference
    ) -> UnsafePointer<Entry>? {
        guard let hostStart = host.baseAddress, let targetStart = target.baseAddress else { return nil }
        return index.find(hash) { entry in
            guard entry.pointee.preference == preference, entry.pointee.key.count == host.count + target.count else { return false }
            return entry.pointee.key.withUnsafeBufferPointer { key in
                guard let start = key.baseAddress else { return false }
                return Bytes.equal(start, hostStart, host.count) && Bytes.equal(start + host.count, targetStart, target.count)
            }
        }
    }

    /// Puts another answer in the place of an entry's.
    /// - Parameter entry: as `find` gave it, and the table has not changed since.
    func replace(_ entry: UnsafePointer<Entry>, _ response: PreparedResponse) {
        UnsafeMutablePointer(mutating: entry).pointee.response = response
    }

    /// Whether an answer is to be put in: where somebody would have to go for it, only when it is asked for again soon.
    /// - Parameters:
    ///   - response: not prepared yet, since that would be for nothing.
    ///   - connections: as for `insert`.
    mutating func admits(_ hash: UInt64, _ response: Response, connections: Int) -> Bool {
        let hasRoom =
            if case .file = response.body { inFiles.count + connections < files && inFiles.hasRoom(0) } else {
                inMemory.hasRoom(response.body.count)
            }
        return hasRoom || door.knows(hash)
    }

    /// - Parameter connections: those of the loop, whose descriptors are taken from those for files.
    mutating func insert(_ entry: Entry, hash: UInt64, connections: Int = 0) {
        // Put in by another request meanwhile, or by one that may not be answered from here but leaves the same answer.
        if let place = index.place(hash, where: { $0.pointee.preference == entry.preference && $0.pointee.key == entry.key }) {
            if inFiles.holds(place) { inFiles.remove(place, index) } else { inMemory.remove(place, index) }
        }
        if entry.response.holdsFile {
            makeRoom(for: connections + 1)
            inFiles.insert(entry, hash, index)
        } else {
            inMemory.insert(entry, hash, index)
        }
    }

    /// Connections come before open files: closes what they leave no descriptors for.
    mutating func makeRoom(for connections: Int) {
        inFiles.shrink(to: max(files - connections, 0), index)
    }

    /// Closes a quarter of the open files.
    /// - Returns: whether there were any.
    mutating func giveUpFiles() -> Bool {
        let count = inFiles.count
        inFiles.shrink(to: count - (count + 3) / 4, index)
        return count > 0
    }

    var count: Int { inMemory.count + inFiles.count }

    mutating func removeAll() {
        if count > 0 { (index, inMemory, inFiles) = Self.empty(budget: budget, files: files) }
    }
}
