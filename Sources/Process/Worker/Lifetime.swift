import AdminAPI
import Glibc
import Logging
import Model
import ServiceLifecycle
import Settings
import UnixSignals

/// Acts on what signals and operators ask of a running node, until it is over.
///
/// `StopMachine` decides. Stopping is one graceful shutdown of all services, however hurried: what differs is how long the
/// loops may take, so that a stop now ends in the same orderly way and writes its last counts.
actor Lifetime {
    private var machine: StopMachine
    private let fleet: Fleet
    private let log: LogWriter?
    private let logger: Logger
    private var group: ServiceGroup?
    private var report: StopReport?
    private var waiting: [CheckedContinuation<StopReport, Never>] = []

    /// A service that does not end by then will not: whatever is killed here, nothing is half-visible afterwards.
    private static let patienceNow = Duration.seconds(2)

    static let signals: [UnixSignal] = [.sighup, .sigusr1, .sigusr2, .sigterm, .sigquit, .sigint]

    init(drain: Configuration.Drain, fleet: Fleet, log: LogWriter?, logger: Logger) {
        machine = StopMachine(usual: drain.stop, patient: max(drain.transfer, drain.stop))
        self.fleet = fleet
        self.log = log
        self.logger = logger
    }

    /// Runs the services until they have ended, acting on signals meanwhile.
    func run(_ group: ServiceGroup, signals: UnixSignalsSequence) async throws {
        self.group = group
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                try await group.run()
                return true
            }
            tasks.addTask {
                for await signal in signals { await self.take(signal) }
                return false
            }
            defer { tasks.cancelAll() }
            while let isOver = try await tasks.next(), !isOver {}
        }
    }

    /// Stops like `TERM` does, and returns when the loops have ended.
    func stop() async -> StopReport {
        await act(machine.take(.stop))
        if let report { return report }
        return await withCheckedContinuation { waiting.append($0) }
    }

    /// The loops have ended.
    /// - Parameter cut: connections that were not given more time.
    func stopped(cut: Int) {
        let report = StopReport(process: getpid(), cutConnections: cut)
        self.report = report
        if cut > 0 { logger.warning("stopped: \(cut) connection\(cut == 1 ? " was" : "s were") cut off, their time was over") }
        for continuation in waiting { continuation.resume(returning: report) }
        waiting = []
    }

    private func take(_ signal: UnixSignal) async {
        switch signal {
        case .sighup: await act(machine.take(.reload))
        case .sigusr2: await act(machine.take(.upgrade))
        case .sigusr1: await act(machine.take(.reopenLogs))
        case .sigterm: await act(machine.take(.terminate))
        case .sigquit: await act(machine.take(.quit))
        default: await act(machine.take(.interrupt))
        }
    }

    private func act(_ action: StopMachine.Action) async {
        switch action {
        case .nothing: break
        case .refuse(let sentence): logger.warning("\(sentence)")
        case .reopenLogs: reopenLogs()
        case .stop(let grace):
            logger.notice("stopping: connections may finish within \(grace.short)")
            fleet.endWithin(grace)
            await group?.triggerGracefulShutdown()
        case .stopNow:
            logger.notice("stopping now")
            fleet.endWithin(.zero)
            endByForce()
            await group?.triggerGracefulShutdown()
        }
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
