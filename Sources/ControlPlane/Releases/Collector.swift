import Blobs
import Glibc
import Manifests
import Model
import State

/// Removes what nothing refers to. Runs beside serving and publishing.
///
/// Manifests are read and the store is walked first, without any lock: that takes as long as the store is large. Unlinking
/// then happens in batches under the lock in which a release is made, and each batch looks again at what came to exist
/// meanwhile. What is young is spared, and what is younger than an open publish: it may be that publish's.
package struct Collector: Sendable {
    package struct Outcome: Hashable, Sendable {
        package var blobs = 0
        package var bytes: UInt64 = 0
        package var manifests: [ReleaseID] = []
    }

    /// An interrupted publish may be taken up for so long.
    package static let grace = Duration.seconds(3600)
    /// Blobs that are unlinked while every other writer waits: about 0.2 s.
    private static let batchCount = 10_000
    private let store: ReleaseStore

    package init(store: ReleaseStore) {
        self.store = store
    }

    struct Candidate: Hashable {
        var blob: ContentDigest
        var size: UInt64
    }

    /// What was found without a lock.
    struct Survey {
        /// Releases whose contents were read: these spare nothing more.
        var releases: Set<ReleaseID> = []
        var live: Set<ContentDigest> = []
        var candidates: [Candidate] = []

        /// A delta is of use while both its content and its dictionary are some release's.
        mutating func spareDeltas(_ deltas: [DeltaRecord]) {
            let used = deltas.filter { live.contains($0.source) && live.contains($0.dictionary) }
            live.formUnion(used.map(\.blob))
        }
    }

    /// - Parameter isDryRun: only says what would go.
    /// - Throws: also `CancellationError`, between batches: what went is gone, the rest is the next run's.
    package func run(now: Timestamp, isDryRun: Bool) throws -> Outcome {
        var outcome = Outcome()
        let survey = try survey(now: now)
        FaultPoint.hit(.gcListed)
        var rest = survey.candidates[...]
        while !rest.isEmpty {
            try Task.checkCancellation()
            let batch = rest.prefix(Self.batchCount)
            rest = rest.dropFirst(batch.count)
            let removed = isDryRun ? Array(batch) : try remove(batch, survey, now: now)
            outcome.blobs += removed.count
            outcome.bytes += removed.reduce(0) { $0 + $1.size }
        }
        outcome.manifests = try store.database.exclusively { try collectManifests($0, now: now, isDryRun: isDryRun) }
        if !isDryRun { FaultPoint.hit(.gcUnlinked) }
        return outcome
    }

    func survey(now: Timestamp) throws -> Survey {
        var survey = Survey()
        let cutoff = try store.database.exclusively { try oldBefore($0, now: now) }
        try read(store.database.releases(), into: &survey)
        for encoding in try store.database.encodings() where survey.live.contains(encoding.source) { survey.live.insert(encoding.blob) }
        survey.spareDeltas(try store.database.deltas())
        try store.directory.blobs.forEach { blob, size, modifiedAt in
            try Task.checkCancellation()
            if !survey.live.contains(blob), modifiedAt < cutoff { survey.candidates.append(Candidate(blob: blob, size: size)) }
        }
        return survey
    }

    /// Adds the contents of releases. Of a revoked one only the manifest stays: its names answer 410.
    private func read(_ releases: [ReleaseRecord], into survey: inout Survey) throws {
        for release in releases where release.state.answersNames && survey.releases.insert(release.id).inserted {
            let manifest = try store.manifest(release.id)
            for index in 0..<manifest.count { survey.live.insert(manifest.content(at: index)) }
        }
    }

    /// What was written or reused before this is nobody's who has not finished.
    private func oldBefore(_ state: ExclusiveState, now: Timestamp) throws -> Timestamp {
        let young = now + (.zero - Self.grace)
        let oldest = try state.openPublishes(now: now, staleAfter: Self.grace).map(\.startedAt).min()
        // Times of files are taken in whole seconds, and their clock runs some milliseconds behind.
        return min(young, oldest.map { $0 + .seconds(-2) } ?? young)
    }

    /// One batch: looks again, unlinks, forgets the encodings that went.
    func remove(_ batch: ArraySlice<Candidate>, _ survey: Survey, now: Timestamp) throws -> [Candidate] {
        try store.database.exclusively { state in
            var since = survey
            try read(try state.releases(), into: &since)
            for encoding in try state.encodings() where since.live.contains(encoding.source) { since.live.insert(encoding.blob) }
            let deltas = try state.deltas()
            since.spareDeltas(deltas)
            let cutoff = try oldBefore(state, now: now)
            let removed = try batch.filter { candidate in
                guard !since.live.contains(candidate.blob), let modifiedAt = store.directory.blobs.modifiedAt(candidate.blob),
                    modifiedAt < cutoff
                else { return false }
                try store.directory.blobs.remove(candidate.blob)
                return true
            }
            FaultPoint.hit(.gcUnlinked)
            try state.forgetEncodings(of: removed.map(\.blob))
            try state.forgetEncodings(heldBy: removed.map(\.blob))
            let gone = Set(removed.map(\.blob))
            try state.forget(deltas.filter { gone.contains($0.source) || gone.contains($0.dictionary) || gone.contains($0.blob) })
            return removed
        }
    }

    private func collectManifests(_ state: ExclusiveState, now: Timestamp, isDryRun: Bool) throws -> [ReleaseID] {
        let kept = Set(try state.releases().map(\.id))
        let cutoff = try oldBefore(state, now: now)
        let folder = "\(store.directory.root)/releases"
        var collected: [ReleaseID] = []
        for name in FileReader.names(in: folder) {
            let stem = name.split(separator: ".").first.map(String.init) ?? name
            guard let id = ReleaseID(hex: stem), !kept.contains(id) else { continue }
            var status = stat()
            guard stat("\(folder)/\(name)", &status) == 0 else { continue }
            guard Timestamp(milliseconds: Int64(status.st_mtim.tv_sec) * 1000) < cutoff else { continue }
            if name == stem { collected.append(id) }
            if !isDryRun { unlink("\(folder)/\(name)") }
        }
        return collected
    }
}
