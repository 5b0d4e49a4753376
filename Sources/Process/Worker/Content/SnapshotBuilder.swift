import Blobs
import Logging
import Manifests
import Model
import Rollouts
import Snapshots

/// Turns what the state says into what the loops serve from. Belongs to its keeper.
///
/// Manifests stay mapped from one snapshot to the next; only what is new is opened. Nothing of a manifest is read, so a
/// snapshot over a release of a million files costs what one over ten does.
struct SnapshotBuilder {
    struct Site: Sendable {
        var name: SiteName
        var hosts: [HostPattern]
        var policy: SitePolicy
        /// How a backend is made that a release brings.
        var makeBackend: ReleaseBackends.Maker = { _, _, _ in nil }
    }

    let directory: DataDirectory
    let sites: [Site]
    private let blobs: BlobReader
    private let logger: Logger
    private var manifests: [ReleaseID: Manifest] = [:]
    /// Read once: each is checked whole when it is opened.
    private var merged: [SiteName: MergedIndex] = [:]
    private var number: UInt64 = 0
    private var backends: ReleaseBackends

    init(directory: DataDirectory, sites: [Site], logger: Logger) {
        self.directory = directory
        self.sites = sites
        self.logger = logger
        blobs = BlobReader(folder: directory.blobsPath)
        backends = ReleaseBackends(firstNumber: sites.flatMap(\.policy.backendNumbers).max().map { $0 + 1 } ?? 0)
    }

    /// - Parameters:
    ///   - content: what a site serves.
    ///   - arriving: sites with an open publish or prepare.
    mutating func build(_ content: (SiteName) throws -> SiteContent, arriving: Set<SiteName>, isStopping: Bool) throws -> Snapshot {
        number += 1
        var used: Set<ReleaseID> = []
        var built: [SiteSnapshot] = []
        for site in sites {
            let content = try content(site.name)
            used.formUnion(content.releases.map(\.id))
            built.append(snapshot(of: site, content, isArriving: arriving.contains(site.name) || content.moving?.phase == .preparing))
        }
        backends.tidy()
        for id in manifests.keys where !used.contains(id) { manifests[id] = nil }
        return Snapshot(number: number, sites: built, blobs: blobs, isStopping: isStopping)
    }

    private mutating func snapshot(of site: Site, _ content: SiteContent, isArriving: Bool) -> SiteSnapshot {
        var served: [ServedRelease] = []
        var revoked: [Manifest] = []
        var isDamaged = false
        for record in content.releases {
            guard let manifest = open(record.id) else {
                isDamaged = true
                continue
            }
            if record.state == .revoked {
                revoked.append(manifest)
            } else if record.state.answersNames {
                let encodings = Encodings(path: directory.encodingsPath(record.id), manifest: manifest)
                let dictionaries =
                    site.policy.dictionaries == .off ? nil : Dictionaries(path: directory.dictionariesPath(record.id), manifest: manifest)
                let preloads = site.policy.preload == .off ? nil : Preloads(path: directory.preloadsPath(record.id), manifest: manifest)
                served.append(
                    ServedRelease(
                        manifest: manifest, encodings: encodings, dictionaries: dictionaries, preloads: preloads, state: record.state,
                        backends: backends.of(record, site.makeBackend)))
            }
        }
        func position(_ id: ReleaseID?) -> Int? { id.flatMap { id in served.firstIndex { $0.id == id } } }
        let canary = content.canary.flatMap { canary in
            position(canary.release).map { SiteSnapshot.Canary(release: $0, share: canary.share) }
        }
        return SiteSnapshot(
            name: site.name, hosts: site.hosts, policy: site.policy, releases: served, union: union(of: served, site: site.name),
            current: position(content.current), canary: canary, revoked: revoked, isArriving: isArriving, isDamaged: isDamaged)
    }

    private mutating func open(_ id: ReleaseID) -> Manifest? {
        if let manifest = manifests[id] { return manifest }
        do throws(ManifestError) {
            let manifest = try Manifest.open(path: directory.manifestPath(id), id: id)
            manifests[id] = manifest
            return manifest
        } catch {
            logger.error("release \(id) cannot be served: \(error). Run `tandem fsck`.")
            return nil
        }
    }

    /// The site's names over all its releases; merged anew where too many stand beside the merged index.
    private mutating func union(of served: [ServedRelease], site: SiteName) -> UnionIndex {
        let releases = served.map(\.manifest)
        let path = directory.unionPath(site)
        if merged[site] == nil { merged[site] = MergedIndex(path: path) }
        let union = UnionIndex(releases: releases, merged: merged[site])
        guard union.wantsMerge else { return union }
        do {
            try directory.replace(path, with: MergedIndex.image(of: releases))
            merged[site] = MergedIndex(path: path)
            return UnionIndex(releases: releases, merged: merged[site])
        } catch {
            // Serving goes on with more probes a miss; the next snapshot tries again.
            logger.warning("the merged index of site \(site) could not be written: \(error)")
            return union
        }
    }
}

extension SitePolicy {
    fileprivate var backendNumbers: [Int] {
        routes.compactMap { route in if case .proxy(let proxy) = route.action { proxy.policy.backend.number } else { nil } }
    }
}
