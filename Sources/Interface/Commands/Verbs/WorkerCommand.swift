import AdminAPI
import ArgumentParser
import Blobs
import CTandem
import Files
import Foundation
import Glibc
import Handover
import Logging
import Model
import Releases
import Settings
import State
import Worker

/// One generation, or the validation of a configuration: started by the supervisor only, with its socket at descriptor 3.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Serve as one generation; started by `tandem serve`.", shouldDisplay: false)

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        // The supervisor's affair: on a terminal each process of the group hears them.
        for number in [SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGQUIT, SIGINT] { signal(number, SIG_IGN) }
        tandem_set_process_name("tandem")
        let link: SupervisorLink
        do throws(HandoverFault) {
            link = try SupervisorLink(descriptor: Handshake.descriptor)
        } catch {
            throw Problem.usage("worker is started by `tandem serve` alone")
        }
        do {
            switch try link.purpose() {
            case .validate(let copy): try Self.validate(copy, link)
            case .serve(let beginning, let copy, let lock, let sockets):
                try await Self.serve(beginning, copy: copy, lock: lock, Listeners(sockets: sockets), link)
            }
        } catch {
            let words = TandemCommand.words(for: error)
            link.say(.refused(exit: Int(words.code), text: words.text))
            throw QuietExit(code: words.code)
        }
    }

    private static func load(
        _ descriptor: Int32
    ) throws -> (configuration: Configuration, hash: String, certificates: [ConfigurationCopy.File]) {
        let copy = try ConfigurationCopy(packed: try MemoryFile.read(descriptor))
        guard let file = copy.configuration else { return (Configuration.withoutFile(), copy.hash, copy.certificates) }
        let configuration = try Configuration.load(
            yaml: file.bytes, file: file.path, environment: ProcessInfo.processInfo.environment)
        return (configuration, copy.hash, copy.certificates)
    }

    /// Everything that only a process can tell which changes nothing.
    private static func validate(_ copy: Int32, _ link: SupervisorLink) throws {
        let (configuration, hash, certificates) = try load(copy)
        let faults = Node.fileFaults(configuration, certificates)
        if !faults.isEmpty { throw ConfigurationFaults(faults) }
        try Problem.stating {
            let directory = try DataDirectory.open(configuration.data)
            try StateDatabase(path: directory.statePath).close()
        }
        _ = try log(configuration)
        link.say(.ready(hash: hash))
    }

    private static func serve(
        _ beginning: Beginning, copy: Int32, lock: Int32, _ listeners: Listeners, _ link: SupervisorLink
    ) async throws {
        let (configuration, hash, certificates) = try load(copy)
        let directory = try Problem.stating { try DataDirectory.open(configuration.data, lockedBy: lock) }
        if let folder = beginning.folder { try await publish(folder, configuration, directory) }
        let level = Logger.Level(rawValue: configuration.log.level.rawValue) ?? .info
        let node = Node(configuration: configuration, version: TandemVersion.text, logger: LineLog.logger(level: level))
        let inheritance = Node.Inheritance(
            beginning: beginning, directory: directory, listeners: listeners, copy: copy, hash: hash, certificates: certificates)
        let log = try log(configuration)
        try await Problem.stating { try await node.run(inheritance, log: log, link: link) }
    }

    private static func publish(_ folder: String, _ configuration: Configuration, _ directory: DataDirectory) async throws {
        let found = try Problem.stating { try Folder(folder) }
        let door = try Door.store(over: directory, configuration)
        var work = try PublishWork(configuration: configuration, site: .default, door: door, quiet: false)
        let release = try await work.publish(found, listed: PublishSource.listed(in: folder), label: nil, assets: false)
        _ = try await door.ask(ActivateRelease(site: .default, release: release.id.hex, canary: nil))
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
}
