/// The head of a response that an upstream sent, as offsets into the bytes it was parsed from.
///
/// What is about its connection or its framing is found while it is parsed, line by line: the rest is what goes on to a client,
/// and is copied in as few runs as there are such lines.
package struct UpstreamHead: Sendable {
    package typealias Span = RequestHead.Span

    /// How the body is delimited (RFC 9112 §6.3).
    package enum Framing: Hashable, Sendable {
        case none
        case length(UInt64)
        case chunked
        /// By the end of the connection.
        case untilClose
    }

    package internal(set) var status: UInt16 = 0
    package internal(set) var reason = Span.empty
    package internal(set) var minorVersion: UInt8 = 1
    package internal(set) var framing = Framing.none
    /// What `Content-Length` says, also where no body follows (`HEAD`, `304`).
    package internal(set) var declaredLength: UInt64?
    /// Whether the connection persists behind this response (RFC 9112 §9.3).
    package internal(set) var keepsAlive = true
    /// From the first field line to the empty line that ends the head.
    package internal(set) var fields = Span.empty
    package internal(set) var fieldCount: UInt16 = 0
    /// Whether `Date` was sent.
    package internal(set) var hasDate = false
    /// The first `Connection`: whether it names other fields is for who copies the head.
    package internal(set) var connection: Span?
    /// Whether `Connection` names more than `close` and `keep-alive`, or stands on several lines.
    package internal(set) var namesFields = false
    /// Whether `Content-Type` says `text/event-stream`.
    package internal(set) var isEventStream = false
    /// The first `Upgrade`.
    package internal(set) var upgrade: Span?
    /// The first `Transfer-Encoding`, while the head is parsed.
    var coding: Span?
    /// What `Connection` says of it.
    var closes = false
    var keeps = false

    /// Whole lines that are about the connection or the framing, in order.
    private(set) var cuts = InlineArray<12, Span>(repeating: .empty)
    private(set) var cutCount = 0
    /// More such lines than there is place for: then each line is looked at.
    package private(set) var hasManyCuts = false

    package init() {}

    mutating func reset() {
        framing = .none
        declaredLength = nil
        keepsAlive = true
        fieldCount = 0
        hasDate = false
        connection = nil
        namesFields = false
        isEventStream = false
        upgrade = nil
        coding = nil
        closes = false
        keeps = false
        cutCount = 0
        hasManyCuts = false
    }

    @inline(__always)
    mutating func cut(_ line: Span) {
        if cutCount < 12 {
            cuts[cutCount] = line
            cutCount += 1
        } else {
            hasManyCuts = true
        }
    }

    /// Copies the lines that are neither about the connection nor the framing, as they came.
    /// - Parameter target: has room for all of `fields`.
    /// - Returns: bytes copied.
    package func copyEndToEnd(from base: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) -> Int {
        var at = Int(fields.start)
        let end = at + Int(fields.count)
        var written = 0
        for index in 0..<cutCount {
            let cut = cuts[index]
            let run = Int(cut.start) - at
            (target + written).update(from: base + at, count: run)
            written += run
            at = Int(cut.start) + Int(cut.count)
        }
        (target + written).update(from: base + at, count: end - at)
        return written + end - at
    }

    /// Every field in order, as (name, value) spans.
    package func forEachField(in base: UnsafePointer<UInt8>, _ body: (Span, Span) -> Void) {
        FieldLineReader.forEach(in: fields, of: base) { name, value in
            body(name, value)
            return true
        }
    }
}
