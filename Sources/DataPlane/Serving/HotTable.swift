import HTTPEngine

/// Prepared answers by host, target and accepted encodings. State belongs to one event loop; dropped at each snapshot.
///
/// Two halves: when the young one is full it becomes the old one, and the old one goes; an entry found in the old one moves
/// to the young. So what is asked for again stays, a scan over everything costs one half, and nothing is ever searched for
/// something to evict.
struct HotTable {
    struct Entry {
        /// Host and target, one after the other.
        let key: [UInt8]
        let preference: EncodingPreference
        let response: PreparedResponse
        /// Documents are answered from here only to requests without a pin.
        let isDocument: Bool
        /// Position of the site in the snapshot, and of the release that answered in the site.
        let site: Int
        let release: Int
        /// Where the tally counts them.
        let row: Int
        /// Whether no live release's documents can name it but that one's: the request counts as need.
        let isNeed: Bool
    }

    private var young: HotHalf
    private var old: HotHalf
    private let slotCount: Int
    private let halfBudget: Int
    private let halfFiles: Int

    /// - Parameters:
    ///   - budget: bytes both halves may hold together.
    ///   - files: open files both may hold together.
    init(budget: Int, files: Int) {
        halfBudget = max(budget / 2, 1 << 20)
        halfFiles = max(files / 2, 16)
        // Twice as many slots as entries of 2 KB fit.
        var count = 1024
        while count < halfBudget / 1024, count < 1 << 18 { count *= 2 }
        slotCount = count
        young = HotHalf(slotCount: count)
        old = HotHalf(slotCount: count)
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
    mutating func find(
        _ hash: UInt64, _ host: UnsafeBufferPointer<UInt8>, _ target: UnsafeBufferPointer<UInt8>, _ preference: EncodingPreference
    ) -> UnsafePointer<Entry>? {
        if let entry = young.find(hash, host, target, preference) { return entry }
        guard old.count > 0, let entry = old.find(hash, host, target, preference) else { return nil }
        insert(entry.pointee, hash: hash)
        return young.find(hash, host, target, preference)
    }

    mutating func insert(_ entry: Entry, hash: UInt64) {
        if young.cost >= halfBudget || young.files >= halfFiles || young.count >= slotCount / 2 {
            old = young
            young = HotHalf(slotCount: slotCount)
        }
        young.insert(entry, hash: hash)
    }

    mutating func removeAll() {
        if young.count > 0 { young = HotHalf(slotCount: slotCount) }
        if old.count > 0 { old = HotHalf(slotCount: slotCount) }
    }
}

/// One half: open addressing, hashes apart from entries so that a probe touches one line.
private final class HotHalf {
    private let hashes: UnsafeMutablePointer<UInt64>
    private let entries: UnsafeMutablePointer<HotTable.Entry>
    private let mask: Int
    private(set) var count = 0
    private(set) var cost = 0
    private(set) var files = 0

    init(slotCount: Int) {
        mask = slotCount - 1
        hashes = .allocate(capacity: slotCount)
        hashes.initialize(repeating: 0, count: slotCount)
        entries = .allocate(capacity: slotCount)
    }

    deinit {
        for slot in 0...mask where hashes[slot] != 0 { (entries + slot).deinitialize(count: 1) }
        hashes.deallocate()
        entries.deallocate()
    }

    @inline(__always)
    func find(
        _ hash: UInt64, _ host: UnsafeBufferPointer<UInt8>, _ target: UnsafeBufferPointer<UInt8>, _ preference: EncodingPreference
    ) -> UnsafePointer<HotTable.Entry>? {
        guard let hostStart = host.baseAddress, let targetStart = target.baseAddress else { return nil }
        var slot = Int(truncatingIfNeeded: hash) & mask
        while hashes[slot] != 0 {
            if hashes[slot] == hash, entries[slot].preference == preference, entries[slot].key.count == host.count + target.count {
                let equal = entries[slot].key.withUnsafeBufferPointer { key in
                    guard let start = key.baseAddress else { return false }
                    return Bytes.equal(start, hostStart, host.count) && Bytes.equal(start + host.count, targetStart, target.count)
                }
                if equal { return UnsafePointer(entries + slot) }
            }
            slot = (slot + 1) & mask
        }
        return nil
    }

    func insert(_ entry: HotTable.Entry, hash: UInt64) {
        var slot = Int(truncatingIfNeeded: hash) & mask
        while hashes[slot] != 0 {
            // Put in by another request meanwhile, or by one that may not be answered from here but leaves the same answer.
            if hashes[slot] == hash, entries[slot].preference == entry.preference, entries[slot].key == entry.key {
                cost += Self.cost(of: entry) - Self.cost(of: entries[slot])
                entries[slot] = entry
                return
            }
            slot = (slot + 1) & mask
        }
        hashes[slot] = hash
        (entries + slot).initialize(to: entry)
        count += 1
        cost += Self.cost(of: entry)
        if entry.response.holdsFile { files += 1 }
    }

    private static func cost(of entry: HotTable.Entry) -> Int {
        entry.response.cost + entry.key.count + 256
    }
}
