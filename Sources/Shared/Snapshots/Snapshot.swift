import Files
import Manifests
import Model

/// What every event loop serves from: immutable, swapped whole. The only way from the control plane to the data plane.
package final class Snapshot: Sendable {
    /// Grows with every snapshot.
    package let number: UInt64
    package let sites: [SiteSnapshot]
    private let hosts: HostTable
    /// Opens a blob's bytes.
    package let blobs: BlobReader
    /// Whether the node stops or is being drained: health answers 503.
    package let isStopping: Bool

    package init(number: UInt64, sites: [SiteSnapshot], blobs: BlobReader, isStopping: Bool = false) {
        self.number = number
        self.sites = sites
        self.blobs = blobs
        self.isStopping = isStopping
        hosts = HostTable(sites: sites)
    }

    /// The position of the site that answers for a host (RFC 9110 §7.2), port and case aside; nil: none, 421.
    package func site(for authority: UnsafeBufferPointer<UInt8>) -> Int? { hosts.find(authority) }

    /// Proxies whose word about the client is believed: the same for all sites.
    package var trusted: [AddressPrefix] { sites.first?.policy.trusted ?? [] }
}

/// A release as it is served.
package struct ServedRelease: Sendable {
    package let manifest: Manifest
    package let encodings: Encodings?
    /// What it offers as dictionaries, and its deltas; nil where the site wants none.
    package let dictionaries: Dictionaries?
    /// What its pages need at once; nil where the site does not say so.
    package let preloads: Preloads?
    package let state: ReleaseState
    /// Those it brings, in the place of the site's of the same names.
    package let backends: [BackendPolicy]
    /// 64 digits.
    package let hex: String
    package var id: ReleaseID { manifest.id }

    package init(
        manifest: Manifest, encodings: Encodings?, dictionaries: Dictionaries? = nil, preloads: Preloads? = nil, state: ReleaseState,
        backends: [BackendPolicy] = []
    ) {
        self.backends = backends
        self.preloads = preloads
        self.manifest = manifest
        self.encodings = encodings
        self.dictionaries = dictionaries
        self.state = state
        hex = manifest.id.hex
    }
}

/// A site as it is served.
package final class SiteSnapshot: Sendable {
    package struct Canary: Sendable {
        /// Position in `releases`.
        package var release: Int
        package var share: Share

        package init(release: Int, share: Share) {
            self.release = release
            self.share = share
        }
    }

    package let name: SiteName
    package let hosts: [HostPattern]
    package let policy: SitePolicy
    /// Those that answer names, newest first: the same positions as the union index's.
    package let releases: [ServedRelease]
    package let union: UnionIndex
    /// Position of the current release.
    package let current: Int?
    package let canary: Canary?
    /// Names that only these have answer 410.
    package let revoked: [Manifest]
    /// Whether a publish or a prepare is open, so that an unknown name may be on its way.
    package let isArriving: Bool
    /// Whether a release that should answer cannot be opened: what nobody has may be its, and is 503, never 404.
    package let isDamaged: Bool
    /// Backends whose servers depend on the visitor's release.
    package let boundBackends: Set<String>

    package init(
        name: SiteName, hosts: [HostPattern], policy: SitePolicy, releases: [ServedRelease], union: UnionIndex, current: Int?,
        canary: Canary?, revoked: [Manifest] = [], isArriving: Bool = false, isDamaged: Bool = false
    ) {
        self.name = name
        self.hosts = hosts
        self.policy = policy
        self.releases = releases
        self.union = union
        self.current = current
        self.canary = canary
        self.revoked = revoked
        self.isArriving = isArriving
        self.isDamaged = isDamaged
        boundBackends = Set(releases.filter(\.state.isLive).flatMap(\.backends).map(\.name))
    }

    /// The release a pin names: 12 to 64 digits, in either case. Nil when no release here has that id.
    package func release(pinned text: UnsafeBufferPointer<UInt8>) -> Int? {
        guard (ReleaseID.shortCount...64).contains(text.count) else { return nil }
        var found: Int?
        for (index, release) in releases.enumerated()
        where release.hex.utf8.starts(with: text, by: { $0 == ($1 &- 0x41 < 26 ? $1 | 0x20 : $1) }) {
            if found != nil { return nil }
            found = index
        }
        return found
    }
}
