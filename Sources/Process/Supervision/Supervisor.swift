import Blobs
import CTandem
import Glibc
import Handover
import Model
import Settings
import Sockets

/// The process that owns the node's sockets and generations. Single-threaded: it waits in `poll`, lets `SupervisorMachine` decide,
/// and does what it says. It serves nothing and starts no event loop; only it spawns processes, since who serves cannot (what
/// `accept` returns in an event loop of NIO is inherited).
package final class Supervisor {
    /// Who starts it, and how it speaks.
    package struct Surroundings {
        package var reader: ConfigurationReader
        /// Published by the first worker before it serves.
        package var folder: String?
        /// Of this process, from the verb on: what the new binary is started with after an upgrade.
        package var arguments: [String]
        package var log: (SupervisorMachine.Level, String) -> Void
        /// Called once everything answers, with the addresses as bound.
        package var announce: (Configuration, [String]) -> Void

        package init(
            reader: ConfigurationReader, folder: String?, arguments: [String],
            log: @escaping (SupervisorMachine.Level, String) -> Void, announce: @escaping (Configuration, [String]) -> Void
        ) {
            self.reader = reader
            self.folder = folder
            self.arguments = arguments
            self.log = log
            self.announce = announce
        }
    }

    /// What an edition needs to be spawned.
    struct Holding {
        var configuration: Configuration
        /// The copy, in a memory file.
        var copy: Int32
        var addresses: [String] { configuration.listen.map(\.address.description) }
    }

    struct Worker {
        var socket: MessageSocket
        var process: pid_t
        /// An orphan of the supervisor before is nobody's child any more: the end of its socket is its end.
        var isChild = true
        var isHeard = true
    }

    /// A copy that is being validated in a child.
    struct Preparation {
        var edition: Edition
        var worker: Worker
        var program: String
        var verdict: Result<String, Refusal>?
        var deadline: Duration
    }

    let surroundings: Surroundings
    let directory: DataDirectory
    var machine: SupervisorMachine
    var table = SocketTable()
    var editions: [Int: Holding] = [:]
    var workers: [Int: Worker] = [:]
    var preparation: Preparation?
    var nextEdition = 1
    /// Commands that wait for an answer, by the number of their connection.
    var askers: [Int: MessageSocket] = [:]
    var nextAsker = 1
    let control: MessageSocket
    let signals: Int32
    let notifier: ServiceNotifier
    /// Where the binary was found at start: an upgrade looks there again.
    let binary: String
    /// What this process was before its last upgrade: an open file.
    var previous: Int32?
    /// What it becomes at the end of this turn, when all is told that was heard: of a child whose end is known to the kernel no more, the
    /// next image would never hear.
    var nextImage: SupervisorMachine.Binary?
    var isAnnounced = false
    var exitCode: Int32?
    /// Why nothing was ever served.
    var failure: Refusal?
    private var aliveAt = Duration.zero

    init(
        _ surroundings: Surroundings, directory: DataDirectory, machine: SupervisorMachine, control: MessageSocket,
        notifier: ServiceNotifier,
        binary: String
    ) {
        self.surroundings = surroundings
        self.directory = directory
        self.machine = machine
        self.control = control
        self.notifier = notifier
        self.binary = binary
        signals = Self.takeSignals()
    }

    static let handled = [SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGQUIT, SIGINT, SIGCHLD]

    /// Signals are read in the loop: nothing interrupts it. Blocked ones survive `execve`, so that none is lost in an upgrade.
    private static func takeSignals() -> Int32 {
        var set = sigset_t()
        sigemptyset(&set)
        for number in handled { sigaddset(&set, number) }
        sigprocmask(SIG_BLOCK, &set, nil)
        return tandem_signalfd(&set)
    }

    /// Since some moment before this process, the same for processes that follow each other.
    static var now: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    var controlPath: String { "\(directory.root)/control.sock" }
    var pidPath: String { "\(directory.root)/tandem.pid" }

    // MARK: The loop

    /// Runs until the node has stopped.
    /// - Returns: the exit code.
    func run() -> Int32 {
        reap()
        while exitCode == nil {
            wait()
            if let watchdog = notifier.watchdog, Self.now >= aliveAt {
                notifier.alive()
                aliveAt = Self.now + watchdog
            }
            if let deadline = machine.nextDeadline, deadline <= Self.now { feed(.time) }
            if let deadline = preparation?.deadline, deadline <= Self.now { preparationIsLate() }
            if let image = nextImage {
                nextImage = nil
                // A stop, or an end, may have come in the same turn.
                if machine.isExecuting { execute(image) }
            }
        }
        // Nobody waits for its verdict any more.
        if let preparation { kill(preparation.worker.process, SIGKILL) }
        unlink(controlPath)
        unlink(pidPath)
        return exitCode ?? 0
    }

    func feed(_ event: SupervisorMachine.Event) {
        for action in machine.take(event, now: Self.now) { perform(action) }
    }

    private enum Source {
        case signals, control, preparation
        case worker(Int)
        case asker(Int)
    }

    private func wait() {
        var sources: [Source] = [.signals, .control]
        var waiting = [
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0), pollfd(fd: control.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        func add(_ source: Source, _ socket: MessageSocket) {
            sources.append(source)
            waiting.append(pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0))
        }
        if let preparation, preparation.worker.isHeard { add(.preparation, preparation.worker.socket) }
        for (number, worker) in workers where worker.isHeard { add(.worker(number), worker.socket) }
        for (number, asker) in askers { add(.asker(number), asker) }
        poll(&waiting, nfds_t(waiting.count), timeout)
        for (source, ready) in zip(sources, waiting) where ready.revents != 0 {
            switch source {
            case .signals: takeSignals()
            case .control: takeAskers()
            case .preparation: hearPreparation()
            case .worker(let number): hear(number)
            case .asker(let number): hearAsker(number)
            }
        }
    }

    /// Milliseconds until something is due; -1: nothing is.
    private var timeout: Int32 {
        let due = [machine.nextDeadline, preparation?.deadline, notifier.watchdog == nil ? nil : aliveAt].compactMap { $0 }.min()
        guard let due else { return -1 }
        return Int32(clamping: max((due - Self.now).milliseconds + 1, 0))
    }
}
