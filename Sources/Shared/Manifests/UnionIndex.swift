import Model
import Names

/// Every name of a site's releases that answer names: looked up by name, whatever is current (rule 1).
///
/// Newest releases first: those the merged index does not hold yet are probed one by one (at most
/// `UnionIndex.unmergedLimit` before the owner merges), then the merged index once. When the release that stands for a name
/// in the merged index answers no longer, the others are probed one by one until the index is rebuilt.
package struct UnionIndex: Sendable {
    package static let unmergedLimit = 8

    package struct Hit: Hashable, Sendable {
        /// Position in `releases`.
        package var release: Int
        package var entry: Int
    }

    /// Newest first.
    package let releases: [Manifest]
    private let merged: MergedIndex?
    /// By ordinal of the merged index: the position in `releases`, or -1 for a release that answers no longer.
    private let positions: [Int]
    private let unmerged: [Int]

    package init(releases: [Manifest], merged: MergedIndex?) {
        self.releases = releases
        self.merged = merged
        var place: [ReleaseID: Int] = [:]
        for (index, release) in releases.enumerated() { place[release.id] = index }
        positions = merged?.releases.map { place[$0] ?? -1 } ?? []
        let held = Set(merged?.releases ?? [])
        unmerged = releases.indices.filter { !held.contains(releases[$0].id) }
    }

    /// Whether a merge is due: too many releases beside it, or some in it that are gone.
    package var wantsMerge: Bool { unmerged.count > Self.unmergedLimit || positions.contains(-1) }

    /// The newest entry under a fingerprinted name.
    package func find(fingerprinted name: UnsafeRawBufferPointer) -> Hit? {
        find(name) { manifest, entry in manifest.nameClass(at: entry).isFingerprinted }
    }

    /// The entry of that path whose content has the digest that the query claims.
    package func find(_ path: UnsafeRawBufferPointer, claim: DigestClaim) -> Hit? {
        find(path) { manifest, entry in claim.matches(manifest.digests(at: entry)) }
    }

    /// The newest entry of that path, whatever it is.
    package func find(any path: UnsafeRawBufferPointer) -> Hit? { find(path) { _, _ in true } }

    private func find(_ name: UnsafeRawBufferPointer, where fits: (Manifest, Int) -> Bool) -> Hit? {
        let hash = NameHash.of(name)
        for position in unmerged {
            if let entry = releases[position].find(name, hash: hash), fits(releases[position], entry) {
                return Hit(release: position, entry: entry)
            }
        }
        guard let merged else { return nil }
        var hit: Hit?
        var stoodForByRemoved = false
        merged.forEach(hash: hash) { ordinal, entry in
            let position = positions[ordinal]
            if position < 0 {
                stoodForByRemoved = true
                return true
            }
            let manifest = releases[position]
            guard entry < manifest.count, manifest.nameEquals(entry, name), fits(manifest, entry) else { return true }
            hit = Hit(release: position, entry: entry)
            return false
        }
        // It may have stood for a newer release than the one found.
        if stoodForByRemoved {
            for position in positions.sorted() where position >= 0 {
                if let entry = releases[position].find(name, hash: hash), fits(releases[position], entry) {
                    return Hit(release: position, entry: entry)
                }
            }
        }
        return hit
    }
}
