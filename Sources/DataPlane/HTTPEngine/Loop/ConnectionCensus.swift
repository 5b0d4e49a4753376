/// What a connection is doing, as far as its end is concerned.
package enum ConnectionKind: Hashable, Sendable {
    /// Between requests.
    case idle
    /// A request is being read, half a head among them, or worked on.
    case request
    /// A body is on its way, in or out.
    case transfer
    /// An answer that goes on until somebody ends it.
    case webSocket
    case eventStream

    init(_ kind: LastingAnswer.Kind) { self = kind == .webSocket ? .webSocket : .eventStream }
}

/// Connections of a loop by what they are doing.
package struct ConnectionCensus: Hashable, Sendable {
    package var idle = 0
    package var requests = 0
    package var transfers = 0
    /// Over HTTP/1.1; those over HTTP/2 share connections.
    package var webSockets = 0
    package var eventStreams = 0
    package var http2 = 0
    package var http2WebSockets = 0
    package var http2EventStreams = 0
    package var handshakes = 0
    /// Since the oldest of them came.
    package var oldestSeconds = 0
    /// Connections that a limit of the drain has closed.
    package var forced = 0
    /// WebSockets and event streams that were ended at their limit.
    package var concluded = 0
    /// How often accepting paused since no descriptor or memory was free.
    package var shortages = 0

    package init() {}

    package var connections: Int { idle + requests + transfers + webSockets + eventStreams + http2 + handshakes }

    mutating func count(_ connection: ConnectionProtocol, now: Int64) {
        oldestSeconds = max(oldestSeconds, Int(now - connection.since))
        if case .http2(let connection) = connection {
            http2 += 1
            for stream in connection.streams {
                guard let lasting = stream.exchange.lasting else { continue }
                if lasting.kind == .webSocket { http2WebSockets += 1 } else { http2EventStreams += 1 }
            }
            return
        }
        switch connection.kind {
        case .idle: idle += 1
        case .request: requests += 1
        case .transfer: transfers += 1
        case .webSocket: webSockets += 1
        case .eventStream: eventStreams += 1
        }
    }

    package mutating func add(_ other: ConnectionCensus) {
        idle += other.idle
        requests += other.requests
        transfers += other.transfers
        webSockets += other.webSockets
        eventStreams += other.eventStreams
        http2 += other.http2
        http2WebSockets += other.http2WebSockets
        http2EventStreams += other.http2EventStreams
        handshakes += other.handshakes
        oldestSeconds = max(oldestSeconds, other.oldestSeconds)
        forced += other.forced
        concluded += other.concluded
        shortages += other.shortages
    }
}
