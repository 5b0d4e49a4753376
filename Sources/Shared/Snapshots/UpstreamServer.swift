import Sockets

/// What connections to a server are encrypted with: made once for all loops, by the worker for the engine.
package protocol ServerEncryption: AnyObject, Sendable {}

/// A server of a backend, and what all event loops know of it together.
package final class UpstreamServer: Sendable {
    package enum Origin: Hashable, Sendable {
        /// `host` is an address or a name.
        case tcp(host: String, port: UInt16)
        case unix(path: String)
    }

    /// As the configuration says it: `http://10.0.0.5:9000`.
    package let name: String
    package let id: String?
    package let weight: Int
    /// 0: it is asked; others while no server of a smaller one is there.
    package let rank: Int
    package let origin: Origin
    /// Whether connections are encrypted.
    package let isSecure: Bool
    /// Nil: they are plain, or, where they must not be, there are none.
    package let encryption: (any ServerEncryption)?
    /// What `Host` is where servers are to see their own.
    package let authority: [UInt8]
    package let health: ServerHealth
    /// Empty while its name is not resolved.
    package let addresses: [SocketAddress]

    /// - Parameters:
    ///   - isSecure: connections are encrypted.
    ///   - encryption: with what; nil with `isSecure`: nothing is sent to it.
    ///   - addresses: of a name, as far as they are known.
    package init(
        name: String, origin: Origin, isSecure: Bool = false, encryption: (any ServerEncryption)? = nil, weight: Int = 1,
        rank: Int = 0, id: String? = nil, addresses: [SocketAddress] = [], health: ServerHealth = ServerHealth()
    ) {
        self.health = health
        self.isSecure = isSecure
        self.encryption = encryption
        self.name = name
        self.origin = origin
        self.weight = weight
        self.rank = rank
        self.id = id
        switch origin {
        case .unix(let path):
            authority = Array("localhost".utf8)
            self.addresses = SocketAddress(path: path).map { [$0] } ?? addresses
        case .tcp(let host, let port):
            let shown = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
            authority = Array((port == (isSecure ? 443 : 80) ? shown : "\(shown):\(port)").utf8)
            self.addresses = SocketAddress(host: host, port: port).map { [$0] } ?? addresses
        }
    }
}
