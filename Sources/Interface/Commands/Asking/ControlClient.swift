import AdminAPI
import Glibc
import Handover
import Settings

/// Asks a running supervisor over its control socket. Waits for the outcome: what is asked may take as long as it takes.
struct ControlClient {
    private let socket: MessageSocket

    /// - Returns: nil where no supervisor listens.
    init?(_ configuration: Configuration) {
        let folder = configuration.data.hasSuffix("/") ? configuration.data : configuration.data + "/"
        guard let socket = try? MessageSocket.connect(to: folder + "control.sock") else { return nil }
        self.socket = socket
    }

    /// - Throws: the supervisor's refusal, with its exit code.
    func ask(_ wish: Wish) throws -> Reply {
        defer { socket.close() }
        let reply: Reply
        do throws(HandoverFault) {
            try socket.send(wish)
            guard let (first, _) = try socket.receive(Reply.self) else { throw .gone }
            reply = first
        } catch {
            throw Problem.failed("the supervisor did not answer: \(error)\nSee its log.")
        }
        guard case .refused(let exit, let text) = reply else { return reply }
        throw Problem(Problem.Exit(rawValue: Int32(truncatingIfNeeded: exit)) ?? .failed, status: 409, text)
    }
}
