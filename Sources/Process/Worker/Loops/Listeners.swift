import AdminAPI
import HTTPEngine
import Settings
import Sockets

/// The listening sockets of a configuration, in its order, as the supervisor gave them. It owns them; this process closes its
/// copies.
package struct Listeners: Sendable {
    let sockets: [ListeningSocket]

    /// As bound, with the port the system chose where it was 0.
    package var addresses: [String] { sockets.map(\.address) }

    package init(sockets: [ListeningSocket]) {
        self.sockets = sockets
    }

    /// Opens them and closes them again.
    /// - Throws: a problem that names the address.
    package static func tryOpening(_ configuration: Configuration) throws(Problem) {
        var sockets: [ListeningSocket] = []
        defer { for socket in sockets { socket.close() } }
        for listener in configuration.listen {
            do throws(SocketFault) {
                sockets.append(try ListeningSocket.open(listener.address.description))
            } catch {
                throw Problem.failed("\(error)\nStop what uses it, or change `listen` (with `serve DIR` the address is 0.0.0.0:8080).")
            }
        }
    }

    func close() {
        for socket in sockets { socket.closeCopy() }
    }
}
