import Manifests
import Model
import Names
import Snapshots

/// Whether a name that no release has is another version of something that one of them has: `core.js?<other md5>`,
/// `core_<other md5>.js`. A backend that answers it must prove that it has that version.
enum OwnVersions {
    /// So many names of one form are looked at in a release: one that is proven tells, and they are much alike.
    private static let most = 32

    /// - Parameters:
    ///   - name: without its leading slash and its query.
    ///   - claim: what the query says; nil: nothing.
    static func include(_ name: ArraySlice<UInt8>, claim: DigestClaim?, _ site: SiteSnapshot) -> Bool {
        if claim != nil { return name.withUnsafeBytes { site.union.find(any: $0) } != nil }
        return name.withUnsafeBytes { name in
            // What is called by its digest alone has no other versions.
            guard let found = Fingerprint(in: name.bindMemory(to: UInt8.self)), let logical = LogicalName(name, isFingerprinted: true),
                let after = logical.after
            else { return false }
            return site.releases.contains { includes(logical.before, Array(after.utf8), count: name.count, found, $0.manifest) }
        }
    }

    private static func includes(
        _ before: String, _ after: [UInt8], count: Int, _ found: Fingerprint, _ manifest: Manifest
    ) -> Bool {
        manifest.range(withPrefix: before).prefix(most).contains { entry in
            // What a bundler calls its own digest cannot be proven, so that nothing could be asked of the next version.
            guard manifest.nameClass(at: entry) == .proven else { return false }
            let other = manifest.nameBytes(at: entry)
            return other.count == count && other[found.token.upperBound...].elementsEqual(after)
                && Fingerprint(in: other.bindMemory(to: UInt8.self))?.token == found.token
        }
    }
}
