import Blobs
import Glibc
import Manifests
import Model
import State

/// Removes what nothing refers to. Runs beside serving and publishing: what is open is spared, what is young is spared, and
/// unlinking happens under the lock in which a release is made.
package struct Collector: Sendable {
    package struct Outcome: Hashable, Sendable {
        package var blobs = 0
        package var bytes: UInt64 = 0
        package var manifests: [ReleaseID] = []
    }

    /// An interrupted publish may be taken up for so long.
    package static let grace = Duration.seconds(3600)
    /// Times of files are taken in whole seconds.
    private static let filePrecision = Duration.seconds(1)
    private let store: ReleaseStore

    package init(store: ReleaseStore) {
        self.store = store
    }

    /// - Parameter isDryRun: only says what would go.
    package func run(now: Timestamp, isDryRun: Bool) throws -> Outcome {
        try store.database.exclusively { state in
            var outcome = Outcome()
            let releases = try state.releases().filter { $0.state != .removed }
            let live = try referenced(releases, state)
            FaultPoint.hit(.gcListed)
            // What an open publish has written or touched is younger than its begin, however long it takes.
            let oldest = try state.openPublishes(now: now, staleAfter: Self.grace).map(\.startedAt).min()
            let isSpared = { (modifiedAt: Timestamp) in
                now - modifiedAt <= Self.grace || oldest.map { $0 - modifiedAt <= Self.filePrecision } ?? false
            }
            var removed: [ContentDigest] = []
            try store.directory.blobs.forEach { digest, size, modifiedAt in
                guard !live.contains(digest), !isSpared(modifiedAt) else { return }
                outcome.blobs += 1
                outcome.bytes += size
                removed.append(digest)
                if !isDryRun { try store.directory.blobs.remove(digest) }
            }
            try collectManifests(releases, isSpared: isSpared, isDryRun: isDryRun, into: &outcome)
            if !isDryRun {
                FaultPoint.hit(.gcUnlinked)
                try state.forgetEncodings(of: removed)
                try state.forgetEncodings(heldBy: removed)
            }
            return outcome
        }
    }

    /// Every blob of every release that is not removed, and the encodings of their contents.
    private func referenced(_ releases: [ReleaseRecord], _ state: ExclusiveState) throws -> Set<ContentDigest> {
        var live: Set<ContentDigest> = []
        // Of a revoked release only the manifest stays: its names answer 410.
        for release in releases where release.state.answersNames {
            let manifest = try store.manifest(release.id)
            for index in 0..<manifest.count { live.insert(manifest.content(at: index)) }
        }
        for encoding in try state.encodings() where live.contains(encoding.source) { live.insert(encoding.blob) }
        return live
    }

    private func collectManifests(
        _ releases: [ReleaseRecord], isSpared: (Timestamp) -> Bool, isDryRun: Bool, into outcome: inout Outcome
    ) throws {
        let kept = Set(releases.map(\.id))
        let folder = "\(store.directory.root)/releases"
        for name in FileReader.names(in: folder) {
            let stem = name.split(separator: ".").first.map(String.init) ?? name
            guard let id = ReleaseID(hex: stem), !kept.contains(id) else { continue }
            var status = stat()
            guard stat("\(folder)/\(name)", &status) == 0 else { continue }
            let modifiedAt = Timestamp(milliseconds: Int64(status.st_mtim.tv_sec) * 1000)
            guard !isSpared(modifiedAt) else { continue }
            if name == stem { outcome.manifests.append(id) }
            if !isDryRun { unlink("\(folder)/\(name)") }
        }
    }
}
