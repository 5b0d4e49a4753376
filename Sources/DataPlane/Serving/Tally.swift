import HTTPEngine
import Model
import Snapshots

/// What one event loop saw since it last handed over: plain numbers, one row a release of the snapshot. State belongs to
/// that loop; a batch leaves it about once a second.
struct Tally {
    private var rows: [[ReleaseCounts]] = []
    private var batch = CounterBatch()
    private var lastRequests: UInt64 = 0
    /// Missing names kept for the abort rule in one batch; the rest are only counted.
    private static let missingLimit = 256
    private static let namesLimit = 8

    /// Makes rows for the releases of a snapshot; what was counted for the last one is kept for the next batch.
    mutating func follow(_ snapshot: Snapshot) {
        keepRows()
        rows = snapshot.sites.map { site in site.releases.map { ReleaseCounts(site: site.name, release: $0.id) } }
    }

    @inline(__always)
    mutating func answered(site: Int, release: Int, isDocument: Bool) {
        rows[site][release].requests &+= 1
        if isDocument { rows[site][release].documents &+= 1 }
    }

    mutating func failed(site: Int, release: Int) { rows[site][release].errors &+= 1 }

    mutating func needed(site: Int, release: Int, peer: PeerAddress, now: Timestamp, target: UnsafeBufferPointer<UInt8>) {
        rows[site][release].needed &+= 1
        rows[site][release].sketch.insert(hash: peer.clientHash)
        rows[site][release].lastNeededAt = now
        if rows[site][release].neededNames.count < Self.namesLimit {
            let name = String(decoding: target.prefix(200), as: UTF8.self)
            if !rows[site][release].neededNames.contains(name) { rows[site][release].neededNames.append(name) }
        }
    }

    mutating func missing(_ name: MissingName) {
        batch.missingCount &+= 1
        if batch.missing.count < Self.missingLimit { batch.missing.append(name) }
    }

    mutating func damaged(release: ReleaseID, blob: ContentDigest, what: String) {
        if batch.damaged.count < Self.missingLimit { batch.damaged.append((release, blob, what)) }
    }

    mutating func refused() { batch.refused &+= 1 }

    /// Everything since the last batch.
    mutating func take(_ loop: LoopContext, droppedLogLines: UInt64) -> CounterBatch {
        keepRows()
        for site in rows.indices {
            for release in rows[site].indices {
                rows[site][release] = ReleaseCounts(site: rows[site][release].site, release: rows[site][release].release)
            }
        }
        batch.requests = loop.requestCount &- lastRequests
        lastRequests = loop.requestCount
        batch.connections = loop.connectionCount
        batch.droppedLogLines = droppedLogLines
        let taken = batch
        batch = CounterBatch()
        return taken
    }

    private mutating func keepRows() {
        for site in rows {
            for row in site where row.requests > 0 || row.needed > 0 || row.errors > 0 { batch.releases.append(row) }
        }
    }
}
