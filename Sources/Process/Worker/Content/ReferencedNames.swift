import Blobs
import Manifests
import Model
import Releases
import Rollouts
import Snapshots
import Synchronization

/// Which missing names a release itself refers to, for the abort rule: nobody outside can force a rollback by asking for names
/// that no page of the release has.
///
/// A name counts when its last segment stands in the text of the release's pages, scripts or styles. Each name is looked up
/// once a release; at most `budget` new ones a turn.
final class ReferencedNames: Sendable {
    private struct Key: Hashable {
        var release: ReleaseID
        var name: String
    }

    private static let budget = 16
    private static let textSuffixes = [".html", ".htm", ".js", ".mjs", ".css", ".json"]
    private let directory: DataDirectory
    private let known = Mutex<[Key: Bool]>([:])

    init(directory: DataDirectory) {
        self.directory = directory
    }

    /// Samples of one site for the abort rule: what its releases answered, and what was missing of the one that comes.
    func samples(_ batches: [CounterBatch], site: SiteName, moving: ReleaseID?) -> [ReleaseSample] {
        var samples: [ReleaseID: ReleaseSample] = [:]
        for row in batches.flatMap(\.releases) where row.site == site {
            var sample = samples[row.release] ?? ReleaseSample(release: row.release, requests: 0)
            sample.requests += Int(row.requests)
            sample.serverErrors += Int(row.errors)
            samples[row.release] = sample
        }
        guard let moving else { return Array(samples.values) }
        var left = Self.budget
        for missing in batches.flatMap(\.missing) where missing.site == site {
            guard isReferred(missing.name, by: moving, budget: &left) else { continue }
            var sample = samples[moving] ?? ReleaseSample(release: moving, requests: 0)
            sample.missingAssets += 1
            sample.missingClients.insert(hash: missing.client)
            samples[moving] = sample
        }
        return samples.values.sorted { $0.release < $1.release }
    }

    private func isReferred(_ name: String, by release: ReleaseID, budget: inout Int) -> Bool {
        let key = Key(release: release, name: name)
        if let answer = known.withLock({ $0[key] }) { return answer }
        guard budget > 0 else { return false }
        budget -= 1
        let answer = search(name, in: release)
        known.withLock { known in
            // Bounded: whoever asks for made-up names only makes us forget.
            if known.count > 4096 { known.removeAll() }
            known[key] = answer
        }
        return answer
    }

    private func search(_ name: String, in release: ReleaseID) -> Bool {
        guard let manifest = try? Manifest.open(path: directory.manifestPath(release), id: release),
            let segment = name.split(separator: "/").last
        else { return false }
        let needle = Array(segment.utf8)
        return (0..<manifest.count).contains { index in
            guard manifest.size(at: index) <= 8 << 20, Self.textSuffixes.contains(where: manifest.name(at: index).hasSuffix),
                let bytes = try? directory.blobs.read(manifest.content(at: index))
            else { return false }
            return bytes.withUnsafeBytes { ByteSearch.contains($0, needle) }
        }
    }
}
