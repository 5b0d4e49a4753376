import Model
import Synchronization

// What was purged is not used, by whichever generation it was purged; and what the folder holds from before.
extension SharedCache {
    /// The time at which something is asked for: never before what was purged until then.
    package func stamp(_ now: Timestamp) -> Timestamp {
        table.withLock { table in
            table.latest = max(table.latest, now)
            return table.latest
        }
    }

    /// From now on nothing is used that a purge means.
    /// - Throws: `CacheFault`: the other generations will not know of it.
    package func purge(_ purge: Purge) throws(CacheFault) {
        defer { changes.add(1, ordering: .releasing) }
        do throws(CacheFault) { try append(purge) } catch {
            guard error.isOfFullDisk else { throw error }
            giveWay()
            try append(purge)
        }
    }

    private func append(_ purge: Purge) throws(CacheFault) {
        let result: Result<Void, CacheFault> = table.withLock { table in
            table.counts.purges += 1
            let purge = purge.notBefore(table.latest)
            table.latest = purge.at + .milliseconds(1)
            do throws(CacheFault) { return .success(try table.purges.append(purge)) } catch { return .failure(error) }
        }
        try result.get()
    }

    /// Whether something has been purged, or marked stale, that was asked for then.
    package func isPurged(_ key: CacheKey, tags: [String], askedAt: Timestamp) -> Bool {
        table.withLock { $0.purges.table.meaning(url: key.text, tags: tags, storedAt: askedAt) != .nothing }
    }

    /// Learns of the purges of others. Cost: one `fstat` where there were none.
    package func readPurges() {
        let isNew = table.withLock { table in
            let before = table.purges.table.version
            table.purges.readNew()
            return table.purges.table.version != before
        }
        if isNew { changes.add(1, ordering: .releasing) }
    }

    // MARK: Care

    /// So long a purge is remembered that has been done, for generations that have not read it yet.
    private static var rememberedTime: Duration { .seconds(10) }

    /// Counts what is on disk and does what purges ask for, from a thread that may wait: until then a miss in memory looks for its
    /// file.
    package func scan(now: Timestamp) {
        folder.removeUnfinished()
        let purges = table.withLock { $0.purges.table }
        folder.forEach { name, size in
            if purges.version > 0, let stored = folder.stored(name) {
                switch purges.meaning(for: stored.response) {
                case .gone:
                    folder.remove(name)
                    return table.withLock { table in
                        _ = table.disk.removeValue(name)
                        _ = table.memory.removeValue(name)
                    }
                case .stale: folder.renew(name, stored.response.markedStale(), body: stored.body)
                case .nothing: break
                }
            }
            let evicted = table.withLock { table in
                table.disk.peek(name) == nil ? table.disk.insert(name, size, cost: Self.onDisk(size)) : []
            }
            remove(evicted.map(\.key))
        }
        table.withLock { $0.purges.forget(before: now + (.zero - Self.rememberedTime), temporary: folder.path + "/tmp/purges") }
    }
}
