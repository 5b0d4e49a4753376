import HTTPEngine
import Settings
import Sockets

/// The listening sockets by what is done there. Plain and encrypted connections have loops of their own, since each has the
/// transport that suits it; a listener that redirects has one loop, which is plenty.
package struct Entrances: Sendable {
    var plain: [Entrance] = []
    var secure: [Entrance] = []
    var redirects: [(socket: ListeningSocket, port: UInt16)] = []

    /// - Parameters:
    ///   - listeners: in the order of the configuration, with their sockets.
    ///   - identities: of each listener that has TLS, by its position.
    init(_ listeners: Listeners, _ configuration: Configuration, identities: [Int: TLSIdentities]) {
        for (index, (listener, socket)) in zip(configuration.listen, listeners.sockets).enumerated() {
            if let tls = identities[index] {
                secure.append(Entrance(socket, tls: tls))
            } else if let redirect = listener.redirect {
                redirects.append((socket, redirect.port))
            } else {
                plain.append(Entrance(socket))
            }
        }
    }

    /// How many kinds of loops serve sites.
    var kinds: Int { (plain.isEmpty ? 0 : 1) + (secure.isEmpty ? 0 : 1) }
}
