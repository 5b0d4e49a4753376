/// What HTTP/2 makes of a field, found out once: when it is decoded from its bytes. A field that comes from a table brings
/// its tag, so that nobody looks at its bytes again.
struct FieldTag: Hashable, Sendable {
    enum Kind: UInt8, Sendable {
        case regular, cookie, priority
        case method, scheme, authority, path, `protocol`
        /// Breaks RFC 9113 §8.2 or §8.3: the request is malformed.
        case malformed
    }

    var kind: Kind
    /// The field's slot, or 255.
    private var slot: UInt8

    var known: KnownField? { slot == 255 ? nil : KnownField(rawValue: slot) }

    @inline(__always)
    var isPseudo: Bool { kind.rawValue >= Kind.method.rawValue && kind.rawValue <= Kind.protocol.rawValue }

    init(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        slot = 255
        kind = .malformed
        guard let start = name.baseAddress, name.count > 0 else { return }
        guard Self.isValidValue(value) else { return }
        if start[0] == UInt8(ascii: ":") {
            kind = Self.pseudo(name)
            return
        }
        guard Self.isValidName(name), !Self.isForbidden(name, value) else { return }
        kind = .regular
        guard let field = KnownField.of(start, count: name.count) else {
            if Self.equal(name, "priority") { kind = .priority }
            return
        }
        slot = field.rawValue
        if field == .cookie { kind = .cookie }
    }

    private static func equal(_ bytes: UnsafeBufferPointer<UInt8>, _ text: StaticString) -> Bool {
        bytes.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// The five of a request; `:status` and whatever else is not defined for requests is malformed (RFC 9113 §8.3).
    private static func pseudo(_ name: UnsafeBufferPointer<UInt8>) -> Kind {
        if equal(name, ":method") { return .method }
        if equal(name, ":scheme") { return .scheme }
        if equal(name, ":authority") { return .authority }
        if equal(name, ":path") { return .path }
        return equal(name, ":protocol") ? .protocol : .malformed
    }

    /// Tokens in lower case: RFC 9113 §8.2.1 allows some bytes more, which no field name has (RFC 9110 §5.1).
    private static func isValidName(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        name.allSatisfy { ByteClass.isToken($0) && !($0 &- 0x41 < 26) }
    }

    /// No control characters and no space at either end (RFC 9113 §8.2.1, RFC 9110 §5.5).
    private static func isValidValue(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = value.first, let last = value.last else { return true }
        return first != 0x20 && first != 0x09 && last != 0x20 && last != 0x09 && value.allSatisfy { ByteClass.isValue($0) }
    }

    /// What speaks about an HTTP/1.1 connection (RFC 9113 §8.2.2).
    private static func isForbidden(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) -> Bool {
        switch name.count {
        case 2: equal(name, "te") && !isTrailers(value)
        case 7: equal(name, "upgrade")
        case 10: equal(name, "connection") || equal(name, "keep-alive")
        case 16: equal(name, "proxy-connection")
        case 17: equal(name, "transfer-encoding")
        default: false
        }
    }

    private static func isTrailers(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let start = value.baseAddress, value.count == 8 else { return false }
        return equalsIgnoringCase(start, ("trailers" as StaticString).utf8Start, 8)
    }
}
