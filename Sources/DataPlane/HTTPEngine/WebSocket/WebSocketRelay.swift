/// Both directions of a WebSocket that passes through, and how it is ended from the middle: as a value, bytes in, what to pass on out.
///
/// The server is told first. What it has to say up to its answer, echoes of the last messages among it, still reaches the client,
/// which is told when the server has answered, or has not in time. Each direction is at its own place in a frame meanwhile:
///
/// ```
///  to the server:  passing ── conclude ──▶ ending ── last byte of the frame ──▶ told
///  to the client:  passing ── conclude ──▶ answering ── the server's close frame, instead of it ──▶ told
///                                              └─ tellClient ──▶ ending ── last byte of the frame ─────▲
/// ```
/// Told: our close frame has gone this way, and what follows is dropped. A side that has begun the closing handshake itself
/// (RFC 6455 §7.1.2) is not told anything: what it began is passed on to its end.
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

    private enum Phase: Hashable {
        case passing, answering, ending, told
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
            var count = 0
            var isLast = false
            switch phase {
            case .passing: return Passed(count: frames.follow(bytes), isLast: false)
            case .told: break
            case .ending:
                count = frames.follow(bytes, stop: .atBoundary)
                guard frames.isAtBoundary || frames.isLost else { return Passed(count: count, isLast: false) }
                isLast = !frames.isClosed && !frames.isLost
            case .answering:
                count = frames.follow(bytes, stop: .beforeClose)
                if count == bytes.count { return Passed(count: count, isLast: false) }
                isLast = true
            }
            phase = .told
            _ = frames.follow(UnsafeRawBufferPointer(rebasing: bytes[count...]))
            return Passed(count: count, isLast: isLast)
        }

        /// - Returns: whether the other side is to be told at once.
        mutating func end() -> Bool {
            guard phase == .passing || phase == .answering else { return false }
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
    /// - Returns: whether the server is to be told at once.
    package mutating func conclude() -> Bool {
        guard !isConcluding else { return false }
        isConcluding = true
        if client.frames.hasCloseBegun || server.frames.hasCloseBegun { return false }
        server.phase = .answering
        return client.end()
    }

    /// The server has had its time to answer.
    /// - Returns: whether the client is to be told at once.
    package mutating func tellClient() -> Bool { server.phase == .answering && server.end() }

    /// Whether the server may still say something to the client.
    package var isServerAnswering: Bool { server.phase == .answering }

    /// Whether a frame is to be completed to the client before it can be told.
    package var isEndingFrame: Bool { server.phase == .ending }

    /// Whether both sides have said all: the connections can be closed.
    package var isOver: Bool { isConcluding && client.isDone && server.isDone }
}
