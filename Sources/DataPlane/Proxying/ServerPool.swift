import HTTPEngine
import Snapshots
import Sockets

/// One server as a loop uses it: its idle connections, and what it is working on. State belongs to one event loop.
final class ServerPool {
    /// Idle connections that are kept: as many as a loop needs at once, and a bound for the server's sake.
    private static let idleLimit = 256
    /// How long an idle connection is trusted with a request that cannot be repeated: servers end theirs after five seconds and more.
    private static let trustedIdle: Int64 = 3_000

    let server: UpstreamServer
    let loop: LoopContext
    let idleSeconds: Int64
    /// The one that was used last is used next: those that are not needed end by themselves.
    private var idle: [UpstreamConnection] = []
    /// Requests in work.
    var active = 0
    private var nextAddressIndex = 0

    init(_ server: UpstreamServer, loop: LoopContext, idleSeconds: Int64) {
        self.server = server
        self.loop = loop
        self.idleSeconds = idleSeconds
    }

    /// - Parameter isRepeatable: whether the request may be sent again when the server has ended the connection meanwhile.
    func take(isRepeatable: Bool) -> UpstreamConnection? {
        guard let last = idle.last else { return nil }
        if !isRepeatable, loop.clock.monotonic - last.idleSince > Self.trustedIdle { return nil }
        idle.removeLast()
        return last
    }

    func keep(_ connection: UpstreamConnection) {
        guard idle.count < Self.idleLimit, !loop.isDraining else { return connection.close() }
        idle.append(connection)
    }

    /// It has closed.
    func forget(_ connection: UpstreamConnection) {
        if let at = idle.lastIndex(where: { $0 === connection }) { idle.remove(at: at) }
    }

    /// Of a name with several addresses one after the other.
    func nextAddress() -> SocketAddress? {
        let addresses = server.addresses
        guard !addresses.isEmpty else { return nil }
        nextAddressIndex = (nextAddressIndex &+ 1) % addresses.count
        return addresses[nextAddressIndex]
    }

    func closeIdle() {
        let all = idle
        idle = []
        for connection in all { connection.close() }
    }
}
