import Certificates
import Discovery
import HTTPEngine
import Model
import Proxying
import Settings
import Snapshots
import Sockets

extension Configuration {
    /// What each site serves by. Backends are made here, once for a generation.
    /// - Parameters:
    ///   - copied: files as they were when the configuration was copied; nil: servers that want encryption cannot be reached.
    ///   - find: looks a name up; may block.
    ///   - now: in milliseconds of the monotonic clock.
    /// - Returns: also the backends some of whose servers stand behind names, and what is to be read again when its files change.
    /// - Throws: what is wrong with files that backends name.
    func sitePolicies(
        encryption copied: CopiedFiles?, now: Int64, find: @escaping @Sendable (Whereabouts) -> Finding?
    ) throws(ConfigurationFaults) -> (
        sites: [SnapshotBuilder.Site], discovered: [DiscoveredBackend], credentials: [BackendCredentials]
    ) {
        var discovered: [DiscoveredBackend] = []
        var number = 0
        var found: [SnapshotBuilder.Site] = []
        var watched: [BackendCredentials] = []
        for site in sites {
            var backends: [String: BackendPolicy] = [:]
            var encryption: [String: BackendCredentials] = [:]
            for backend in site.backends {
                encryption[backend.name] = copied.map { BackendCredentials(backend, $0) }
                var entries: [BackendRoster.Entry] = []
                for server in backend.servers {
                    entries.append(BackendRoster.Entry(server, try encryption[backend.name]?.slot(server), backend))
                }
                var roster = BackendRoster(entries, every: resolver.every.wholeMilliseconds)
                for (index, whereabouts) in roster.due(now: now) { _ = roster.take(find(whereabouts), at: index, now: now) }
                let policy = BackendPolicy(backend, number: number, roster.servers)
                backends[backend.name] = policy
                if roster.hasNames { discovered.append(DiscoveredBackend(policy, roster)) }
                number += 1
            }
            let policy = site.sitePolicy(backends, trusted: trustedProxies.map(AddressPrefix.init))
            watched += encryption.values.filter(\.isWatched)
            found.append(
                SnapshotBuilder.Site(name: site.name, hosts: site.hostPatterns, policy: policy) {
                    [backends = site.backends, encryption] name, urls, number in
                    guard let backend = backends.first(where: { $0.name == name }) else { return nil }
                    let entries = urls.compactMap { Configuration.UpstreamURL(checked: $0) }.map { url in
                        let server = Configuration.Backend.Server(url: url)
                        // Its files were read for the configured servers; without a connector an `https` server cannot be reached.
                        return BackendRoster.Entry(server, try? encryption[name]?.slot(server), backend)
                    }
                    if entries.isEmpty { return nil }
                    // A release's servers are looked up once, when it is taken up.
                    var roster = BackendRoster(entries, every: .max)
                    for (index, whereabouts) in roster.due(now: now) { _ = roster.take(find(whereabouts), at: index, now: now) }
                    return BackendPolicy(backend, number: number, roster.servers)
                })
        }
        return (found, discovered, watched)
    }

    /// Who looks names up.
    var finder: Finder {
        let given = resolver.servers.compactMap { address -> SocketAddress? in
            if case .tcp(let host, let port) = address { SocketAddress(host: host, port: port) } else { nil }
        }
        let resolvConf = (try? CertificateFiles.read("/etc/resolv.conf")).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return Finder(nameServers: given.isEmpty ? nil : NameServers(given), resolvConf: resolvConf)
    }
}

extension BackendPolicy {
    fileprivate convenience init(_ backend: Configuration.Backend, number: Int, _ servers: [UpstreamServer]) {
        var limits = Limits()
        limits.connectSeconds = backend.timeout.connect.wholeSeconds
        limits.firstByteSeconds = backend.timeout.firstByte.wholeSeconds
        limits.idleSeconds = backend.timeout.idle.wholeSeconds
        limits.tunnelSeconds = backend.timeout.tunnel.wholeSeconds
        var retry = Retry()
        retry.attempts = backend.retry.attempts
        retry.onConnect = backend.retry.when.contains(.connect)
        retry.onTimeout = backend.retry.when.contains(.timeout)
        retry.onMismatch = backend.retry.when.contains(.mismatch)
        retry.statuses = backend.retry.when.compactMap { UInt16($0.rawValue) }
        retry.repeatsIdempotent = backend.retry.methods == .idempotent
        let checks = backend.health.map { health in
            var checks = Checks()
            checks.path = health.path
            checks.every = health.every.wholeMilliseconds
            checks.timeout = health.timeout.wholeMilliseconds
            checks.healthy = health.healthy
            checks.unhealthy = health.unhealthy
            return checks
        }
        self.init(
            number: number, name: backend.name, servers: servers,
            balance: Balance(backend.balance), checks: checks, retry: retry, limits: limits,
            announcement: backend.proxyProtocol.map { $0 == .v1 ? .proxyV1 : .proxyV2 }, speaksHTTP2: backend.http == .http2)
    }
}

