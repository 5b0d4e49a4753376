/// What a connection is doing, as far as its end is concerned.
package enum ConnectionKind: Hashable, Sendable {
    /// Between requests.
    case idle
    /// A request is being read, half a head among them, or worked on.
    case request
    /// A body is on its way, in or out.
    case transfer
}

/// Connections of a loop by what they are doing.
package struct ConnectionCensus: Hashable, Sendable {
    package var idle = 0
    package var requests = 0
    package var transfers = 0
    package var http2 = 0
    package var handshakes = 0
    /// Since the oldest of them came.
    package var oldestSeconds = 0
    /// Connections that a limit of the drain has closed.
    package var forced = 0
    /// How often accepting paused since no descriptor or memory was free.
    package var shortages = 0

    package init() {}

    package var connections: Int { idle + requests + transfers + http2 + handshakes }

    mutating func count(_ connection: ConnectionProtocol, now: Int64) {
        oldestSeconds = max(oldestSeconds, Int(now - connection.since))
        if case .http2 = connection {
            http2 += 1
            return
        }
        switch connection.kind {
        case .idle: idle += 1
        case .request: requests += 1
        case .transfer: transfers += 1
        }
    }

    package mutating func add(_ other: ConnectionCensus) {
        idle += other.idle
        requests += other.requests
        transfers += other.transfers
        http2 += other.http2
        handshakes += other.handshakes
        oldestSeconds = max(oldestSeconds, other.oldestSeconds)
        forced += other.forced
        shortages += other.shortages
    }
}
