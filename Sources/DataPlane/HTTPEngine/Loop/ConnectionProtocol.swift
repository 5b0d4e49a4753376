/// The protocol that a connection turned out to speak. Not an existential: the way of a hot answer has no dynamic dispatch.
///
/// On a plain listener the first bytes tell (RFC 9113 §3.3: prior knowledge); over TLS it is known from ALPN before any come.
package enum ConnectionProtocol {
    case http1(HTTP1Connection)
    case http2(HTTP2Connection)

    @inline(__always)
    package func received(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .http1(let connection): connection.received(bytes)
        case .http2(let connection): connection.received(bytes)
        }
    }

    package func endOfInput() {
        switch self {
        case .http1(let connection): connection.endOfInput()
        case .http2(let connection): connection.endOfInput()
        }
    }

    @inline(__always)
    package func writable() {
        switch self {
        case .http1(let connection): connection.writable()
        case .http2(let connection): connection.writable()
        }
    }

    package func drain() {
        switch self {
        case .http1(let connection): connection.drain()
        case .http2(let connection): connection.drain()
        }
    }

    /// What it is doing.
    var kind: ConnectionKind {
        switch self {
        case .http1(let connection): connection.kind
        case .http2(let connection): connection.kind
        }
    }

    /// Ends what would go on for ever, as its time comes.
    /// - Returns: whether the connection is to be cut off, since it did not end.
    func conclude(_ conclusion: Conclusion) -> Bool {
        switch self {
        case .http1(let connection): connection.conclude(conclusion)
        case .http2(let connection): connection.conclude(conclusion)
        }
    }

    /// When it came, in seconds of the loop's clock.
    var since: Int64 {
        switch self {
        case .http1(let connection): connection.since
        case .http2(let connection): connection.since
        }
    }

    package func closed() {
        switch self {
        case .http1(let connection): connection.closed()
        case .http2(let connection): connection.closed()
        }
    }

    var timed: any TimedConnection {
        switch self {
        case .http1(let connection): connection
        case .http2(let connection): connection
        }
    }
}

/// Tells from a plain connection's first bytes whether an HTTP/2 client has begun.
///
/// `PRI ` is no HTTP/1.1 method that anybody has, so four bytes decide. Until then HTTP/1.1 has them, in case they are the
/// beginning of something else; it answers nothing to so few.
struct PrefaceMatcher {
    private static let decisive = 4
    private var matched = 0
    private(set) var isDecided = false

    /// - Returns: how many bytes of the preface had come before these, when with these it is one; nil: it is none, or not
    ///   decided yet.
    mutating func match(_ bytes: UnsafeRawBufferPointer) -> Int? {
        let before = matched
        for byte in bytes {
            guard byte == HTTP2FrameReader.preface.utf8Start[matched] else {
                isDecided = true
                return nil
            }
            matched += 1
            if matched == Self.decisive {
                isDecided = true
                return before
            }
        }
        return nil
    }
}
