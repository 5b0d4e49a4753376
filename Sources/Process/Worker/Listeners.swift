import AdminAPI
import HTTPEngine
import Settings

/// The listening sockets of a configuration, opened before anything is served: whoever opens them owns them, so that a
/// supervisor can later.
package struct Listeners: Sendable {
    let sockets: [ListeningSocket]

    /// As bound, with the port the system chose where it was 0.
    package var addresses: [String] { sockets.map(\.address) }

    /// - Throws: a problem that names the address; what was opened before is closed again.
    package static func open(_ configuration: Configuration) throws(Problem) -> Listeners {
        var sockets: [ListeningSocket] = []
        for listener in configuration.listen {
            do throws(EngineError) {
                sockets.append(try ListeningSocket.open(listener.address.description))
            } catch {
                for socket in sockets { socket.close() }
                throw Problem.failed("\(error)\nStop what uses it, or change `listen` (with `serve DIR` the address is 0.0.0.0:8080).")
            }
        }
        return Listeners(sockets: sockets)
    }

    package func close() {
        for socket in sockets { socket.close() }
    }
}
