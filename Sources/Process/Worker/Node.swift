import Admin
import AdminAPI
import Blobs
import Certificates
import Discovery
import Glibc
import HTTPEngine
import Handover
import Logging
import Model
import Releases
import Rollouts
import ServiceLifecycle
import Serving
import Settings
import Snapshots
import Sockets
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
        let (sites, discovered) = try configuration.sitePolicies(
            encryption: BackendEncryption(copied), now: DiscoveryService.now, find: finder.find)
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
        let cache = try ProxyCache(configuration, directory: directory)
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
                cache: cache?.clerk(capacity: configuration.cache.size, figures: figures, now: now)))
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
        if let cache { services.append(.init(service: CacheService(cache: cache, now: now))) }
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

    /// What each listener with TLS shakes hands with, by its position.
    private func certificates(
        _ directory: DataDirectory, _ copied: CopiedFiles
    ) throws(ConfigurationFaults) -> [Int: ListenerCertificates] {
        let now = Self.wallClock()
        var found: [Int: ListenerCertificates] = [:]
        for (index, listener) in configuration.listen.enumerated() {
            found[index] = try ListenerCertificates.open(
                listener, copied, authorityFolder: directory.root + "/authority", names: configuration.certificateNames, now: now,
                isStrict: false)
        }
        return found
    }

    /// Everything that is wrong with the files that a configuration names: certificates and error pages.
    package static func fileFaults(_ configuration: Configuration, _ copy: [ConfigurationCopy.File] = []) -> [Fault] {
        var faults = certificateFaults(configuration, copy) + BackendEncryption.faults(configuration, CopiedFiles(copy))
        for site in configuration.sites { _ = ErrorPages(reading: site.errors, faults: &faults) }
        return faults
    }

    /// The internal authority is not asked.
    private static func certificateFaults(_ configuration: Configuration, _ copy: [ConfigurationCopy.File]) -> [Fault] {
        let copied = CopiedFiles(copy)
        return configuration.listen.flatMap { listener -> [Fault] in
            guard case .files? = listener.tls else { return [] }
            do throws(ConfigurationFaults) {
                _ = try ListenerCertificates.open(listener, copied, authorityFolder: "", names: [], now: wallClock(), isStrict: true)
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

    private static var descriptorLimit: Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    private func startFleet(
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
        options.logSink = log
        options.logFormat = configuration.log.format == .combined ? .combined : .json
        let logger = logger
        return try Fleet(
            entrances: entrances, count: count, limits: EngineLimits(), snapshot: snapshot, counters: counters,
            options: options,
            failure: { logger.critical("an event loop could not begin: \($0)") })
    }

    private func surroundings(
        _ listeners: Listeners, process: Int32, follow: @escaping @Sendable () async -> Void, fleet: Fleet, figures: NodeFigures,
        lifetime: Lifetime, startedAt: Timestamp, cache: CacheClerk?
    ) -> AdminDesk.Surroundings {
        let version = version
        let addresses = listeners.addresses
        return AdminDesk.Surroundings(
            now: Self.wallClock, follow: follow,
            explain: { try Explainer.answer($0, snapshot: fleet.snapshot) },
            status: { sites in
                StatusReport(
                    version: version, process: process, startedAt: startedAt, listening: addresses, connections: figures.connections,
                    requests: figures.requests, sites: sites)
            }, stop: { await lifetime.stop() }, cache: cache)
    }
}

/// Ends the loops. When the node stops, health says so first; a generation that was replaced only finishes what it holds.
private struct FleetService: Service {
    let fleet: Fleet
    let keeper: SnapshotKeeper
    let lifetime: Lifetime
    let listeners: Listeners
    let drain: Configuration.Drain

    func run() async throws {
        // Cancelled: another service could not go on. There is no time then.
        try? await gracefulShutdown()
        if Task.isCancelled { fleet.endWithin(.zero) }
        if await lifetime.reason == .replaced {
            let limits = DrainLimits(
                idle: drain.idle, request: drain.request, transfer: drain.transfer, webSocket: drain.websocket)
            return await lifetime.stopped(cut: await fleet.retire(limits) { listeners.close() })
        }
        // Before health says so: who hears it is not to send more over the same connection.
        fleet.beginDraining()
        await keeper.stop()
        await lifetime.stopped(cut: await fleet.stop(notice: drain.idle, lasting: drain.websocket) { listeners.close() })
    }
}

extension CopiedFiles {
    fileprivate init(_ files: [ConfigurationCopy.File]) {
        self.init(Dictionary(files.map { ($0.path, $0.bytes) }) { first, _ in first })
    }
}

extension Node {
    /// What a node would serve now: for commands without a server.
    package static func snapshot(
        _ configuration: Configuration, directory: DataDirectory, controller: RolloutController
    ) throws -> Snapshot {
        let (sites, _) = try configuration.sitePolicies(encryption: nil, now: 0) { _ in nil }
        var builder = SnapshotBuilder(directory: directory, sites: sites, logger: Logger(label: "tandem"))
        return try builder.build({ try controller.content($0) }, arriving: [], isStopping: false)
    }
}
