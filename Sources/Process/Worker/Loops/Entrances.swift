import HTTPEngine
import Settings
import Snapshots
import Sockets

/// The listening sockets by what is done there. Plain and encrypted connections have loops of their own, since each has the
/// transport that suits it; a listener that redirects has one loop, which is plenty.
package struct Entrances: Sendable {
    var plain: [Entrance] = []
    var secure: [Entrance] = []
    var redirects: [(entrance: Entrance, port: UInt16)] = []

    /// - Parameters:
    ///   - listeners: in the order of the configuration, with their sockets.
    ///   - identities: of each listener that has TLS, by its position.
    init(_ listeners: Listeners, _ configuration: Configuration, identities: [Int: TLSIdentities]) {
        for (index, (listener, socket)) in zip(configuration.listen, listeners.sockets).enumerated() {
            let entrance = Entrance(socket, tls: identities[index], balancers: Self.balancers(listener))
            if entrance.tls != nil {
                secure.append(entrance)
            } else if let redirect = listener.redirect {
                redirects.append((entrance, redirect.port))
            } else {
                plain.append(entrance)
            }
        }
    }

    private static func balancers(_ listener: Configuration.Listener) -> (@Sendable (PeerAddress) -> Bool)? {
        if listener.proxyProtocol.isEmpty { return nil }
        let ranges = listener.proxyProtocol.map(AddressPrefix.init)
        return { peer in peer == .local || ranges.contains { $0.contains(high: peer.high, low: peer.low) } }
    }

    /// How many kinds of loops serve sites.
    var kinds: Int { (plain.isEmpty ? 0 : 1) + (secure.isEmpty ? 0 : 1) }
}
