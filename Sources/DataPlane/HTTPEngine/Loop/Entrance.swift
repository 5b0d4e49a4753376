import Sockets

/// A listening socket and what is spoken on it.
package struct Entrance: Sendable {
    package let socket: ListeningSocket
    /// Nil: plain.
    package let tls: TLSIdentities?

    package init(_ socket: ListeningSocket, tls: TLSIdentities? = nil) {
        self.socket = socket
        self.tls = tls
    }
}
