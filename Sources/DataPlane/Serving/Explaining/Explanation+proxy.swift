import Caching
import HTTPEngine
import Model
import Proxying
import Snapshots

// What becomes of a request that a backend answers: its servers, the release that decides about them, and what the cache has.
extension Explanation {
    /// The same for programs.
    package struct Passing: Sendable {
        package var backend: String
        package var servers: [String]
        /// 64 digits: the release whose servers they are; nil: the configuration's.
        package var release: String?
        /// Nil: the route keeps nothing, or nobody knows what is kept.
        package var cache: CacheForecast?
    }

    mutating func explainPassing(
        _ exchange: Exchange, _ target: TargetPath, _ site: SiteSnapshot, _ proxy: ProxyRoute, _ bucket: Int
    ) {
        let policy = proxy.policy
        let order = PassageOrder(exchange, proxy)
        let choice = SiteServer.bind(order, site, target, newBucket: { bucket })
        order.target = SiteServer.target(exchange, target, policy)
        if target.isResolved { order.visibleTarget = SiteServer.resolved(exchange, target) }
        let servers = order.backend.servers.map(\.name)
        if order.release != nil, let choice { describe(choice, site) }
        let whose =
            if let hex = order.release, site.releases.contains(where: { $0.hex == hex && $0.hasBackend(policy.backend.name) }) {
                "those of release \(hex.prefix(ReleaseID.shortCount))"
            } else {
                "those of the configuration"
            }
        add("servers", "\(servers.joined(separator: ", ")): \(whose)")
        if let asked = order.target { add("target", "servers are asked for \(String(decoding: asked, as: UTF8.self))") }
        if order.isPersonal { add("personal", "a cookie decides: private, no-cache for caches in front") }
        passing = Passing(backend: policy.backend.name, servers: servers, release: order.release)
        guard let keeping = policy.cache else { return add("cache", "off: every request goes to a server") }
        guard let cache else { return add("cache", "on; what is kept is known to a running server") }
        let forecast = CacheForecast(order, keeping, cache.node, now: cache.now)
        passing?.cache = forecast
        describe(forecast)
    }

    private mutating func describe(_ forecast: CacheForecast) {
        add("key", forecast.key)
        add("cache", forecast.words)
        let tags = forecast.entry?.tags ?? forecast.tags
        if !tags.isEmpty { add("tags", tags.joined(separator: ", ")) }
        add("guard", forecast.guarding.words)
    }
}

extension ServedRelease {
    fileprivate func hasBackend(_ name: String) -> Bool { backends.contains { $0.name == name } }
}

extension CacheForecast {
    /// In a word: `fresh`, `stale`, `absent`, `bypass`.
    package var state: String {
        if isPassedBy { return "bypass" }
        guard let entry else { return "absent" }
        return entry.remaining >= .zero && !entry.isMarkedStale ? "fresh" : "stale"
    }

    fileprivate var words: String {
        if isPassedBy { return "passed by: the request is for nobody else" }
        guard let entry else {
            return (hasVariants ? "kept for other requests only (Vary)" : "nothing is kept under it")
                + ": a server is asked, and its answer kept where it may be"
        }
        let age = "kept, \(entry.age.components.seconds) s old"
        let time =
            entry.isMarkedStale
            ? "purged softly"
            : entry.remaining >= .zero
                ? "fresh for \(entry.remaining.components.seconds) s more" : "stale for \(-entry.remaining.components.seconds) s"
        let act =
            switch plan {
            case .answer(isRevalidated: false): "it is the answer"
            case .answer(isRevalidated: true): "it is the answer, and a server is asked meanwhile"
            case .fetch(_, _, let ifError): "a server is asked whether it has changed" + (ifError ? "; if that fails it is the answer" : "")
            case .pass, .part: "a server is asked"
            case .onlyStored: "504, since the request wants nothing else"
            }
        return "\(age), \(time): \(act)" + (entry.isProvisional ? " (provisional: nothing proves it)" : "")
    }
}

extension CacheForecast.Guarding {
    package var words: String {
        switch self {
        case .off: "off"
        case .silent: "the name says nothing of its content"
        case .claims(let digits, isDemanded: true, _, let refuses):
            "the name says \(digits): other content is kept by nobody, and goes out as \(refuses ? "502" : "no-store")"
        case .claims(let digits, isDemanded: false, isProvable: true, _):
            "the name says \(digits): proven by its content, else kept for a minute; no name of its family was proven yet"
        case .claims(let digits, isDemanded: false, isProvable: false, _):
            digits.isEmpty
                ? "declared: nothing proves it, kept for a minute until it settles"
                : "\(digits) cannot be proven: kept for a minute until it settles"
        }
    }
}
