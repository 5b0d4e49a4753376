import Admin
import AdminAPI
import Blobs
import Certificates
import Discovery
import Glibc
import Handover
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

/// One generation: a process that serves one configuration. Wires the listening sockets, the loops, the control plane and the admin socket, and runs until it
/// is told to stop.
///
/// Sockets are the supervisor's and are handed in. Of the generations that live one leads (`Leadership`); all serve the same
/// content.
package struct Node {
    package let configuration: Configuration
    package let version: String
    let logger: Logger

    package init(configuration: Configuration, version: String, logger: Logger) {
        self.configuration = configuration
        self.version = version
        self.logger = logger
    }

    static let wallClock: @Sendable () -> Timestamp = {
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

    /// What the supervisor gave to this generation.
    package struct Inheritance: Sendable {
        package var beginning: Beginning
        package var directory: DataDirectory
        package var listeners: Listeners
        /// Descriptor of the copy of the configuration, and what tells it from others.
        package var copy: Int32
        package var hash: String
        /// As copied with it.
        package var certificates: [ConfigurationCopy.File]

        package init(
            beginning: Beginning, directory: DataDirectory, listeners: Listeners, copy: Int32, hash: String,
            certificates: [ConfigurationCopy.File]
        ) {
            self.beginning = beginning
            self.directory = directory
            self.listeners = listeners
            self.copy = copy
            self.hash = hash
            self.certificates = certificates
        }
    }

    /// Loads everything, says `ready`, waits for `go`, and serves until the supervisor ends it.
    package func run(_ inheritance: Inheritance, log: LogWriter?, link: SupervisorLink) async throws {
        let now = Self.wallClock
        let (directory, listeners, beginning) = (inheritance.directory, inheritance.listeners, inheritance.beginning)
        let signals = await UnixSignalsSequence(trapping: Lifetime.signals)
        let copied = CopiedFiles(inheritance.certificates)
        let certificates = try certificates(directory, copied)
        let entrances = Entrances(listeners, configuration, identities: certificates.mapValues(\.identities))
        let database = try StateDatabase(path: directory.statePath)
        let controller = Self.controller(configuration, database: database, node: try directory.nodeID(configured: configuration.node))
        try prepareState(database, controller, isAlone: beginning.isAlone)

        let finder = configuration.finder
        let (sites, discovered, credentials) = try configuration.sitePolicies(
            encryption: copied, now: DiscoveryService.now, find: finder.find)
        let keeper = SnapshotKeeper(
            builder: SnapshotBuilder(directory: directory, sites: sites, logger: logger), controller: controller, logger: logger, now: now)
        _ = try await keeper.first()
        FaultPoint.hit(.generationLoading)
        link.say(.ready(hash: inheritance.hash))
        FaultPoint.hit(.generationReady)
        link.follow()
        for await order in link.orders { if order == .go { break } }
        // What has changed while it was not told of changes yet.
        let snapshot = try await keeper.first()

        let (counters, figures, leadership, company) = (CounterBox(), NodeFigures(), Leadership(), Company())
        let cache = try ProxyCache(configuration, directory: directory, now: now)
        let fleet = try startFleet(entrances: entrances, snapshot: snapshot, counters: counters, log: log, cache: cache)
        await keeper.serve(through: fleet)
        let supervisor = Int32(truncatingIfNeeded: beginning.supervisor)
        let lifetime = Lifetime(
            drain: configuration.drain, fleet: fleet, log: log, link: link, leadership: leadership, company: company,
            supervisor: supervisor, logger: logger, follow: { await keeper.follow() })
        // For whoever changes the content: it is so on every loop of every generation.
        let follow: @Sendable () async -> Void = {
            await keeper.follow()
            guard company.isThere, let version = try? database.contentVersion() else { return }
            await company.follow(Int(version), link)
        }

        let startedAt = now()
        let store = ReleaseStore(directory: directory, database: database)
        if beginning.isAlone {
            let open = try database.openPublishes(now: now(), staleAfter: SnapshotKeeper.publishPatience)
            directory.cleanTemporary(sparing: Set(open.map(\.id)))
        }
        let desk = AdminDesk(
            store: store, controller: controller,
            surroundings: surroundings(
                listeners, process: supervisor, follow: follow, fleet: fleet, figures: figures, lifetime: lifetime, startedAt: startedAt,
                cache: cache, clerk: cache?.clerk(capacity: configuration.cache.size, figures: figures, now: now),
                inspection: BackendInspection(sites: sites) { time in try? await ContinuousClock().sleep(for: time) }))
        let orphan = Orphan(
            generation: beginning.generation, process: Int(getpid()), hash: inheritance.hash, isDraining: false, leads: false)
        let possessions = SupervisorLink.Possessions(
            orphan: orphan, folder: directory.root, lock: directory.lockDescriptor, copy: inheritance.copy, sockets: listeners.sockets)
        let admin = AdminServer(place: .socket(path: configuration.adminSocket), gate: .owner, desk: desk, logger: logger) {
            link.serves(with: possessions)
            link.say(.started)
        }
        let rollouts = RolloutService(
            controller: controller, counters: counters, figures: figures, references: ReferencedNames(directory: directory),
            leadership: leadership, logger: logger, now: now, follow: follow, removed: { await desk.collection.removed(now: now()) })
        let leading = LeadingService(
            leadership: leadership, controller: controller, hasBegun: beginning.isAlone,
            encodings: EncodingService(store: store, desk: desk, logger: logger, startedAt: startedAt, now: now, follow: follow),
            deltas: DeltaService(
                store: store, sites: configuration.sites.filter { $0.dictionaries != .off }.map(\.name), logger: logger, follow: follow),
            collection: CollectionService(collection: desk.collection, database: database, logger: logger, now: now),
            administration: try networkAdmin(desk), link: link, logger: logger, now: now, follow: follow)
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: keeper), .init(service: rollouts), .init(service: admin), .init(service: leading),
            .init(service: ContentWatch(database: database, company: company, follow: { await keeper.follow() })),
            .init(service: FiguresService(fleet: fleet, link: link, descriptors: Self.descriptorLimit, logger: logger)),
        ]
        if !discovered.isEmpty {
            services.append(.init(service: DiscoveryService(backends: discovered, finder: finder, logger: logger)))
        }
        if !credentials.isEmpty {
            services.append(.init(service: BackendCredentialsService(credentials: credentials, logger: logger, now: now)))
        }
        if let cache { services.append(.init(service: CacheService(scanner: cache.scanner))) }
        if !certificates.isEmpty {
            services.append(.init(service: CertificateService(listeners: Array(certificates.values), logger: logger, now: now)))
        }
        services.append(
            .init(
                service: FleetService(
                    fleet: fleet, keeper: keeper, lifetime: lifetime, listeners: listeners, drain: configuration.drain)))
        // Ends in reverse: the loops finish their connections first, then the last counts are written, then the keeper ends.
        let group = ServiceGroup(configuration: .init(services: services, logger: logger))
        try await lifetime.run(group, signals: signals)
        link.end()
        log?.finish()
        try database.close()
    }

    /// Where no other generation lives, counting begins here; else the one that leads goes on.
    private func prepareState(_ database: StateDatabase, _ controller: RolloutController, isAlone: Bool) throws {
        let now = Self.wallClock()
        if isAlone {
            try database.forgetStalePublishes(now: now, staleAfter: SnapshotKeeper.publishPatience)
            try controller.begin(now: now)
        } else {
            for site in configuration.sites { try database.ensureSite(site.name, now: now) }
        }
    }
}
