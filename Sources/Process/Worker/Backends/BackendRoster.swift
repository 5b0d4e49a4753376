import Discovery
import Snapshots
import Sockets

/// The servers of one backend, some of them behind names: who is in it now, and when to look again.
///
/// Each address of a name is a server of its own, which joins slowly and leaves without a cut: what stays the same stays the same
/// object, with its connections and what is known of it. A name that cannot be looked up keeps what it had.
struct BackendRoster {
    /// What stands in the configuration: one server, or where to find some.
    enum Entry {
        case fixed(UpstreamServer)
        case sought(
            Whereabouts, make: @Sendable (_ place: Finding.Place, _ health: ServerHealth) -> UpstreamServer, unknown: UpstreamServer)
    }

    /// What has changed.
    struct Change: Hashable {
        var joined: [String] = []
        var left: [String] = []

        var isEmpty: Bool { joined.isEmpty && left.isEmpty }
    }

    private let entries: [Entry]
    /// By entry: who was found.
    private var found: [[(place: Finding.Place, server: UpstreamServer)]]
    /// By entry: when to look again, in milliseconds of the monotonic clock.
    private var dueAt: [Int64]
    /// Longest time that an answer is believed.
    private let every: Int64
    /// How soon a name is tried again that was not found.
    private static let retry: Int64 = 5_000

    /// - Parameter every: milliseconds.
    init(_ entries: [Entry], every: Int64) {
        self.entries = entries
        self.every = every
        found = entries.map { _ in [] }
        dueAt = entries.map { if case .sought = $0 { 0 } else { .max } }
    }

    /// Whether there is anything to look for.
    var hasNames: Bool { dueAt.contains { $0 != .max } }

    /// Never empty: a name without an address stands for itself, and cannot be reached.
    var servers: [UpstreamServer] {
        zip(entries, found).flatMap { entry, found in
            switch entry {
            case .fixed(let server): [server]
            case .sought(_, _, let unknown): found.isEmpty ? [unknown] : found.map(\.server)
            }
        }
    }

    /// What to look for now, by the place of its entry.
    func due(now: Int64) -> [(index: Int, whereabouts: Whereabouts)] {
        entries.indices.compactMap { index in
            guard dueAt[index] <= now, case .sought(let whereabouts, _, _) = entries[index] else { return nil }
            return (index, whereabouts)
        }
    }

    /// Takes what was found.
    /// - Parameter finding: nil: nothing.
    mutating func take(_ finding: Finding?, at index: Int, now: Int64) -> Change {
        guard case .sought(_, let make, _) = entries[index] else { return Change() }
        guard let finding else {
            dueAt[index] = now + min(Self.retry, every)
            return Change()
        }
        dueAt[index] = now + min(max(Int64(finding.seconds) * 1000, 1000), every)
        let before = found[index]
        let isFirst = before.isEmpty
        found[index] = finding.places.map { place in
            // Another weight makes another server, but what is known of it stays.
            let old = before.first { $0.place.address == place.address }
            if let old, old.place == place { return old }
            return (place, make(place, old?.server.health ?? (isFirst ? ServerHealth() : ServerHealth(joinedAt: now))))
        }
        var change = Change()
        change.joined = finding.places.filter { place in !before.contains { $0.place.address == place.address } }.map { "\($0.address)" }
        change.left = before.filter { old in !finding.places.contains { $0.address == old.place.address } }.map { "\($0.place.address)" }
        return before.map(\.place) == finding.places ? Change() : change
    }
}
