import AdminAPI
import ArgumentParser
import Blobs
import Files
import Foundation
import Glibc
import Logging
import Model
import Releases
import Settings
import State
import Worker

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve, in the foreground.",
        discussion: """
            With DIR and no configuration: publishes DIR as site `default` and serves it on port 8080, data under ./.tandem.

            Signals: TERM stops gracefully within drain.stop; QUIT gives transfers drain.transfer; INT or a second TERM stops now.
            USR1 reopens log files. HUP (reload) and USR2 (upgrade) are not available in this version and change nothing.
            """)

    @Argument(help: ArgumentHelp("A folder to publish first. No configuration file is read then.", valueName: "dir"))
    var folder: String?

    @OptionGroup var shared: SharedOptions

    func validate() throws {
        if folder != nil, shared.config != nil { throw ValidationError("serve takes a folder or a configuration file, not both") }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        // Until the node listens to them they must not end a publish; the node hears them all the same.
        for number in [SIGHUP, SIGUSR1, SIGUSR2] { signal(number, SIG_IGN) }
        let configuration = try folder == nil ? shared.configuration() : Configuration.withoutFile()
        let directory = try Problem.stating {
            let directory = try DataDirectory.open(configuration.data)
            try directory.lock()
            return directory
        }
        Self.raiseDescriptorLimit()
        let listeners = try Listeners.open(configuration)
        if let folder { try await publish(folder, configuration, directory) }
        try await Problem.stating {
            try await Self.node(configuration).run(directory: directory, listeners: listeners, log: try Self.log(configuration)) {
                Self.announce(configuration, listeners)
            }
        }
    }

    private func publish(_ folder: String, _ configuration: Configuration, _ directory: DataDirectory) async throws {
        let found = try Problem.stating { try Folder(folder) }
        let door = try Door.store(over: directory, configuration)
        var work = try PublishWork(configuration: configuration, site: .default, door: door, quiet: false)
        let release = try await work.publish(found, listed: PublishSource.listed(in: folder), label: nil, assets: false)
        _ = try await door.ask(ActivateRelease(site: .default, release: release.id.hex, canary: nil))
    }

    private static func node(_ configuration: Configuration) -> Node {
        var logger = Logger(label: "tandem") { _ in LineLog(isText: isatty(STDERR_FILENO) == 1) }
        logger.logLevel = Logger.Level(rawValue: configuration.log.level.rawValue) ?? .info
        return Node(configuration: configuration, version: TandemVersion.text, logger: logger)
    }

    private static func log(_ configuration: Configuration) throws -> LogWriter? {
        switch configuration.log.access {
        case .off: return nil
        case .stdout: return LogWriter.started(descriptor: STDOUT_FILENO)
        case .file(let path):
            do throws(AccessLogFault) {
                return try LogWriter.started(path: path)
            } catch {
                throw Problem.failed("\(error)\nChange `log.access`, or give this user the right to write there.")
            }
        }
    }

    private static func announce(_ configuration: Configuration, _ listeners: Listeners) {
        for (listener, bound) in zip(configuration.listen, listeners.addresses) {
            let address = bound.replacingOccurrences(of: "0.0.0.0", with: "localhost")
            let scheme = listener.tls == nil ? "http" : "https"
            Terminal.note("tandem: serving on \(address.hasPrefix("unix:") ? address : "\(scheme)://\(address)")")
        }
        let notify = ProcessInfo.processInfo.environment["NOTIFY_SOCKET"]
        if notify == nil { Terminal.note("tandem: ready (process \(getpid()), data \(configuration.data))") }
    }

    /// Connections and open files are bounded by our own limits: the process's is raised as far as it goes.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
