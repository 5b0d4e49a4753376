import Admin
import AdminAPI
import Blobs
import Caching
import Glibc
import HTTPEngine
import Logging
import Model
import Rollouts
import Serving
import Settings
import Snapshots

// What a node is put together from.
extension Node {
    /// The API at `admin.address`, for tokens or for local readers.
    func networkAdmin(_ desk: AdminDesk) throws -> AdminServer? {
        guard case .tcp(let host, let port)? = configuration.admin.address else { return nil }
        let tokens = configuration.admin.tokens.map { token in
            AdminGate.Token(
                name: token.name, secret: token.secret.revealed, may: Set(token.may.compactMap { AdminVerb(rawValue: $0.rawValue) }))
        }
        let gate = try AdminGate.address(isLocal: configuration.admin.address?.isLocal ?? false, tokens: tokens)
        return AdminServer(place: .address(host: host, port: port), gate: gate, desk: desk, logger: logger)
    }

    static var descriptorLimit: Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    func startFleet(
        entrances: Entrances, snapshot: Snapshot, counters: CounterBox, log: LogWriter?, cache: ProxyCache?
    ) throws -> Fleet {
        let count = configuration.threads.loops(cores: Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        var options = SiteServer.Options()
        let loops = count * max(entrances.kinds, 1)
        options.cache = cache?.node
        // What proxy routes keep has the other half.
        options.hotBytes = Int(clamping: configuration.cache.memory.bytes) / loops / (cache == nil ? 1 : 2)
        // An eighth of the process's descriptors is for everything else; connections take theirs from those of hot files.
        options.hotFiles = (Self.descriptorLimit - Self.descriptorLimit / 8) / loops
        var limits = EngineLimits()
        // The runtime ends a process in which it cannot open a file for a moment (libdispatch counts its threads under `/proc`).
        limits.descriptors = Self.descriptorLimit - min(max(Self.descriptorLimit / 16, 16), 256)
        options.logSink = log
        options.logFormat = configuration.log.format == .combined ? .combined : .json
        let logger = logger
        return try Fleet(
            entrances: entrances, count: count, limits: limits, snapshot: snapshot, counters: counters,
            options: options,
            failure: { logger.critical("an event loop could not begin: \($0)") })
    }

    func surroundings(
        _ listeners: Listeners, process: Int32, follow: @escaping @Sendable () async -> Void, fleet: Fleet, figures: NodeFigures,
        lifetime: Lifetime, startedAt: Timestamp, cache: ProxyCache?, clerk: CacheClerk?, inspection: BackendInspection
    ) -> AdminDesk.Surroundings {
        let version = version
        let addresses = listeners.addresses
        return AdminDesk.Surroundings(
            now: Self.wallClock, follow: follow,
            explain: { request in
                let kept = cache.map { Explanation.Cache(node: $0.node, now: Self.wallClock()) }
                return try Explainer.answer(request, snapshot: fleet.snapshot, cache: kept)
            },
            status: { sites in
                let totals = figures.totals
                return StatusReport(
                    version: version, process: process, startedAt: startedAt, listening: addresses, connections: totals.connections,
                    requests: totals.requests, sites: sites)
            }, stop: { await lifetime.stop() }, cache: clerk,
            forget: Self.forgetting(cache),
            inspect: { await inspection.run($0, isReturn: $1) },
            measure: { Self.measures(figures.totals, fleet.snapshot, version: version, startedAt: startedAt) })
    }

    private static func measures(_ totals: NodeFigures.Totals, _ snapshot: Snapshot, version: String, startedAt: Timestamp) -> NodeMeasures
    {
        let now = DiscoveryService.now
        return NodeMeasures(
            version: version, startedAt: startedAt, connections: totals.connections, requests: totals.requests, refused: totals.refused,
            missing: totals.missing, droppedLogLines: totals.droppedLogLines,
            servers: snapshot.backends.flatMap { serving in
                serving.backend.servers.map { server in
                    NodeMeasures.Server(
                        site: serving.site, backend: serving.backend.name, release: serving.release, name: server.name,
                        isUp: server.health.isUp(now: now))
                }
            })
    }

    private static func forgetting(_ cache: ProxyCache?) -> (@Sendable (ReleaseID) async throws -> Void)? {
        guard let cache else { return nil }
        return { release in
            let outcome = await BlockingWork.run {
                Result { () throws(CacheFault) in try cache.forget(release, now: wallClock()) }
            }
            try outcome.get()
        }
    }

    /// Lets go of what is kept of a release's servers: for commands without a server. Blocks.
    package static func forget(_ release: ReleaseID, _ configuration: Configuration, directory: DataDirectory) throws {
        try ProxyCache(configuration, directory: directory, now: wallClock)?.forget(release, now: wallClock())
    }

    /// What a node would serve now: for commands without a server.
    package static func snapshot(
        _ configuration: Configuration, directory: DataDirectory, controller: RolloutController
    ) throws -> Snapshot {
        let (sites, _, _) = try configuration.sitePolicies(encryption: nil, now: 0) { _ in nil }
        var builder = SnapshotBuilder(directory: directory, sites: sites, logger: Logger(label: "tandem"))
        return try builder.build({ try controller.content($0) }, arriving: [], isStopping: false)
    }
}
