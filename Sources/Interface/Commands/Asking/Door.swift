import Admin
import AdminAPI
import Blobs
import Logging
import Model
import Releases
import Rollouts
import Settings
import State
import Worker

/// The way to the control plane: a running server over its socket, or the data folder itself, locked.
enum Door {
    case server(AdminClient)
    case store(AdminDesk)

    /// Asks the server if one answers; else takes `data/lock` and opens the state, as the same user.
    static func open(_ configuration: Configuration) async throws -> Door {
        let directory = try Problem.stating { try DataDirectory.open(configuration.data) }
        let clock = ContinuousClock()
        let giveUp = clock.now + patience
        while true {
            if AdminClient.isAnswering(configuration.adminSocket) { return .server(AdminClient(socketPath: configuration.adminSocket)) }
            do throws(DataDirectoryError) {
                try directory.lock()
                break
            } catch {
                // A server that begins has the lock before its socket; another command has it for a moment.
                guard case .locked = error, clock.now < giveUp else { throw Problem.failed(error.description) }
            }
            try await clock.sleep(for: .milliseconds(20))
        }
        return try Problem.stating { try store(over: directory, configuration) }
    }

    private static let patience = Duration.seconds(5)

    /// The control plane over a data folder that this process has locked.
    static func store(over directory: DataDirectory, _ configuration: Configuration) throws -> Door {
        let database = try StateDatabase(path: directory.statePath)
        let controller = Node.controller(configuration, database: database, node: try directory.nodeID(configured: configuration.node))
        for site in configuration.sites { try database.ensureSite(site.name, now: Node.now()) }
        let desk = AdminDesk(
            store: ReleaseStore(directory: directory, database: database), controller: controller,
            surroundings: .init(
                now: { Node.now() }, follow: {},
                explain: { request in
                    try Explainer.answer(request, snapshot: Node.snapshot(configuration, directory: directory, controller: controller))
                },
                status: { _ in
                    // Asked only where nobody serves.
                    StatusReport(
                        version: TandemVersion.text, process: 0, startedAt: Node.now(), listening: [], connections: 0, requests: 0,
                        sites: [])
                }, stop: { throw Problem.failed("no server runs") },
                forget: { try Node.forget($0, configuration, directory: directory) }))
        return .store(desk)
    }

    /// The data folder, for what is read and written beside the state: contents and manifests are immutable.
    func directory(_ configuration: Configuration) throws -> DataDirectory {
        switch self {
        case .server: try Problem.stating { try DataDirectory.open(configuration.data) }
        case .store(let desk): desk.directory
        }
    }

    func ask<Operation: DeskOperation>(_ operation: Operation) async throws -> Operation.Answer {
        switch self {
        case .server(let client): try await client.ask(operation)
        case .store(let desk): try await operation.perform(at: desk)
        }
    }

    var isServer: Bool {
        if case .server = self { true } else { false }
    }
}
