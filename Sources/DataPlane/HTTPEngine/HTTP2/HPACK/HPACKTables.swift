/// A field in wire form, `name: value CRLF`, in one of the tables or in a decoded block.
struct HPACKEntry {
    /// Where its line begins.
    var start: Int
    var nameCount: Int
    var valueCount: Int
    var tag: FieldTag

    /// Bytes of the line.
    var lineCount: Int { nameCount + valueCount + 4 }
    /// What it counts for against a table's size (RFC 7541 §4.1) and against the limit of a list of fields (RFC 9113 §6.5.2).
    var size: Int { nameCount + valueCount + 32 }
}

/// The fields that both sides know from the beginning (RFC 7541 Appendix A), as lines.
// Immutable after init: hence unchecked.
final class HPACKStaticTable: @unchecked Sendable {
    static let shared = HPACKStaticTable()
    static let count = 61

    private static let fields: [(StaticString, StaticString)] = [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"), (":scheme", "http"),
        (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"), (":status", "304"), (":status", "400"),
        (":status", "404"), (":status", "500"), ("accept-charset", ""), ("accept-encoding", "gzip, deflate"), ("accept-language", ""),
        ("accept-ranges", ""), ("accept", ""), ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""),
        ("cache-control", ""), ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
        ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""), ("etag", ""), ("expect", ""),
        ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""), ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""),
        ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""),
        ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""),
        ("server", ""), ("set-cookie", ""), ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""),
        ("via", ""), ("www-authenticate", ""),
    ]

    private let lines: OwnedBytes
    private let entries: [HPACKEntry]

    private init() {
        var bytes: [UInt8] = []
        var places: [(start: Int, name: Int, value: Int)] = []
        for (name, value) in Self.fields {
            places.append((bytes.count, name.utf8CodeUnitCount, value.utf8CodeUnitCount))
            bytes += "\(name): \(value)\r\n".utf8
        }
        let owned = OwnedBytes(bytes)
        lines = owned
        entries = places.map { place in
            let name = UnsafeBufferPointer(start: UnsafePointer(owned.base) + place.start, count: place.name)
            let value = UnsafeBufferPointer(start: UnsafePointer(owned.base) + place.start + place.name + 2, count: place.value)
            return HPACKEntry(start: place.start, nameCount: place.name, valueCount: place.value, tag: FieldTag(name, value))
        }
    }

    var base: UnsafePointer<UInt8> { UnsafePointer(lines.base) }

    /// - Parameter index: 1…61.
    @inline(__always)
    func entry(_ index: Int) -> HPACKEntry { entries[index - 1] }

    /// The first index with that name, which is in lower case; nil: none has it.
    static func index(ofName name: some Collection<UInt8>) -> Int? {
        fields.firstIndex { candidate, _ in
            candidate.utf8CodeUnitCount == name.count
                && name.elementsEqual(UnsafeBufferPointer(start: candidate.utf8Start, count: candidate.utf8CodeUnitCount))
        }.map { $0 + 1 }
    }
}

/// The fields a peer has asked us to remember (RFC 7541 §2.3.2): newest first, evicted from the end by size. State belongs to
/// one connection.
///
/// Lines stand one after the other in a block twice as large as the table may become; when the block is full, those that live
/// move to its beginning, so that adding costs its bytes and nothing else. Holds no memory until something is added.
struct HPACKDynamicTable: ~Copyable {
    /// What our settings allow.
    let limit: Int
    /// What the peer uses of it.
    private(set) var maximum: Int
    private(set) var size = 0
    private(set) var count = 0
    private var lines: UnsafeMutablePointer<UInt8>?
    private var end = 0
    /// A ring: the newest stands before `next`.
    private var entries: UnsafeMutablePointer<HPACKEntry>?
    private var next = 0
    private let mask: Int

    init(limit: Int) {
        self.limit = limit
        maximum = limit
        var slots = 1
        while slots < limit / 32 + 1 { slots *= 2 }
        mask = slots - 1
    }

    deinit {
        lines?.deallocate()
        entries?.deallocate()
    }

    private var blockCount: Int { limit * 2 }

    /// - Parameter index: 0 is the newest.
    @inline(__always)
    func entry(_ index: Int) -> (HPACKEntry, UnsafePointer<UInt8>)? {
        guard index < count, let entries, let lines else { return nil }
        let entry = entries[(next - 1 - index) & mask]
        return (entry, UnsafePointer(lines + entry.start))
    }

    mutating func setMaximum(_ size: Int) throws(HPACKError) {
        guard size <= limit else { throw .tableTooLarge }
        maximum = size
        evict(to: size)
    }

    private mutating func evict(to bound: Int) {
        while size > bound, let entries {
            size -= entries[(next - count) & mask].size
            count -= 1
        }
    }

    /// Adds a field; one larger than the table empties it, which is no error (RFC 7541 §4.4).
    /// - Parameter line: its line, which is not in this table.
    mutating func add(_ entry: HPACKEntry, line: UnsafePointer<UInt8>) {
        if entry.size > maximum { return evict(to: 0) }
        evict(to: maximum - entry.size)
        let block = lines ?? .allocate(capacity: blockCount)
        let ring = entries ?? .allocate(capacity: mask + 1)
        lines = block
        entries = ring
        if end + entry.lineCount > blockCount { compact(block, ring) }
        (block + end).update(from: line, count: entry.lineCount)
        var added = entry
        added.start = end
        (ring + (next & mask)).initialize(to: added)
        end += entry.lineCount
        next = (next + 1) & mask
        size += entry.size
        count += 1
    }

    private mutating func compact(_ block: UnsafeMutablePointer<UInt8>, _ ring: UnsafeMutablePointer<HPACKEntry>) {
        var at = 0
        for index in 0..<count {
            let slot = (next - count + index) & mask
            (block + at).update(from: block + ring[slot].start, count: ring[slot].lineCount)
            ring[slot].start = at
            at += ring[slot].lineCount
        }
        end = at
    }
}
