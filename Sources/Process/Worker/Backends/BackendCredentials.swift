import Certificates
import HTTPEngine
import Model
import Settings
import Synchronization

/// What one backend's servers are asked with over TLS: authorities, and a certificate of ours. Read at start; read again when their files
/// have changed, and handed to all connections that begin then, of servers that releases bring, too. What is wrong with a new file leaves
/// everything as it was.
final class BackendCredentials: Sendable {
    private struct State {
        var encryption: BackendEncryption
        /// Nil: no server has needed any yet.
        var material: BackendEncryption.Material?
        var watch: CertificateWatch
        /// By server, while it is there.
        var slots: [Held] = []
    }

    private struct Held {
        weak var slot: TLSConnectorSlot?
        let name: String
    }

    private let backend: Configuration.Backend
    /// None: there is nothing that could change.
    private let paths: [String]
    private let state: Mutex<State>

    /// - Parameter copied: files as they were when the configuration was copied.
    init(_ backend: Configuration.Backend, _ copied: CopiedFiles) {
        self.backend = backend
        let files = backend.tls
        paths = [files?.certificate?.certificate.path, files?.certificate?.key.path, files?.authorities?.path].compactMap { $0 }
        // Asked first: what changes after this look is seen by the next.
        let watch = CertificateWatch(read: CertificateFiles.version(of: paths, copied))
        state = Mutex(State(encryption: BackendEncryption(copied), watch: watch))
    }

    var isWatched: Bool { !paths.isEmpty }
    var label: String { "backend \(backend.name)" }

    /// - Returns: nil for a server that is reached plainly.
    /// - Throws: what is wrong with the files.
    func slot(_ server: Configuration.Backend.Server) throws(ConfigurationFaults) -> TLSConnectorSlot? {
        guard server.url.isSecure else { return nil }
        let name = BackendEncryption.name(server, of: backend)
        return try state.withLock { state throws(ConfigurationFaults) in
            if state.material == nil { state.material = try state.encryption.material(of: backend) }
            guard let material = state.material else { return nil }
            let slot = TLSConnectorSlot(try BackendEncryption.connector(to: name, of: backend, material))
            state.slots.removeAll { $0.slot == nil }
            state.slots.append(Held(slot: slot, name: name))
            return slot
        }
    }

    enum Outcome {
        case same
        case replaced
        /// What was read before is used on.
        case refused(ConfigurationFaults)
    }

    /// Reads again what has changed. Connections keep what they began with.
    func refresh(now: Timestamp) -> Outcome {
        let version = CertificateFiles.version(of: paths)
        return state.withLock { state in
            guard state.watch.look(version), state.material != nil else { return .same }
            do throws(ConfigurationFaults) {
                var fresh = BackendEncryption(CopiedFiles())
                let material = try fresh.material(of: backend, now: now)
                var connectors: [(TLSConnectorSlot, TLSConnector)] = []
                for held in state.slots {
                    guard let slot = held.slot else { continue }
                    connectors.append((slot, try BackendEncryption.connector(to: held.name, of: backend, material)))
                }
                // All of them, or none.
                for (slot, connector) in connectors { slot.replace(connector) }
                state.material = material
                state.encryption = fresh
                return .replaced
            } catch {
                return .refused(error)
            }
        }
    }
}
