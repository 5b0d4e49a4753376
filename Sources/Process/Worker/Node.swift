import Admin
import AdminAPI
import Blobs
import Glibc
import HTTPEngine
import Logging
import Model
import Releases
import Rollouts
import ServiceLifecycle
import Serving
import Settings
import Snapshots
import State
import UnixSignals

/// One process that serves: wires the listening sockets, the loops, the control plane and the admin socket, and runs until it
/// is told to stop.
///
/// Sockets are opened by whoever starts the node and handed in, so that a supervisor can own them later.
package struct Node {
    package let configuration: Configuration
    package let version: String
    private let logger: Logger

    package init(configuration: Configuration, version: String, logger: Logger) {
        self.configuration = configuration
        self.version = version
        self.logger = logger
    }

    private static let wallClock: @Sendable () -> Timestamp = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// The moment, for those who stand outside a node.
    package static func now() -> Timestamp { wallClock() }

    /// The rollout controller for a configuration, on an open state.
    package static func controller(_ configuration: Configuration, database: StateDatabase, node: String) -> RolloutController {
        let policies = configuration.sites.map { ($0.name, $0.rolloutPolicy) }
        let retention = configuration.sites.map { ($0.name, $0.retentionPolicy) }
        return RolloutController(
            database, node: node, policies: Dictionary(uniqueKeysWithValues: policies),
            retention: Dictionary(uniqueKeysWithValues: retention))
    }

    /// Serves until a signal or `tandem stop` ends it, see `StopMachine`.
    /// - Parameters:
    ///   - directory: the data folder, locked by the caller.
    ///   - listeners: already open.
    ///   - started: called once everything answers.
    package func run(
        directory: DataDirectory, listeners: Listeners, log: LogWriter?, started: @escaping @Sendable () -> Void
    ) async throws {
        let now = Self.wallClock
        let signals = await UnixSignalsSequence(trapping: Lifetime.signals)
        let certificates = try certificates(directory)
        let entrances = Entrances(listeners, configuration, identities: certificates.mapValues(\.identities))
        let database = try StateDatabase(path: directory.statePath)
        let controller = Self.controller(configuration, database: database, node: try directory.nodeID(configured: configuration.node))
        try database.forgetStalePublishes(now: now(), staleAfter: SnapshotKeeper.publishPatience)
        try controller.begin(now: now())

        let sites = configuration.sites.map { SnapshotBuilder.Site(name: $0.name, hosts: $0.hostPatterns, policy: $0.sitePolicy) }
        let keeper = SnapshotKeeper(
            builder: SnapshotBuilder(directory: directory, sites: sites, logger: logger), controller: controller, logger: logger, now: now)
        let counters = CounterBox()
        let figures = NodeFigures()
        let fleet = try await startFleet(entrances: entrances, keeper: keeper, counters: counters, log: log)
        await keeper.serve(through: fleet)
        let lifetime = Lifetime(drain: configuration.drain, fleet: fleet, log: log, logger: logger)

        let startedAt = now()
        let store = ReleaseStore(directory: directory, database: database)
        let open = try database.openPublishes(now: now(), staleAfter: SnapshotKeeper.publishPatience)
        directory.cleanTemporary(sparing: Set(open.map(\.id)))
        let desk = AdminDesk(
            store: store, controller: controller,
            surroundings: surroundings(listeners, keeper: keeper, fleet: fleet, figures: figures, lifetime: lifetime, startedAt: startedAt))
        let admin = AdminServer(
            place: .socket(path: configuration.adminSocket), gate: .owner, desk: desk, logger: logger, ready: started)
        let rollouts = RolloutService(
            controller: controller, counters: counters, figures: figures, references: ReferencedNames(directory: directory), logger: logger,
            now: now, follow: { await keeper.follow() }, removed: { await desk.collection.removed(now: now()) })
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: keeper), .init(service: rollouts), .init(service: admin),
            .init(
                service: EncodingService(
                    store: store, desk: desk, logger: logger, startedAt: startedAt, now: now, follow: { await keeper.follow() })),
            .init(
                service: DeltaService(
                    store: store, sites: configuration.sites.filter { $0.dictionaries != .off }.map(\.name), logger: logger,
                    follow: { await keeper.follow() })),
            .init(service: CollectionService(collection: desk.collection, database: database, logger: logger, now: now)),
        ]
        if !certificates.isEmpty {
            services.append(.init(service: CertificateService(listeners: Array(certificates.values), logger: logger, now: now)))
        }
        if let network = try networkAdmin(desk) { services.append(.init(service: network)) }
        services.append(
            .init(
                service: FleetService(
                    fleet: fleet, keeper: keeper, lifetime: lifetime, listeners: listeners, notice: configuration.drain.idle)))
        // Ends in reverse: the loops finish their connections first, then the last counts are written, then the keeper ends.
        let group = ServiceGroup(configuration: .init(services: services, logger: logger))
        try await lifetime.run(group, signals: signals)
        log?.finish()
        try database.close()
    }

    /// What each listener with TLS shakes hands with, by its position.
    private func certificates(_ directory: DataDirectory) throws(ConfigurationFaults) -> [Int: ListenerCertificates] {
        let now = Self.wallClock()
        var found: [Int: ListenerCertificates] = [:]
        for (index, listener) in configuration.listen.enumerated() {
            found[index] = try ListenerCertificates.open(
                listener, authorityFolder: directory.root + "/authority", names: configuration.certificateNames, now: now, isStrict: false)
        }
        return found
    }

    /// Everything that is wrong with the certificates of a configuration, at its place. The internal authority is not asked.
    package static func certificateFaults(_ configuration: Configuration) -> [Fault] {
        configuration.listen.flatMap { listener -> [Fault] in
            guard case .files? = listener.tls else { return [] }
            do throws(ConfigurationFaults) {
                _ = try ListenerCertificates.open(listener, authorityFolder: "", names: [], now: wallClock(), isStrict: true)
                return []
            } catch {
                return error.faults
            }
        }
    }

    /// The API at `admin.address`, for tokens or for local readers.
    private func networkAdmin(_ desk: AdminDesk) throws -> AdminServer? {
        guard case .tcp(let host, let port)? = configuration.admin.address else { return nil }
        let tokens = configuration.admin.tokens.map { token in
            AdminGate.Token(
                name: token.name, secret: token.secret.revealed, may: Set(token.may.compactMap { AdminVerb(rawValue: $0.rawValue) }))
        }
        let gate = try AdminGate.address(isLocal: configuration.admin.address?.isLocal ?? false, tokens: tokens)
        return AdminServer(place: .address(host: host, port: port), gate: gate, desk: desk, logger: logger)
    }

    private func startFleet(
        entrances: Entrances, keeper: SnapshotKeeper, counters: CounterBox, log: LogWriter?
    ) async throws -> Fleet {
        let count = configuration.threads.loops(cores: Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        var options = SiteServer.Options()
        let loops = count * max(entrances.kinds, 1)
        options.hotBytes = Int(clamping: configuration.cache.memory.bytes) / loops
        // An eighth of the process's descriptors is for everything else; connections take theirs from those of hot files.
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        options.hotFiles = (Int(clamping: limit.rlim_cur) - Int(clamping: limit.rlim_cur) / 8) / loops
        options.logSink = log
        options.logFormat = configuration.log.format == .combined ? .combined : .json
        let logger = logger
        return try Fleet(
            entrances: entrances, count: count, limits: EngineLimits(), snapshot: try await keeper.first(), counters: counters,
            options: options,
            failure: { logger.critical("an event loop could not begin: \($0)") })
    }

    private func surroundings(
        _ listeners: Listeners, keeper: SnapshotKeeper, fleet: Fleet, figures: NodeFigures, lifetime: Lifetime, startedAt: Timestamp
    ) -> AdminDesk.Surroundings {
        let version = version
        let addresses = listeners.addresses
        return AdminDesk.Surroundings(
            now: Self.wallClock, follow: { await keeper.follow() },
            explain: { try Explainer.answer($0, snapshot: fleet.snapshot) },
            status: { sites in
                StatusReport(
                    version: version, process: getpid(), startedAt: startedAt, listening: addresses, connections: figures.connections,
                    requests: figures.requests, sites: sites)
            }, stop: { await lifetime.stop() })
    }
}

/// Ends the loops when the node stops: health says so first, connections finish, then their threads end.
private struct FleetService: Service {
    let fleet: Fleet
    let keeper: SnapshotKeeper
    let lifetime: Lifetime
    let listeners: Listeners
    let notice: Duration

    func run() async throws {
        // Cancelled: another service could not go on. There is no time then.
        try? await gracefulShutdown()
        if Task.isCancelled { fleet.endWithin(.zero) }
        // Before health says so: who hears it is not to send more over the same connection.
        fleet.beginDraining()
        await keeper.stop()
        await lifetime.stopped(cut: await fleet.stop(notice: notice) { listeners.close() })
    }
}

extension Node {
    /// What a node would serve now: for commands without a server.
    package static func snapshot(
        _ configuration: Configuration, directory: DataDirectory, controller: RolloutController
    ) throws -> Snapshot {
        let sites = configuration.sites.map { SnapshotBuilder.Site(name: $0.name, hosts: $0.hostPatterns, policy: $0.sitePolicy) }
        var builder = SnapshotBuilder(directory: directory, sites: sites, logger: Logger(label: "tandem"))
        return try builder.build({ try controller.content($0) }, arriving: [], isStopping: false)
    }
}
