import HTTPEngine
import Manifests
import Model
import Names
import Snapshots

/// A request for a site's release route, taken apart. Valid while its exchange is unanswered.
struct ReleaseRequest {
    let exchange: Exchange
    let target: TargetPath
    let site: SiteSnapshot
    let siteIndex: Int
    /// The document that answers navigations to paths the release lacks.
    let fallback: String?
    let preference: EncodingPreference
    /// Whether a folder without a page is answered with what is in it.
    var listing = false
    /// Whether each request must be judged, so that none is answered before its route is looked at.
    var isGated = false

    var targetBytes: UnsafeBufferPointer<UInt8> { exchange.bytes(exchange.head.target) }
    /// Without the question mark.
    var query: UnsafeBufferPointer<UInt8>? { target.query.map { UnsafeBufferPointer(rebasing: targetBytes[$0]) } }
    /// Without the leading slash: as manifests hold names.
    var name: ArraySlice<UInt8> { target.path.dropFirst() }
    var pathText: String { String(decoding: target.path, as: UTF8.self) }

    var isNavigation: Bool { exchange.isNavigation }
}

extension Exchange {
    /// Whether a browser goes to a page: `Sec-Fetch-Mode: navigate`, or a client without that field that asks for HTML.
    var isNavigation: Bool {
        if let mode = self[.secFetchMode] { return Bytes.equal(mode, "navigate") }
        return self[.accept].map { Bytes.contains($0, "text/html") } ?? false
    }
}

/// What a request meets, decided from the snapshot alone (`serving.md`, Resolving a request, step 3).
enum Resolution {
    /// One entry of one release, and on what terms.
    struct Content {
        /// Position in the site's releases.
        var release: Int
        var entry: Int
        var status: UInt16 = 200
        /// nil: a fingerprinted name, whose release nobody chose.
        var choice: ReleaseChoice?
        /// Whether a fallback answered, or could have.
        var usesFallback = false

        var isFingerprinted: Bool { choice == nil }
        var means: ReleaseChoice.Means { choice?.means ?? .name }

        /// Whether only this release could answer: no live release that is being moved to has the name with this content.
        func isNeed(in site: SiteSnapshot) -> Bool {
            // That a page is missing, others can say too.
            if status != 200 || release == site.current || release == site.canary?.release { return false }
            guard choice == nil else { return true }
            let manifest = site.releases[release].manifest
            for other in [site.current, site.canary?.release] {
                guard let other else { continue }
                let candidate = site.releases[other].manifest
                if let entry = candidate.find(manifest.nameBytes(at: self.entry)),
                    candidate.content(at: entry) == manifest.content(at: self.entry)
                {
                    return false
                }
            }
            return true
        }
    }

    struct Miss {
        /// By shape or by its query the name is fingerprinted, so no page may stand in for it.
        var isSuspected: Bool
        /// A publish is open, or a pin names a release that is not here: the name may be on its way.
        var mayArrive: Bool
        /// The release's `404.html`, where the site has no other page for that.
        var page: Content?
        /// Position of the release that has no such path.
        var release: Int?
    }

    enum Outcome {
        case content(Content)
        /// The path is a folder of the release.
        case slash(ReleaseChoice)
        /// The path is a folder without a page, and may be shown.
        case listing(ReleaseChoice, Listing)
        case missing(Miss)
        /// Only revoked releases had the name.
        case gone
        /// The site has no current release.
        case noRelease
    }

    static func resolve(_ request: ReleaseRequest, randomBucket: () -> Int) -> Outcome {
        let site = request.site
        let claim = request.query.flatMap { QueryName.parse($0) }
        if let hit = fingerprinted(request, claim) { return .content(Content(release: hit.release, entry: hit.entry)) }
        if isRevoked(request, claim) { return .gone }
        let pins = RequestPins(request.exchange, query: request.query, policy: site.policy)
        let isNavigation = request.isNavigation
        guard let choice = ReleaseChoice.make(site: site, isNavigation: isNavigation, pins: pins, newBucket: randomBucket) else {
            // A site of assets has no current release and misses names like any other.
            guard isSuspected(request, claim), !site.releases.isEmpty else { return .noRelease }
            return .missing(Miss(isSuspected: true, mayArrive: isOnItsWay(pins, site)))
        }
        // The path without its digest is another name.
        if claim == nil {
            switch document(request, choice, isNavigation: isNavigation) {
            case .some(let outcome): return outcome
            case nil: break
            }
        }
        if isSuspected(request, claim) { return .missing(Miss(isSuspected: true, mayArrive: isOnItsWay(pins, site))) }
        let page = site.policy.errorPages.candidates(for: 404).isEmpty ? notFoundPage(request, choice) : nil
        return .missing(Miss(isSuspected: false, mayArrive: false, page: page, release: choice.release))
    }

    /// What a site's releases have to say about a name that a backend is asked for.
    enum Word {
        case content(Content)
        case gone
        /// They have other versions of it.
        case unknownVersion(mayArrive: Bool)
        /// Nothing.
        case none
    }

