import Caching
import HTTPEngine
import Model
import Snapshots

/// What one event loop saw since it last handed over: plain numbers, one row a release of the snapshot. State belongs to
/// that loop; a batch leaves it about once a second.
struct Tally {
    private var rows: [ReleaseCounts] = []
    /// What each request adds to its row, in as few bytes as that takes.
    private var answers: [(requests: UInt64, documents: UInt64)] = []
    /// The first row of each site.
    private var firstRows: [Int] = []
    private var batch = CounterBatch()
    private var lastRequests: UInt64 = 0
    private var results = [UInt64](repeating: 0, count: CacheStatus.Result.allCases.count)
    /// Missing names kept for the abort rule in one batch; the rest are only counted.
    private static let missingLimit = 256
    private static let namesLimit = 8

    /// Makes rows for the releases of a snapshot; what was counted for the last one is kept for the next batch.
    mutating func follow(_ snapshot: Snapshot) {
        keepRows()
        rows = []
        firstRows = []
        for site in snapshot.sites {
            firstRows.append(rows.count)
            rows += site.releases.map { ReleaseCounts(site: site.name, release: $0.id) }
        }
        answers = Array(repeating: (0, 0), count: rows.count)
    }

    /// Where the answers of a release of the snapshot are counted, until the next snapshot.
    func row(site: Int, release: Int) -> Int { firstRows[site] + release }

    @inline(__always)
    mutating func answered(row: Int, isDocument: Bool) {
        answers[row].requests &+= 1
        if isDocument { answers[row].documents &+= 1 }
    }

    mutating func failed(site: Int, release: Int) { rows[row(site: site, release: release)].errors &+= 1 }

    mutating func needed(site: Int, release: Int, client: PeerAddress, now: Timestamp, target: UnsafeBufferPointer<UInt8>) {
        let row = row(site: site, release: release)
        rows[row].needed &+= 1
        rows[row].sketch.insert(hash: client.clientHash)
        rows[row].lastNeededAt = now
        if rows[row].neededNames.count < Self.namesLimit {
            let name = String(decoding: target.prefix(200), as: UTF8.self)
            if !rows[row].neededNames.contains(name) { rows[row].neededNames.append(name) }
        }
    }

    mutating func missing(_ name: MissingName) {
        batch.missingCount &+= 1
        if batch.missing.count < Self.missingLimit { batch.missing.append(name) }
    }

    mutating func damaged(release: ReleaseID, blob: ContentDigest, what: String) {
        if batch.damaged.count < Self.missingLimit { batch.damaged.append((release, blob, what)) }
    }

    mutating func guarded(_ finding: GuardFinding) {
        if batch.guardFindings.count < Self.missingLimit { batch.guardFindings.append(finding) }
    }

    @inline(__always)
    mutating func cached(_ result: CacheStatus.Result) { results[result.place] &+= 1 }

    mutating func refused() { batch.refused &+= 1 }

    /// Everything since the last batch.
    mutating func take(_ loop: LoopContext, droppedLogLines: UInt64) -> CounterBatch {
        keepRows()
        for row in rows.indices {
            rows[row] = ReleaseCounts(site: rows[row].site, release: rows[row].release)
            answers[row] = (0, 0)
        }
        batch.requests = loop.requestCount &- lastRequests
        lastRequests = loop.requestCount
        batch.connections = loop.connectionCount
        batch.droppedLogLines = droppedLogLines
        for result in CacheStatus.Result.allCases where results[result.place] > 0 {
            batch.cacheResults[result.rawValue] = results[result.place]
            results[result.place] = 0
        }
        let taken = batch
        batch = CounterBatch()
        return taken
    }

    private mutating func keepRows() {
        for index in rows.indices {
            rows[index].requests = answers[index].requests
            rows[index].documents = answers[index].documents
            let row = rows[index]
            if row.requests > 0 || row.needed > 0 || row.errors > 0 { batch.releases.append(row) }
        }
    }
}

extension CacheStatus.Result {
    /// Among all of them.
    fileprivate var place: Int {
        switch self {
        case .hit: 0
        case .stale: 1
        case .revalidated: 2
        case .collapsed: 3
        case .miss: 4
        case .bypass: 5
        }
    }
}
