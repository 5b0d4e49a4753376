/// Why a request is refused before any route sees it: the status and a word for the log. The connection closes after it.
package struct Refusal: Error, Hashable, Sendable {
    package var status: UInt16
    package var reason: Reason

    package enum Reason: String, Sendable {
        case badRequestLine, badTarget, badVersion, badFieldName, badFieldValue, foldedField, bareLineFeed
        case missingHost, repeatedHost, badHost
        case badContentLength, repeatedContentLength, lengthAndCoding, unknownCoding, codingNotFinal, codingInHTTP10
        case badChunk, chunkExtensionTooLong, badTrailer
        case requestLineTooLong, tooManyFields, fieldsTooLarge, bodyTooLarge
        case headTooSlow, bodyTooSlow
        case unknownExpectation, unknownProtocol
        case malformedFields, brokenConnection
        /// In front of HTTP, where a load balancer says whose the connection is.
        case badProxyHeader, unknownBalancer
    }

    package init(_ status: UInt16, _ reason: Reason) {
        self.status = status
        self.reason = reason
    }
}

extension Response {
    /// What a refused request is told.
    static func refusal(_ refusal: Refusal) -> Response {
        var fields = FieldLines()
        fields.add("Content-Type", "text/plain; charset=utf-8")
        fields.add("Cache-Control", "no-store")
        fields.add("X-Content-Type-Options", "nosniff")
        return Response(status: refusal.status, fields: fields, body: .bytes(Array("\(StatusLine.words(refusal.status))\n".utf8)))
    }
}

/// What a connection may cost. Each bound has its status.
package struct EngineLimits: Sendable {
    /// Bytes of method, target and version. Over it: 414.
    package var requestLine = 8 * 1024
    /// Field lines. Over it: 431.
    package var fieldCount = 100
    /// Bytes of all field lines. Over it: 431.
    package var fieldBytes = 32 * 1024
    /// Bytes of the head of an upstream's answer. Over it: 502.
    package var upstreamHeadBytes = 64 * 1024
    /// Bytes of one chunk's extensions. Over it: 400.
    package var chunkExtension = 256
    /// Bytes of all trailers. Over it: 431.
    package var trailerBytes = 8 * 1024
    /// Bytes of a body that nobody asked for and that is read only to keep the connection. Over it: the connection closes.
    package var discardedBody: UInt64 = 256 * 1024
    /// Seconds from the first byte of a head to its last. Over it: 408.
    package var headSeconds = 10
    /// Seconds without any byte between requests.
    package var idleSeconds = 75
    /// Seconds in which a body or a reader must move at least `floorBytes`. Over it: 408, or the connection closes.
    package var stallSeconds = 20
    /// Bytes in `stallSeconds` below which a peer counts as stalled.
    package var floorBytes = 4 * 1024
    /// Bytes of answers that wait in one batch before they are written and, when the reader is slow, input is paused.
    package var batchBytes = 256 * 1024
    /// Connections a loop holds. Over it: accepting pauses.
    package var connections = 100_000
    /// A connection with a descriptor as high as this is the last for now: accepting pauses.
    package var descriptors = Int.max
    package var http2 = HTTP2Limits()
    /// Seconds from accepting to the end of the TLS handshake. Over it: the connection closes.
    package var handshakeSeconds = 10
    /// Handshakes a loop has under way. Over it: the oldest closes, since it is most likely one that never ends.
    package var handshakes = 1024

    package init() {}
}