    static func word(_ request: ReleaseRequest) -> Word {
        let site = request.site
        let claim = request.query.flatMap { QueryName.parse($0) }
        if let hit = fingerprinted(request, claim) { return .content(Content(release: hit.release, entry: hit.entry)) }
        if isRevoked(request, claim) { return .gone }
        guard isSuspected(request, claim), OwnVersions.include(request.name, claim: claim, site) else { return .none }
        let pins = RequestPins(request.exchange, query: request.query, policy: site.policy)
        return .unknownVersion(mayArrive: isOnItsWay(pins, site))
    }

    // MARK: Names

    private static func fingerprinted(_ request: ReleaseRequest, _ claim: DigestClaim?) -> UnionIndex.Hit? {
        let union = request.site.union
        if let full = nameWithQuery(request), let hit = full.withUnsafeBytes({ union.find(fingerprinted: $0) }) { return hit }
        return request.name.withUnsafeBytes { name in
            if let claim, let hit = union.find(name, claim: claim) { return hit }
            return union.find(fingerprinted: name)
        }
    }

    /// A manifest may list the query as part of the name.
    private static func nameWithQuery(_ request: ReleaseRequest) -> [UInt8]? {
        guard let query = request.query, !query.isEmpty else { return nil }
        return Array(request.name) + [UInt8(ascii: "?")] + Array(query)
    }

    private static func isRevoked(_ request: ReleaseRequest, _ claim: DigestClaim?) -> Bool {
        if request.site.revoked.isEmpty { return false }
        let full = nameWithQuery(request)
        return request.site.revoked.contains { manifest in
            func isFingerprinted(_ name: UnsafeRawBufferPointer) -> Bool {
                manifest.find(name).map { manifest.nameClass(at: $0).isFingerprinted } ?? false
            }
            if let full, full.withUnsafeBytes(isFingerprinted) { return true }
            return request.name.withUnsafeBytes { name in
                if let claim, let entry = manifest.find(name), claim.matches(manifest.digests(at: entry)) { return true }
                return isFingerprinted(name)
            }
        }
    }

    private static func isSuspected(_ request: ReleaseRequest, _ claim: DigestClaim?) -> Bool {
        claim != nil || request.name.withUnsafeBufferPointer { Fingerprint.isSuspected($0) }
    }

    private static func isOnItsWay(_ pins: RequestPins, _ site: SiteSnapshot) -> Bool {
        site.isArriving || namesAbsentRelease(pins, site)
    }

    private static func namesAbsentRelease(_ pins: RequestPins, _ site: SiteSnapshot) -> Bool {
        [pins.header, pins.query].contains { pin in
            guard let pin, (ReleaseID.shortCount...64).contains(pin.count), pin.allSatisfy({ Hexadecimal.value($0) != nil }) else {
                return false
            }
            return pin.withUnsafeBufferPointer { site.release(pinned: $0) } == nil
        }
    }

    // MARK: Documents

    private static func document(_ request: ReleaseRequest, _ choice: ReleaseChoice, isNavigation: Bool) -> Outcome? {
        let manifest = request.site.releases[choice.release].manifest
        func content(_ entry: Int) -> Outcome { .content(Content(release: choice.release, entry: entry, choice: choice)) }
        func find(_ suffix: StaticString) -> Int? {
            let bytes = Array(request.name) + UnsafeBufferPointer(start: suffix.utf8Start, count: suffix.utf8CodeUnitCount)
            return bytes.withUnsafeBytes { manifest.find($0) }
        }
        if request.name.isEmpty || request.name.last == UInt8(ascii: "/") {
            if let entry = find("index.html") { return content(entry) }
            if request.listing, let listing = Listing(manifest, folder: request.name) { return .listing(choice, listing) }
        } else {
            if let entry = find("") { return content(entry) }
            if find("/index.html") != nil { return .slash(choice) }
            if let entry = find(".html") { return content(entry) }
            if request.listing, Listing(manifest, folder: request.name + [UInt8(ascii: "/")]) != nil { return .slash(choice) }
        }
        guard let fallback = request.fallback, isNavigation, mayFallBack(request.name), let entry = manifest.find(fallback) else {
            return nil
        }
        return .content(Content(release: choice.release, entry: entry, choice: choice, usesFallback: true))
    }

    /// A page never stands in for an asset: not for a known asset extension, and not for a suspected name.
    private static func mayFallBack(_ name: ArraySlice<UInt8>) -> Bool {
        name.withUnsafeBufferPointer { bytes in
            let segment = bytes[((bytes.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)...]
            return !AssetExtension.isKnown(UnsafeBufferPointer(rebasing: segment)) && !Fingerprint.isSuspected(bytes)
        }
    }

    private static func notFoundPage(_ request: ReleaseRequest, _ choice: ReleaseChoice) -> Content? {
        guard let entry = request.site.releases[choice.release].manifest.find("404.html") else { return nil }
        return Content(release: choice.release, entry: entry, status: 404, choice: choice, usesFallback: request.fallback != nil)
    }
}
