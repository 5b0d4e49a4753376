import Glibc
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
    /// Of the header that says whose a connection is; nil: connections are for all clients.
    let headerVersion: ProxyHeader.Version?
    /// The one that was used last is used next: those that are not needed end by themselves.
    private var idle: [UpstreamConnection] = []
    /// Requests in work.
    var active = 0
    private var nextAddressIndex = 0
    /// It is no server of its backend any more.
    private(set) var hasLeft = false
    /// Whether its connections carry many requests at once.
    let speaksHTTP2: Bool
    private var http2: [HTTP2UpstreamConnection] = []

    init(_ server: UpstreamServer, _ policy: BackendPolicy, loop: LoopContext) {
        self.server = server
        self.loop = loop
        idleSeconds = policy.limits.idleSeconds
        speaksHTTP2 = policy.speaksHTTP2
        headerVersion = policy.announcement.map { $0.version }
    }

    /// - Parameters:
    ///   - isRepeatable: whether the request may be sent again when the server has ended the connection meanwhile.
    ///   - client: whose connection it must be, where that is said in front of it.
    func take(isRepeatable: Bool, client: ProxyHeader.Addresses?) -> UpstreamConnection? {
        guard let last = idle.last else { return nil }
        if headerVersion != nil { return take(of: client, isRepeatable: isRepeatable) }
        if !isRepeatable, loop.clock.monotonic - last.idleSince > Self.trustedIdle { return nil }
        idle.removeLast()
        return last
    }

    private func take(of client: ProxyHeader.Addresses?, isRepeatable: Bool) -> UpstreamConnection? {
        guard let at = idle.lastIndex(where: { $0.client == client }) else { return nil }
        if !isRepeatable, loop.clock.monotonic - idle[at].idleSince > Self.trustedIdle { return nil }
        return idle.remove(at: at)
    }

    func keep(_ connection: UpstreamConnection) {
        guard !loop.isDraining, !hasLeft else { return connection.close() }
        if idle.count >= Self.idleLimit {
            // One that is bound to its client makes room: most likely that client does not come back.
            guard headerVersion != nil, let first = idle.first else { return connection.close() }
            first.close()
        }
        idle.append(connection)
    }

    /// It has closed.
    func forget(_ connection: UpstreamConnection) {
        if let at = idle.lastIndex(where: { $0 === connection }) { idle.remove(at: at) }
    }

    /// Begins a connection.
    /// - Returns: nil, with `errno`, when it cannot even be begun.
    func connect(_ owner: UpstreamConnection) -> OutgoingSocket? {
        let preamble = headerVersion.map { ProxyHeader(addresses: owner.client).bytes($0) } ?? []
        return server.connect(to: nextAddress(), on: loop, owner: owner, preamble: preamble)
    }

    /// Of several addresses one after the other; nil: none is known.
    func nextAddress() -> SocketAddress? {
        let addresses = server.addresses
        if addresses.isEmpty { return nil }
        nextAddressIndex = (nextAddressIndex &+ 1) % addresses.count
        return addresses[nextAddressIndex]
    }

    /// No request comes to it any more; those in work are finished.
    func leave() {
        hasLeft = true
        closeIdle()
    }

    /// - Returns: a stream of a connection that has room, open or not; nil, with `errno`, when none can be begun.
    func stream() -> HTTP2UpstreamStream? {
        if let found = http2.first(where: \.hasRoom) { return found.join() }
        let fresh = HTTP2UpstreamConnection(pool: self)
        guard fresh.open() else { return nil }
        http2.append(fresh)
        return fresh.join()
    }

    /// No stream is opened on it any more.
    func forget(_ connection: HTTP2UpstreamConnection) { http2.removeAll { $0 === connection } }

    func closeIdle() {
        for connection in http2 { connection.closeIfIdle() }
        let all = idle
        idle = []
        for connection in all { connection.close() }
    }
}

extension BackendPolicy.Announcement {
    var version: ProxyHeader.Version { self == .proxyV1 ? .v1 : .v2 }
}
