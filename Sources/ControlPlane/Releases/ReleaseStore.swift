import Blobs
import Manifests
import Model
import Names
import State

/// A site's releases where store and state meet: what lies in the store becomes a release here, and nowhere else.
package struct ReleaseStore: Sendable {
    package let directory: DataDirectory
    package let database: StateDatabase

    package init(directory: DataDirectory, database: StateDatabase) {
        self.directory = directory
        self.database = database
    }

    /// What a publish says of the release it has prepared.
    package struct Claim: Sendable {
        package var site: SiteName
        package var id: ReleaseID
        package var label: String?
        package var isAssetsOnly: Bool
        package var hasServiceWorker: Bool
        package var encodings: [EncodingRecord]
        package var publish: String?
        package var backends: [ReleaseBackend]?

        package init(
            site: SiteName, id: ReleaseID, label: String?, isAssetsOnly: Bool, hasServiceWorker: Bool, encodings: [EncodingRecord],
            publish: String?, backends: [ReleaseBackend]? = nil
        ) {
            self.site = site
            self.id = id
            self.label = label
            self.isAssetsOnly = isAssetsOnly
            self.hasServiceWorker = hasServiceWorker
            self.encodings = encodings
            self.publish = publish
            self.backends = backends
        }
    }

    /// Makes a prepared release exist, believing nothing: its manifest is read and proven, its names are compared with those
    /// of every release beside it, and each of its blobs is looked for inside the transaction, under the lock of `gc`.
    /// - Throws: `ReleaseFault`, `ManifestError`, `StateError`. Nothing was changed.
    package func commit(_ claim: Claim, now: Timestamp) throws -> MadeRelease {
        let manifest = try manifest(claim.id)
        try manifest.verify()
        for index in 0..<manifest.count where !ServableName.holds(manifest.nameBytes(at: index)) {
            throw ReleaseFault.unservableName(manifest.name(at: index), claim.id)
        }
        let entries = (0..<manifest.count).map { manifest[$0] }
        let outcome = try NameConflicts.check(entries, beside: others(claim.site, than: claim.id))
        if let first = outcome.demoted.first,
            let other = try others(claim.site, than: claim.id).first(where: { $0.find(entries[first].name) != nil }),
            let theirs = other.find(entries[first].name)
        {
            // Another publish came between: what was prepared would bind a name that is no fingerprint.
            throw ReleaseFault.conflict(
                name: entries[first].name, mine: entries[first].digests.sha256, other: other.id, theirs: other.content(at: theirs))
        }
        let record = ReleaseRecord(
            site: claim.site, id: claim.id, label: claim.label, isAssetsOnly: claim.isAssetsOnly, fileCount: manifest.count,
            contentBytes: manifest.contentBytes, publishedAt: now, hasServiceWorker: claim.hasServiceWorker,
            backends: claim.backends)
        let encodings = claim.encodings.filter { directory.blobs.size($0.blob) == $0.size }
        let made = try database.makeRelease(record, encodings: encodings, publish: claim.publish) {
            for entry in entries {
                guard let size = directory.blobs.size(entry.digests.sha256) else {
                    throw ReleaseFault.missingBlob(entry.digests.sha256, name: entry.name)
                }
                if size != entry.size {
                    throw ReleaseFault.wrongSize(entry.digests.sha256, name: entry.name, expected: entry.size, found: size)
                }
            }
        }
        FaultPoint.hit(.releaseMade)
        try forgetLostEncodings(claim.id)
        try writeEncodings(claim.id)
        try offerDictionaries(claim.id)
        return made
    }

    package func manifest(_ id: ReleaseID) throws -> Manifest {
        do throws(ManifestError) {
            return try Manifest.open(path: directory.manifestPath(id), id: id)
        } catch {
            if case .missing = error { throw ReleaseFault.missingManifest(id) }
            throw error
        }
    }

    /// The manifests of the site's releases that are not removed or revoked, but for one.
    package func others(_ site: SiteName, than id: ReleaseID? = nil) throws -> [Manifest] {
        try database.releases(site).filter { $0.id != id && $0.state.answersNames }.map { try manifest($0.id) }
    }

    /// Names by class, for people; empty where the manifest cannot be opened.
    package func nameCounts(of id: ReleaseID) -> [String: Int] {
        guard let manifest = try? manifest(id) else { return [:] }
        return Dictionary(uniqueKeysWithValues: NameClass.allCases.map { ($0.word, manifest.count(of: $0)) })
    }

    // MARK: Encodings

    /// Records encodings of a release's contents; the first one recorded stays.
    package func add(_ encodings: [EncodingRecord], to id: ReleaseID) throws {
        let isPresent = { (encoding: EncodingRecord) in directory.blobs.size(encoding.blob) == encoding.size }
        let present = encodings.filter(isPresent)
        _ = try database.recordEncodings(present)
        // Between the look and the row `gc` may have taken a blob; once the row stands it spares it.
        let lost = present.filter { !isPresent($0) }.map(\.blob)
        if !lost.isEmpty { try database.exclusively { try $0.forgetEncodings(heldBy: lost) } }
        FaultPoint.hit(.encodingsRecorded)
        try writeEncodings(id)
    }

    /// Forgets the recorded encodings of a release's contents whose blobs are gone: a `gc` that was killed after it unlinked
    /// leaves their rows, and they would come back with their contents.
    private func forgetLostEncodings(_ id: ReleaseID) throws {
        let lost = try recorded(for: try manifest(id)).filter { directory.blobs.size($0.blob) != $0.size }.map(\.blob)
        if !lost.isEmpty { try database.exclusively { try $0.forgetEncodings(heldBy: lost) } }
    }

    private func recorded(for manifest: Manifest) throws -> [EncodingRecord] {
        try database.encodings(for: Array(Set((0..<manifest.count).map { manifest.content(at: $0) })))
    }

    /// Writes the mapped file beside the manifest from what the state records.
    package func writeEncodings(_ id: ReleaseID) throws {
        let manifest = try manifest(id)
        let recorded = Dictionary(grouping: try recorded(for: manifest), by: \.source)
        // A content recorded as its own encoding was tried and not worth it.
        let image = EncodingsImage(manifest: manifest) { content in (recorded[content] ?? []).filter { $0.blob != content } }
        try directory.replace(directory.encodingsPath(id), with: image.bytes)
    }
}
