/// A request line and its fields as offsets into the bytes they were parsed from: nothing is copied, nothing is a string.
///
/// The offsets count from the head's first byte and are at most the limit of a head, far below 4 GB.
package struct RequestHead: Sendable {
    package struct Span: Sendable, Hashable {
        package var start: UInt32
        package var count: UInt32

        @inline(__always)
        package init(_ start: Int, _ end: Int) {
            self.start = UInt32(truncatingIfNeeded: start)
            self.count = UInt32(truncatingIfNeeded: end - start)
        }

        package static let empty = Span(0, 0)
        package var isEmpty: Bool { count == 0 }

        @inline(__always)
        package func bytes(from base: UnsafePointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
            UnsafeBufferPointer(start: base + Int(start), count: Int(count))
        }
    }

    package enum Method: UInt8, Sendable {
        case get, head, other
    }

    /// How the message body is delimited (RFC 9112 §6.3).
    package enum Framing: Hashable, Sendable {
        case none
        case length(UInt64)
        case chunked
    }

    package var method = Method.get
    package var methodName = Span.empty
    /// The request target without scheme and authority: path and query. `*` for OPTIONS.
    package var target = Span.empty
    /// The authority of an absolute-form target, else the Host field; empty only in HTTP/1.0.
    package var authority = Span.empty
    /// 0 or 1: HTTP/1.0 or HTTP/1.1.
    package var minorVersion: UInt8 = 1
    package var framing = Framing.none
    /// Whether the connection persists after this exchange (RFC 9112 §9.3).
    package var keepsAlive = true
    package var expectsContinue = false
    /// A CONNECT over HTTP/2 that asks for a WebSocket at a path (RFC 8441 §4): what both sides send is no content.
    package var isExtendedConnect = false
    /// From the first field line to the empty line that ends the head.
    package var fields = Span.empty
    package var fieldCount: UInt16 = 0

    /// A bit for each known field that was sent. Stored in the open, since a call from another module would copy the head.
    package private(set) var present: UInt32 = 0
    private var repeated: UInt32 = 0
    private var slots = InlineArray<24, Span>(repeating: .empty)

    package init() {}

    /// The value of a known field without surrounding whitespace: the first, where it was sent several times.
    @inline(__always)
    package subscript(field: KnownField) -> Span? {
        present & (1 << UInt32(field.rawValue)) == 0 ? nil : slots[Int(field.rawValue)]
    }

    @inline(__always)
    package func has(_ field: KnownField) -> Bool { present & (1 << UInt32(field.rawValue)) != 0 }

    /// Whether the field was sent on more than one line: then its value is all of them, joined with commas (RFC 9110 §5.3).
    @inline(__always)
    package func isRepeated(_ field: KnownField) -> Bool { repeated & (1 << UInt32(field.rawValue)) != 0 }

    @inline(__always)
    mutating func set(_ field: KnownField, _ span: Span) {
        let bit: UInt32 = 1 << UInt32(field.rawValue)
        if present & bit != 0 {
            repeated |= bit
        } else {
            present |= bit
            slots[Int(field.rawValue)] = span
        }
    }

    /// Forgets the last request without clearing the slots: `present` says which count.
    @inline(__always)
    mutating func reset() {
        present = 0
        repeated = 0
        method = .other
        fieldCount = 0
        framing = .none
        expectsContinue = false
        isExtendedConnect = false
        authority = .empty
    }

    /// Every field in order, as (name, value) spans. For fields without a slot.
    package func forEachField(in base: UnsafePointer<UInt8>, _ body: (Span, Span) -> Bool) {
        FieldLineReader.forEach(in: fields, of: base, body)
    }

    /// The first field of that lower-case name; nil if it was not sent.
    package func field(named lower: UnsafeBufferPointer<UInt8>, in base: UnsafePointer<UInt8>) -> Span? {
        guard let wanted = lower.baseAddress else { return nil }
        var found: Span?
        forEachField(in: base) { name, value in
            guard Int(name.count) == lower.count, equalsIgnoringCase(base + Int(name.start), wanted, lower.count) else { return true }
            found = value
            return false
        }
        return found
    }
}
