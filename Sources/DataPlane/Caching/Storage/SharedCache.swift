import Model
import Synchronization

/// The cache of a node: files, what of them is in memory, and what was purged. Used by all event loops, and by several generations through
/// the same folder.
///
/// ```
///  find:  memory ─▶ file ─▶ the file of its variant ─▶ miss
///  store: file under tmp ─▶ renamed ─▶ memory;  what is too much is evicted
/// ```
package final class SharedCache: Sendable {
    struct Table {
        /// By the names of their files: what leaves the disk leaves memory, since an open file takes its bytes with it.
        var memory: S3FIFO<CacheFileName, CachedObject>
        /// By the names of all files: their bytes.
        var disk: S3FIFO<CacheFileName, UInt64>
        var purges: PurgeLog
        var counts = CacheCounts()
        var writings = 0
        /// Of all that was asked for or purged: a clock that is set back must not make a purge older than what it means.
        var latest = Timestamp(milliseconds: .min)
    }

    let folder: CacheFolder
    private let room: SharedRoom
    let table: Mutex<Table>
    /// Moves when something that was found may be the right answer no more.
    let changes = Atomic<Int>(0)

    /// - Parameters:
    ///   - path: of the folder; made if there is none.
    ///   - size: bytes on disk at most.
    ///   - memory: bytes of objects in memory at most.
    ///   - boot: tells apart this start of the machine from others.
    /// - Throws: `CacheFault`.
    package init(path: String, size: UInt64, memory: UInt64, boot: UInt64) throws(CacheFault) {
        folder = try CacheFolder(path, boot: boot)
        room = SharedRoom(capacity: size)
        let purges = PurgeLog(path + "/purges")
        table = Mutex(
            Table(
                memory: S3FIFO(capacity: memory), disk: S3FIFO(capacity: size), purges: purges,
                latest: purges.table.latestAt + .milliseconds(1)))
    }

    // MARK: Finding

    /// What is stored for a request, fresh or not; nil: nothing.
    /// - Parameter request: its fields, for `Vary`.
    package func find(_ key: CacheKey, request: FieldLines) -> CachedObject? {
        guard let first = object(key, url: key.text) else { return nil }
        if first.stored.variant.fits(request) { return first }
        let other = key.of(first.stored.variant.of(request))
        guard other != key, let second = object(other, url: key.text), second.stored.variant.fits(request) else { return nil }
        return second
    }

    /// While it says the same, what was found is what would be found again.
    package var version: Int { changes.load(ordering: .acquiring) }

    /// It is to be validated before it is used again.
    package func markStale(_ object: CachedObject) {
        object.markStale()
        changes.add(1, ordering: .releasing)
    }

    /// Whether an object that was found would be found again, which counts as a use of it.
    package func isStill(_ object: CachedObject) -> Bool {
        let known = table.withLock { table in
            _ = table.disk.use(CacheFileName(object.key))
            return table.memory.use(CacheFileName(object.key))
        }
        return known === object && isStillGood(object) && !object.isMarkedStale
    }

    /// Whether something is stored under a URL for other requests only.
    package func hasVariants(_ key: CacheKey) -> Bool { object(key, url: key.text) != nil }

    /// Whether anything is stored under a URL, for whatever request.
    package func hasAny(_ key: CacheKey) -> Bool { hasVariants(key) || hasVariants(key.ofParts) }

    private func object(_ key: CacheKey, url: String) -> CachedObject? {
        let known = table.withLock { table in
            _ = table.disk.use(CacheFileName(key))
            return table.memory.use(CacheFileName(key)).flatMap { $0.key == key ? $0 : nil }
        }
        guard let object = known ?? folder.read(key, url: url) else { return nil }
        if known == nil { _ = stamp(object.stored.storedAt) }
        guard isStillGood(object) else {
            drop(key)
            return nil
        }
        if known == nil { keep(object, size: nil) }
        return object
    }

    private func isStillGood(_ object: CachedObject) -> Bool {
        table.withLock { table in
            let version = table.purges.table.version
            guard object.checkedPurges.load(ordering: .relaxed) != version else { return true }
            switch table.purges.table.meaning(for: object.stored) {
            case .gone: return false
            case .stale: object.markStale()
            case .nothing: break
            }
            object.checkedPurges.store(version, ordering: .relaxed)
            return true
        }
    }

    // MARK: Storing

    /// Begins to store a response.
    /// - Parameter now: when it was asked for.
    /// - Throws: `CacheFault`.
    package func write(
        _ key: CacheKey, _ response: OriginResponse, request: FieldLines, tags: [String], provisionalSince: Timestamp? = nil, now: Timestamp
    ) throws(CacheFault)
        -> CacheWriting?
    {
        guard let variant = Variant(vary: response.fields, request: request) else { return nil }
        let stored = StoredResponse(
            url: key.text, response: response, variant: variant, tags: tags, storedAt: now, provisionalSince: provisionalSince)
        let number = table.withLock { table in
            table.latest = max(table.latest, now)
            table.writings += 1
            return table.writings
        }
        return try CacheWriting(
            folder, place(of: key, variant, now: now), stored, number: number, room: room, whenFull: { [self] in giveWay() })
    }

    /// There is less disk than the cache may have: what was asked for least goes, for what comes now and for everything else that the disk is
    /// for. A little each time, since a loop waits for it.
    func giveWay() {
        remove(
            table.withLock { table in table.disk.shrink(by: max(table.disk.cost / 64, 1 << 20), most: 64).map(\.key) })
    }

    /// The first one's place, unless another variant that is still good stands there.
    private func place(of key: CacheKey, _ variant: Variant, now: Timestamp) -> CacheKey {
        guard let first = object(key, url: key.text), first.stored.variant != variant,
            first.stored.variant.values.keys == variant.values.keys
        else { return key }
        return key.of(variant)
    }

    /// - Throws: `CacheFault`: it is not stored.
    package func finish(_ writing: CacheWriting) throws(CacheFault) -> CachedObject {
        let (object, size) = try writing.finish()
        // Purged while it was on its way: nobody would find it.
        guard isStillGood(object) else {
            folder.remove(CacheFileName(object.key))
            return object
        }
        table.withLock { $0.counts.stored += 1 }
        keep(object, size: size)
        changes.add(1, ordering: .releasing)
        return object
    }

    /// A `304` has come for it.
    /// - Parameter askedAt: what `stamp` gave; nil: when it was asked for.
    /// - Returns: the answer for who has asked. It is kept unless another response has taken the place meanwhile.
    package func renew(_ object: CachedObject, by answer: OriginResponse, at askedAt: Timestamp? = nil) -> CachedObject {
        let renewed = object.with(object.stored.renewed(by: answer, at: askedAt ?? answer.requestedAt))
        let isReplaced = table.withLock { table in
            table.memory.peek(CacheFileName(object.key)).map {
                $0.bodyDigest != object.bodyDigest || $0.stored.variant != object.stored.variant
            } ?? false
        }
        if isReplaced { return renewed }
        folder.renew(CacheFileName(object.key), renewed.stored, body: object.bodyDigest)
        table.withLock { $0.counts.renewed += 1 }
        keep(renewed, size: nil)
        changes.add(1, ordering: .releasing)
        return renewed
    }

    private func keep(_ object: CachedObject, size: UInt64?) {
        let evicted = table.withLock { table in
            _ = table.memory.insert(CacheFileName(object.key), object, cost: object.weight)
            return size.map { table.disk.insert(CacheFileName(object.key), $0, cost: Self.onDisk($0)) } ?? []
        }
        remove(evicted.map(\.key))
    }

    func remove(_ names: [CacheFileName]) {
        if names.isEmpty { return }
        for name in names { folder.remove(name) }
        table.withLock { table in
            for name in names { _ = table.memory.removeValue(name) }
            table.counts.evicted += UInt64(names.count)
        }
        changes.add(1, ordering: .releasing)
    }

    /// Whole blocks of the file system.
    static func onDisk(_ size: UInt64) -> UInt64 { (size + 4095) / 4096 * 4096 }

    /// Is not used any more.
    package func drop(_ key: CacheKey) {
        folder.remove(CacheFileName(key))
        table.withLock { table in
            _ = table.memory.removeValue(CacheFileName(key))
            _ = table.disk.removeValue(CacheFileName(key))
        }
        changes.add(1, ordering: .releasing)
    }

    // MARK: Counts

    package var counts: CacheCounts {
        table.withLock { table in
            var counts = table.counts
            counts.objects = table.disk.count
            counts.bytes = table.disk.cost
            counts.memoryObjects = table.memory.count
            counts.memoryBytes = table.memory.cost
            return counts
        }
    }
}
