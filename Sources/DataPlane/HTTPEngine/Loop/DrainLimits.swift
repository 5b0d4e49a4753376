import Model

/// How long connections of a generation that was replaced may go on, by what they are doing (`processes.md`, Drain).
package struct DrainLimits: Hashable, Sendable {
    /// Idle ones are kept so long, for their next request, which is answered with `Connection: close`: closing at once would meet
    /// requests that are on their way, and no client sends those again.
    package var idle: Duration
    package var request: Duration
    /// Those that move; ones that do not are ended by the floor of every transfer.
    package var transfer: Duration
    /// WebSockets and event streams: by then each was told to end.
    package var webSocket: Duration

    package init(idle: Duration, request: Duration, transfer: Duration, webSocket: Duration = .seconds(300)) {
        self.idle = idle
        self.request = request
        self.transfer = transfer
        self.webSocket = webSocket
    }
}

/// A drain that has begun. State belongs to one event loop.
struct Drain {
    let limits: DrainLimits
    /// In milliseconds of the loop's clock.
    let began: Int64

    /// When a connection that is idle from `now` on is closed, in seconds of the loop's clock.
    func idleUntil(_ now: Int64) -> Int64 { (now + limits.idle.wholeMilliseconds) / 1000 }

    /// Whether a connection's time is over. That of idle ones is their own deadline, that of lasting ones their conclusion.
    func isOver(_ kind: ConnectionKind, now: Int64) -> Bool {
        switch kind {
        case .idle, .webSocket, .eventStream: false
        case .request: now - began >= limits.request.wholeMilliseconds
        case .transfer: now - began >= limits.transfer.wholeMilliseconds
        }
    }

    var longest: Duration { max(limits.idle + .seconds(2), limits.request, limits.transfer, limits.webSocket + .seconds(7)) }
}