extension BackendPolicy.Balance {
    fileprivate init(_ balance: Configuration.Backend.Balance) {
        self =
            switch balance {
            case .roundRobin: .roundRobin
            case .leastConnections: .leastConnections
            case .randomTwo: .randomTwo
            case .consistentHash(.path): .consistentHash(.path)
            case .consistentHash(.client): .consistentHash(.client)
            case .consistentHash(.header(let name)): .consistentHash(.header(name.lowercased()))
            case .consistentHash(.cookie(let name)): .consistentHash(.cookie(name))
            }
    }
}

extension BackendRoster.Entry {
    fileprivate init(_ server: Configuration.Backend.Server, _ encryption: TLSConnectorSlot?, _ backend: Configuration.Backend) {
        let url = server.url
        let (weight, id) = (server.weight, server.id)
        @Sendable func make(_ name: String, _ origin: UpstreamServer.Origin, _ place: Finding.Place?, _ health: ServerHealth)
            -> UpstreamServer
        {
            UpstreamServer(
                name: name, origin: origin, isSecure: url.isSecure, encryption: encryption,
                weight: min(weight * (place?.weight ?? 1), 1_000_000), rank: place?.rank ?? 0, id: id,
                addresses: place.map { [$0.address] } ?? [], health: health)
        }
        switch url {
        case .unix(let path): self = .fixed(make(url.description, .unix(path: path), nil, ServerHealth()))
        case .tcp(let host, let port), .tls(let host, let port):
            let origin = UpstreamServer.Origin.tcp(host: host, port: port)
            let named = make(url.description, origin, nil, ServerHealth())
            if !named.addresses.isEmpty {
                self = .fixed(named)
            } else {
                self = .sought(
                    .host(host, port: port), make: { make("\(url) \($0.address)", origin, $0, $1) }, unknown: named)
            }
        case .service(let name):
            let origin = UpstreamServer.Origin.tcp(host: backend.tls?.name ?? name, port: url.isSecure ? 443 : 80)
            self = .sought(
                .service(name), make: { make("\(url) \($0.address)", origin, $0, $1) },
                unknown: make(url.description, origin, nil, ServerHealth()))
        }
    }
}

extension Duration {
    /// Rounded up: a limit is never shorter than it was said to be.
    fileprivate var wholeSeconds: Int64 { (wholeMilliseconds + 999) / 1000 }
}

extension AddressPrefix {
    init(_ range: Configuration.AddressRange) { self.init(bytes: range.bytes, length: range.prefixLength) }
}

extension RouteGate {
    /// - Returns: nil: the route is open to all.
    init?(_ route: Configuration.Route) {
        self.init()
        allowed = route.allow.map(AddressPrefix.init)
        denied = route.deny.map(AddressPrefix.init)
        limits = route.limits.map { limit in
            let key: Key =
                switch limit.by {
                case .client: .client
                case .host: .host
                case .path: .path
                case .header(let name): .header(name.lowercased())
                }
            return Limit(
                key: key, requests: limit.requests, periodMilliseconds: limit.per.wholeMilliseconds, burst: limit.burst ?? limit.requests)
        }
        if isOpen { return nil }
    }
}

extension FieldEdits {
    init(_ edits: Configuration.FieldEdits) {
        self.init()
        removed = edits.set.map { Array($0.name.lowercased().utf8) }
        for name in edits.remove {
            if name.hasSuffix("*") {
                removedPrefixes.append(Array(name.dropLast().lowercased().utf8))
            } else {
                removed.append(Array(name.lowercased().utf8))
            }
        }
        lines = (edits.set + edits.add).flatMap { Array("\($0.name): \($0.value)\r\n".utf8) }
    }
}
