import AdminAPI
import ArgumentParser
import Foundation
import Glibc
import Logging
import Model
import Settings
import Supervision

/// The supervisor: runs on the process's first thread and makes no other.
struct Serve: BlockingCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve, in the foreground.",
        discussion: """
            With DIR and no configuration: publishes DIR as site `default` and serves it on port 8080, data under ./.tandem.

            Signals: HUP reloads the configuration, USR2 upgrades to the binary that is there now, USR1 reopens log files; TERM stops
            gracefully within drain.stop, QUIT gives transfers drain.transfer, INT or a second TERM stops now.
            """)

    @Argument(help: ArgumentHelp("A folder to publish first. No configuration file is read then.", valueName: "dir"))
    var folder: String?

    @Option(name: .long, help: .private)
    var resume: Int32?

    @OptionGroup var shared: SharedOptions

    func validate() throws {
        if folder != nil, shared.config != nil { throw ValidationError("serve takes a folder or a configuration file, not both") }
    }

    func runBlocking() throws -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        Self.raiseDescriptorLimit()
        let file = folder == nil ? shared.file() : nil
        let reader = ConfigurationReader(file: file, environment: ProcessInfo.processInfo.environment)
        let logger = LineLog.logger(level: .info)
        let isQuiet = getenv("NOTIFY_SOCKET") != nil
        let surroundings = Supervisor.Surroundings(
            reader: reader, folder: folder, arguments: (folder.map { [$0] } ?? []) + (file.map { ["-c", $0] } ?? []),
            log: { level, text in logger.log(level: level.loggerLevel, "\(text)") },
            announce: { Self.announce($0, $1, isQuiet: isQuiet) })
        if let resume { return try Supervisor.resume(surroundings, from: resume) }
        return try Supervisor.serve(surroundings)
    }

    private static func announce(_ configuration: Configuration, _ addresses: [String], isQuiet: Bool) {
        for (listener, bound) in zip(configuration.listen, addresses) {
            let address = bound.replacingOccurrences(of: "0.0.0.0", with: "localhost")
            let scheme = listener.tls == nil ? "http" : "https"
            Terminal.note("tandem: serving on \(address.hasPrefix("unix:") ? address : "\(scheme)://\(address)")")
        }
        if !isQuiet { Terminal.note("tandem: ready (process \(getpid()), data \(configuration.data))") }
    }

    /// Connections and open files are bounded by our own limits: the process's is raised as far as it goes. Workers inherit it.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

extension SupervisorMachine.Level {
    fileprivate var loggerLevel: Logger.Level {
        switch self {
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}
