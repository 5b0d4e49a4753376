import Model

/// What `Cache-Control` says, on a request or a response (RFC 9111 §5.2, RFC 5861, RFC 8246).
///
/// Unknown directives are ignored, names are compared without case, arguments may be tokens or quoted strings (§5.2). Of a directive
/// that stands twice with different times the shorter counts; a time that is no number makes a response stale (§4.2.1). Numbers that
/// do not fit mean "a very long time": 2³¹ seconds (§1.2.2).
package struct Directives: Hashable, Sendable {
    /// A directive that may be limited to some fields.
    package enum Extent: Hashable, Sendable {
        case all
        /// Names in lower case.
        case fields(Set<String>)
    }

    package enum Staleness: Hashable, Sendable {
        case any
        case upTo(Duration)
    }

    package var maxAge: Duration?
    package var sharedMaxAge: Duration?
    package var staleWhileRevalidate: Duration?
    package var staleIfError: Duration?
    package var minimumFresh: Duration?
    package var maximumStale: Staleness?
    package var noCache: Extent?
    package var isPrivate: Extent?
    package var noStore = false
    package var isPublic = false
    package var mustRevalidate = false
    package var proxyRevalidate = false
    package var mustUnderstand = false
    package var noTransform = false
    package var onlyIfCached = false
    package var immutable = false

    package init() {}

    /// Fields that are for the one who asked, in lower case.
    package var hiddenFields: Set<String> {
        var names: Set<String> = []
        if case .fields(let some)? = isPrivate { names.formUnion(some) }
        if case .fields(let some)? = noCache { names.formUnion(some) }
        return names
    }

    /// - Parameter members: of the field's list value.
    package init(_ members: [ArraySlice<UInt8>]) {
        for member in members {
            let equals = member.firstIndex(of: UInt8(ascii: "="))
            let name = String(decoding: member[..<(equals ?? member.endIndex)], as: UTF8.self).lowercased()
            take(name, equals.map { member[($0 + 1)...] })
        }
    }

    private mutating func take(_ name: String, _ argument: ArraySlice<UInt8>?) {
        switch name {
        case "max-age": Self.shorten(&maxAge, argument)
        case "s-maxage": Self.shorten(&sharedMaxAge, argument)
        case "stale-while-revalidate": Self.shorten(&staleWhileRevalidate, argument)
        case "stale-if-error": Self.shorten(&staleIfError, argument)
        case "min-fresh": minimumFresh = max(minimumFresh ?? .zero, DeltaSeconds.parse(argument) ?? .zero)
        case "max-stale": maximumStale = argument.map { .upTo(DeltaSeconds.parse($0) ?? .zero) } ?? .any
        case "no-cache": noCache = Self.widen(noCache, argument)
        case "private": isPrivate = Self.widen(isPrivate, argument)
        case "no-store": noStore = true
        case "public": isPublic = true
        case "must-revalidate": mustRevalidate = true
        case "proxy-revalidate": proxyRevalidate = true
        case "must-understand": mustUnderstand = true
        case "no-transform": noTransform = true
        case "only-if-cached": onlyIfCached = true
        case "immutable": immutable = true
        default: break
        }
    }

    private static func shorten(_ duration: inout Duration?, _ argument: ArraySlice<UInt8>?) {
        let said = DeltaSeconds.parse(argument) ?? .zero
        duration = duration.map { min($0, said) } ?? said
    }

    /// Without names it is about the whole response, whatever else is said.
    private static func widen(_ extent: Extent?, _ argument: ArraySlice<UInt8>?) -> Extent {
        if case .all? = extent { return .all }
        guard let argument, !argument.isEmpty else { return .all }
        let names = ListMembers.of(QuotedString.text(argument)).map { String(decoding: $0, as: UTF8.self).lowercased() }
        guard case .fields(let known)? = extent else { return names.isEmpty ? .all : .fields(Set(names)) }
        return .fields(known.union(names))
    }
}

/// `delta-seconds` (RFC 9111 §1.2.2).
enum DeltaSeconds {
    static let longest = Duration.seconds(Int64(1) << 31)

    /// Nil: no argument, or no number.
    static func parse(_ argument: ArraySlice<UInt8>?) -> Duration? {
        guard let argument else { return nil }
        let digits = QuotedString.text(argument)
        guard !digits.isEmpty else { return nil }
        var seconds: Int64 = 0
        for digit in digits {
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            seconds = min(seconds * 10 + Int64(digit - 0x30), 1 << 31)
        }
        return .seconds(seconds)
    }
}

/// `quoted-string` (RFC 9110 §5.6.4); a token stands for itself.
enum QuotedString {
    static func text(_ value: ArraySlice<UInt8>) -> [UInt8] {
        guard value.first == UInt8(ascii: "\"") else { return Array(value) }
        var text: [UInt8] = []
        var rest = value.dropFirst()
        while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() { text.append(escaped) } else { text.append(byte) }
        }
        return text
    }
}
