import Model
import Settings
import Snapshots

/// The backends that releases bring: what configuration says of a backend, with the release's servers. Each is made once and kept for as
/// long as its release is served, so that what is known of its servers outlives snapshots. Belongs to the builder of snapshots.
struct ReleaseBackends {
    /// Makes a backend of a site with other servers; nil: the site has none of that name any more.
    /// The last argument is its number among all of the generation.
    typealias Maker = @Sendable (_ name: String, _ urls: [String], _ number: Int) -> BackendPolicy?

    private struct Key: Hashable {
        var site: SiteName
        var release: ReleaseID
        var name: String
        var urls: [String]
    }

    private var made: [Key: BackendPolicy] = [:]
    private var used: Set<Key> = []
    private var nextNumber: Int

    /// - Parameter firstNumber: behind those of configuration.
    init(firstNumber: Int) { nextNumber = firstNumber }

    mutating func of(_ record: ReleaseRecord, _ make: Maker) -> [BackendPolicy] {
        guard let backends = record.backends, record.state.isLive else { return [] }
        let byName = Dictionary(grouping: backends, by: \.name).sorted { $0.key < $1.key }
        return byName.compactMap { name, servers in
            let key = Key(site: record.site, release: record.id, name: name, urls: servers.map(\.url))
            used.insert(key)
            if let known = made[key] { return known }
            guard let backend = make(name, key.urls, nextNumber) else { return nil }
            nextNumber += 1
            made[key] = backend
            return backend
        }
    }

    /// Forgets those that nobody asked for since the last call.
    mutating func tidy() {
        made = made.filter { used.contains($0.key) }
        used = []
    }
}
