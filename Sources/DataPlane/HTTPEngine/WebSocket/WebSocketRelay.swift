/// Both directions of a WebSocket that passes through, and how it is ended from the middle: as a value, bytes in, what to pass on out.
///
/// Each direction goes its own way, since each is at its own place in a frame when the end is decided:
///
/// ```
///  passing ── conclude, between frames ────────────────────▶ told: our close frame has gone this way, what follows is dropped
///     │                                                        ▲
///     └────── conclude, in a frame ──▶ ending ── its last byte ┘   up to the sender's own close frame, which answers the other one
/// ```
/// A side that has begun the closing handshake itself (RFC 6455 §7.1.2) is not told anything: what it began is passed on to its end.
package struct WebSocketRelay: Hashable, Sendable {
    package enum Side: Hashable, Sendable {
        case client, server
    }

    /// What becomes of bytes from one side.
    package struct Passed: Hashable, Sendable {
        /// So many from the front go to the other side.
        package var count: Int
        /// Behind them the other side is told that it is over.
        package var isLast: Bool
    }

    /// Who is to be told at once that it is over.
    package struct Told: Hashable, Sendable {
        package var client = false
        package var server = false
    }

    private enum Phase: Hashable {
        case passing, ending, told
    }

    /// What one side sends.
    private struct Direction: Hashable {
        var frames = WebSocketFrames()
        var phase = Phase.passing
        /// Its sender has ended its side of the connection.
        var hasEnded = false

        /// Whether its sender has nothing more to say.
        var isDone: Bool { frames.isClosed || frames.isLost || hasEnded }

        mutating func take(_ bytes: UnsafeRawBufferPointer) -> Passed {
            switch phase {
            case .passing: return Passed(count: frames.follow(bytes), isLast: false)
            case .told:
                _ = frames.follow(bytes)
                return Passed(count: 0, isLast: false)
            case .ending:
                let count = frames.follow(bytes, stopsAtBoundary: true)
                guard frames.isAtBoundary || frames.isLost else { return Passed(count: count, isLast: false) }
                phase = .told
                let isLast = !frames.isClosed && !frames.isLost
                _ = frames.follow(UnsafeRawBufferPointer(rebasing: bytes[count...]))
                return Passed(count: count, isLast: isLast)
            }
        }

        /// - Returns: whether the other side is to be told at once.
        mutating func conclude() -> Bool {
            phase = frames.isAtBoundary || frames.isLost ? .told : .ending
            return frames.isAtBoundary
        }
    }

    private var client = Direction()
    private var server = Direction()
    package private(set) var isConcluding = false

    package init() {}

    /// - Parameter side: who sent them.
    package mutating func take(_ bytes: UnsafeRawBufferPointer, from side: Side) -> Passed {
        side == .client ? client.take(bytes) : server.take(bytes)
    }

    /// A side has ended its half of the connection.
    package mutating func ended(_ side: Side) {
        if side == .client { client.hasEnded = true } else { server.hasEnded = true }
    }

    /// The tunnel's time is over.
    package mutating func conclude() -> Told {
        guard !isConcluding else { return Told() }
        isConcluding = true
        if client.frames.hasCloseBegun || server.frames.hasCloseBegun { return Told() }
        return Told(client: server.conclude(), server: client.conclude())
    }

    /// Whether nothing keeps a frame from being the last any more: what is left is to wait for answers, and not for long.
    package var isWaitingForAnswers: Bool { isConcluding && client.phase != .ending && server.phase != .ending }

    /// Whether both sides have said all: the connections can be closed.
    package var isOver: Bool { isConcluding && client.isDone && server.isDone }
}
