import Sockets

/// A listening socket and what is spoken on it.
package struct Entrance: Sendable {
    package let socket: ListeningSocket
    /// Nil: plain.
    package let tls: TLSIdentities?
    /// Who may put a PROXY header in front of a connection, and has to: others are closed. Nil: there is none.
    package let balancers: (@Sendable (PeerAddress) -> Bool)?

    package init(_ socket: ListeningSocket, tls: TLSIdentities? = nil, balancers: (@Sendable (PeerAddress) -> Bool)? = nil) {
        self.socket = socket
        self.tls = tls
        self.balancers = balancers
    }
}
