import Model
import Names
import Rollouts
import Settings
import Snapshots

extension Configuration {
    /// Host names of all sites that a certificate can be for.
    var certificateNames: [String] {
        sites.flatMap(\.hosts).compactMap { host in
            switch host {
            case .exact(let name): name.hasPrefix("[") || name.allSatisfy { $0.isNumber || $0 == "." } ? nil : name
            case .suffix(let suffix): "*" + suffix
            case .any: nil
            }
        }
    }
}

/// What configuration says, in the words of those who act on it.
extension Configuration.Site {
    package var rolloutPolicy: RolloutPolicy {
        RolloutPolicy(
            canary: rollout.canary, step: rollout.step, quiet: rollout.retireWhen.quiet, clients: rollout.retireWhen.clients,
            deadline: rollout.retireWhen.deadline, abort: rollout.abort.map(AbortRule.init),
            documentLifetime: documents.cacheControl.longestUse)
    }

    package var retentionPolicy: RetentionPolicy {
        RetentionPolicy(
            keep: releases.keep, minimumAge: releases.minimumAge, maximumAge: releases.maximumAge, quiet: rollout.retireWhen.quiet)
    }

    /// - Parameter backends: of this site, by name.
    func sitePolicy(_ backends: [String: BackendPolicy], trusted: [AddressPrefix]) -> SitePolicy {
        var policy = SitePolicy()
        // Whether all can be read was asked before the configuration was taken. A page that has gone since then is no reason not to
        // serve: its errors have words.
        var lost: [Fault] = []
        policy.errorPages = ErrorPages(reading: errors, faults: &lost)
        policy.maximumBody = maximumBody.bytes
        policy.pin.header = pin.header
        policy.pin.query = pin.query
        policy.pin.cookie = pin.cookie
        policy.arrivalWait = arrivalWait.wholeMilliseconds
        policy.documentCacheControl = documents.cacheControl.text
        let own = Set(headers.map { $0.name.lowercased() })
        let preset = securityHeaders.fields.filter { !own.contains($0.name.lowercased()) }
        policy.fieldLines = (preset + headers).flatMap(\.line)
        policy.fieldNames = (preset + headers).map { Array($0.name.lowercased().utf8) }
        policy.secureFieldLines = policy.fieldLines
        if let hsts { policy.secureFieldLines += Array("Strict-Transport-Security: \(hsts.fieldValue)\r\n".utf8) }
        policy.dictionaries =
            switch dictionaries {
            case .off: .off
            case .on: .on
            case .always: .always
            }
        policy.preload =
            switch documents.preload {
            case .off: .off
            case .links: .links
            case .earlyHints: .early
            }
        policy.trusted = trusted
        // They compiled when the configuration was read.
        let declared = (try? DeclaredPatterns(fingerprints.patterns)) ?? .none
        policy.routes = routes.compactMap { route in
            var made = SitePolicy.Route(route, backends, trusted, declared, site: name)
            made?.gate = RouteGate(route)
            return made
        }
        return policy
    }

    package var hostPatterns: [HostPattern] { hosts.map(HostPattern.init) }
}

extension Configuration.Header {
    /// In wire form.
    fileprivate var line: [UInt8] { Array("\(name): \(value)\r\n".utf8) }
}

extension Configuration.StrictTransport {
    /// RFC 6797 §6.1.
    var fieldValue: String {
        "max-age=\(maximumAge.wholeMilliseconds / 1000)" + (subdomains ? "; includeSubDomains" : "") + (preload ? "; preload" : "")
    }
}

extension AbortRule {
    init(_ abort: Configuration.Abort) {
        self.init(
            errorRatio: abort.errorRatio, missingAssets: abort.missingAssets, clients: abort.clients,
            minimumRequests: abort.minimumRequests, over: abort.over)
    }
}

extension SitePolicy.Route {
    /// - Returns: nil: its backend is not among them, which a configuration that was read never says.
    init?(
        _ route: Configuration.Route, _ backends: [String: BackendPolicy], _ trusted: [AddressPrefix], _ declared: DeclaredPatterns,
        site: SiteName
    ) {
        let path: SitePolicy.PathPattern =
            switch route.path {
            case .everything: .everything
            case .exact(let path): .exact(path)
            case .prefix(let path): .prefix(path)
            }
        let limit = route.maximumBody?.bytes
        switch route.action {
        case .release(let fallback, let listing):
            self.init(path: path, action: .release(fallback: fallback, listing: listing), maximumBody: limit)
        case .respond(let respond):
            let fields = respond.headers.flatMap(\.line)
            let fixed = SitePolicy.FixedAnswer(
                status: respond.status, type: respond.type, cacheControl: respond.cacheControl.text, fieldLines: fields,
                body: Array(respond.body.utf8))
            self.init(path: path, action: .respond(fixed), maximumBody: limit)
        case .redirect(let redirect):
            self.init(path: path, action: .redirect(to: redirect.to, status: redirect.status), maximumBody: limit)
        case .proxy(let proxy):
            guard let backend = backends[proxy.backend.name] else { return nil }
            var policy = ProxyPolicy(backend: backend)
            policy.host =
                switch proxy.host {
                case .client: .client
                case .server: .fixed(nil)
                case .name(let name): .fixed(Array(name.utf8))
                }
            policy.cache = proxy.cache.map { CachePolicy($0, guarding: proxy.guarding, declared: declared, site: site) }
            policy.compression = proxy.compression.map { CompressionPolicy($0) }
            policy.trusted = trusted
            policy.strippedPath = Array((proxy.path.strip ?? "").utf8)
            policy.addedPath = Array((proxy.path.add ?? "").utf8)
            policy.request = FieldEdits(proxy.request)
            policy.response = FieldEdits(proxy.response)
            policy.affinityPrefix = proxy.affinity.map { Array($0.dropLast("{server}/*".count).utf8) }
            self.init(path: path, action: .proxy(ProxyRoute(policy)), maximumBody: limit)
        }
    }
}

extension HostPattern {
    init(_ host: Configuration.HostPattern) {
        switch host {
        case .exact(let name): self = .exact(name)
        case .suffix(let suffix): self = .suffix(suffix)
        case .any: self = .any
        }
    }
}
