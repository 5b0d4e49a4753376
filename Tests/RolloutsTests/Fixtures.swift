import Model
import State
import Testing

@testable import Rollouts

let shop = SiteName.default

/// Seconds after a fixed moment.
func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: 1_700_000_000_000 + seconds * 1000) }

func release(_ name: String) -> ReleaseID {
    ReleaseID(Array(name.utf8).withUnsafeBytes { ContentDigest(of: $0) })
}

func percent(_ number: Int) -> Share { Share(basisPoints: number * 100) }

func record(_ name: String, seconds: Int64 = 0) -> ReleaseRecord {
    ReleaseRecord(site: shop, id: release(name), fileCount: 1, contentBytes: 1, publishedAt: at(seconds))
}

func sketch(_ clients: Range<UInt64>) -> ClientSketch {
    var sketch = ClientSketch()
    for client in clients { sketch.insert(hash: client) }
    return sketch
}

/// A site whose rows live in memory, driven through the machine with a simulated clock.
struct Simulation {
    var rows = SiteRows(site: shop)
    var policy = RolloutPolicy()
    var events: [Event] = []
    var now = at(0)

    init(_ policy: RolloutPolicy = RolloutPolicy(), published names: String...) {
        self.policy = policy
        for name in names { rows.releases.append(record(name)) }
        rows.counters = CounterHealth(recordedAt: now, since: now)
    }

    /// One decision at the present time.
    mutating func decide(_ decision: (inout RolloutMachine, Timestamp) throws -> Void) rethrows {
        var machine = RolloutMachine(rows, policy: policy)
        try decision(&machine, now)
        rows = machine.rows
        for case .event(let event) in machine.changes { events.append(event) }
        #expect(rows.releases.filter { $0.state == .current }.count <= 1)
        #expect(rows.rollouts.filter { $0.phase == .preparing || $0.phase == .overlapping }.count <= 1)
    }

    mutating func activate(_ name: String, from first: Share? = nil) throws {
        try decide { machine, now in
            try machine.start(to: release(name), from: first, by: "operator", now: now)
            machine.ready(now: now)
        }
    }

    mutating func rollback(to name: String? = nil) throws {
        try decide { machine, now in
            try machine.rollback(to: name.map(release), by: "operator", now: now)
            machine.ready(now: now)
        }
    }

    /// Time passes with counters written all along; one tick at its end.
    mutating func pass(_ seconds: Int64) {
        now = now + .seconds(seconds)
        rows.counters?.recordedAt = now
        decide { $0.tick(now: $1) }
    }

    mutating func needed(_ name: String, clients: Range<UInt64> = 0..<1, requests: UInt64 = 1, names: [String] = ["a.js"]) {
        let id = release(name)
        let minute = now.milliseconds / 60_000
        let window = NeedWindow(minute: minute, requests: requests, sketch: sketch(clients), lastAt: now)
        var need = rows.need[id] ?? ReleaseNeed(release: id, lastAt: now, requests: 0, sketch: ClientSketch(), names: [], windows: [])
        need.windows.append(window)
        need.names = names
        need.lastAt = now
        rows.need[id] = need
    }

    func state(_ name: String) -> ReleaseState? { rows.release(release(name))?.state }

    var current: ReleaseID? { rows.current?.id }
    var share: Share? { SiteContent(rows).canary?.share }
    var kinds: [String] { events.map(\.kind) }
}
