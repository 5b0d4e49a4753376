import AdminAPI
import Glibc
import Handover
import Logging
import Model
import ServiceLifecycle
import Settings
import UnixSignals

/// Acts on what the supervisor orders, until this generation is over.
///
/// However it ends, it is one graceful shutdown of all services: what differs is how long the loops may take, so that a stop
/// now ends in the same orderly way and writes its last counts.
actor Lifetime {
    enum Reason: Sendable {
        /// Another generation serves.
        case replaced
        case stopped
    }

    private let drain: Configuration.Drain
    private let fleet: Fleet
    private let log: LogWriter?
    private let link: SupervisorLink
    private let leadership: Leadership
    private let company: Company
    private let logger: Logger
    private let supervisor: Int32
    /// Returns when the loops serve what the state says now.
    private let follow: @Sendable () async -> Void
    private var group: ServiceGroup?
    private(set) var reason: Reason?
    private var report: StopReport?
    private var waiting: [CheckedContinuation<StopReport, Never>] = []

    /// A service that does not end by then will not: whatever is killed here, nothing is half-visible afterwards.
    private static let patienceNow = Duration.seconds(2)

    /// With a supervisor they are its affair; on a terminal each process of the group hears them.
    static let signals: [UnixSignal] = [.sighup, .sigusr1, .sigusr2, .sigterm, .sigquit, .sigint]

    init(
        drain: Configuration.Drain, fleet: Fleet, log: LogWriter?, link: SupervisorLink, leadership: Leadership, company: Company,
        supervisor: Int32, logger: Logger, follow: @escaping @Sendable () async -> Void
    ) {
        self.follow = follow
        self.drain = drain
        self.fleet = fleet
        self.log = log
        self.link = link
        self.leadership = leadership
        self.company = company
        self.supervisor = supervisor
        self.logger = logger
    }

    /// Runs the services until they have ended, taking orders meanwhile.
    func run(_ group: ServiceGroup, signals: UnixSignalsSequence) async throws {
        self.group = group
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                try await group.run()
                return true
            }
            tasks.addTask {
                for await order in self.link.orders { await self.take(order) }
                return false
            }
            tasks.addTask {
                for await signal in signals where self.link.isOrphan { await self.take(signal) }
                return false
            }
            defer { tasks.cancelAll() }
            while let isOver = try await tasks.next(), !isOver {}
        }
    }

    /// Has the node stopped, and returns when the loops have ended.
    func stop() async -> StopReport {
        if link.isOrphan { await end(within: drain.stop) } else { link.say(.stopWanted) }
        if let report { return report }
        return await withCheckedContinuation { waiting.append($0) }
    }

    /// The loops accept no more.
    func closed() { link.say(.closed) }

    /// The loops have ended.
    /// - Parameter cut: connections that were not given more time.
    func stopped(cut: Int) {
        let report = StopReport(process: supervisor, cutConnections: cut)
        self.report = report
        link.say(.ended(cut: cut))
        for continuation in waiting { continuation.resume(returning: report) }
        waiting = []
    }

    private func take(_ order: Order) async {
        switch order {
        case .lead(let succession): leadership.take(.leads(succession))
        case .drain:
            guard reason == nil else { return }
            reason = .replaced
            link.drains()
            leadership.take(.givesUp)
            await group?.triggerGracefulShutdown()
        case .hurry(let milliseconds): fleet.endWithin(.milliseconds(milliseconds))
        case .stop(let milliseconds): await end(within: .milliseconds(milliseconds))
        case .reopenLogs: reopenLogs()
        case .company(let others): company.set(others)
        case .follow(let version):
            await follow()
            link.say(.follows(version: version))
        case .followed(let version): company.followed(version)
        case .sockets, .begin, .validate, .go: break
        }
    }

    /// Of an orphan: nobody else decides.
    private func take(_ signal: UnixSignal) async {
        switch signal {
        case .sigterm: await end(within: reason == nil ? drain.stop : .zero)
        case .sigquit: await end(within: max(drain.transfer, drain.websocket, drain.stop))
        case .sigint: await end(within: .zero)
        case .sigusr1: reopenLogs()
        default: break
        }
    }

    private func end(within grace: Duration) async {
        if reason == nil { reason = .stopped }
        fleet.endWithin(grace)
        if grace == .zero { endByForce() }
        await group?.triggerGracefulShutdown()
    }

    private func reopenLogs() {
        let logger = logger
        guard let log, log.isFile else { return logger.notice("USR1: no log is written to a file, nothing to reopen") }
        log.reopen { fault in
            if let fault { logger.error("\(fault). The old file is still written.") } else { logger.notice("log files reopened") }
        }
    }

    /// On a thread of its own: all others may be what hangs.
    private func endByForce() {
        var identity = pthread_t()
        let code = pthread_create(
            &identity, nil,
            { _ in
                sleep(UInt32(Lifetime.patienceNow.components.seconds))
                _exit(0)
            }, nil)
        if code == 0 { pthread_detach(identity) }
    }
}
