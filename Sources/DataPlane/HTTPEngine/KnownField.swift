/// The request fields that something here asks about: they land in slots while the head is parsed. All others are found
/// on demand.
package enum KnownField: UInt8, CaseIterable, Sendable {
    case host, connection, contentLength, transferEncoding, expect, upgrade, trailer
    case acceptEncoding, accept, cookie, range, ifRange
    case ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince
    case secFetchMode, secFetchDest, userAgent, referer, via, traceparent

    /// Its place in `RequestHead.present`.
    @inline(__always)
    package var bit: UInt32 { 1 << UInt32(rawValue) }

    /// In lower case.
    package var name: StaticString {
        switch self {
        case .host: "host"
        case .connection: "connection"
        case .contentLength: "content-length"
        case .transferEncoding: "transfer-encoding"
        case .expect: "expect"
        case .upgrade: "upgrade"
        case .trailer: "trailer"
        case .acceptEncoding: "accept-encoding"
        case .accept: "accept"
        case .cookie: "cookie"
        case .range: "range"
        case .ifRange: "if-range"
        case .ifMatch: "if-match"
        case .ifNoneMatch: "if-none-match"
        case .ifModifiedSince: "if-modified-since"
        case .ifUnmodifiedSince: "if-unmodified-since"
        case .secFetchMode: "sec-fetch-mode"
        case .secFetchDest: "sec-fetch-dest"
        case .userAgent: "user-agent"
        case .referer: "referer"
        case .via: "via"
        case .traceparent: "traceparent"
        }
    }

    /// The field of that name, in any case. One comparison at most: length and first letter decide the candidate.
    @inline(__always)
    static func of(_ name: UnsafePointer<UInt8>, count: Int) -> KnownField? {
        let first = name[0] | 0x20
        let candidate: KnownField
        switch (count, first) {
        case (4, UInt8(ascii: "h")): candidate = .host
        case (10, UInt8(ascii: "c")): candidate = .connection
        case (14, UInt8(ascii: "c")): candidate = .contentLength
        case (17, UInt8(ascii: "t")): candidate = .transferEncoding
        case (6, UInt8(ascii: "e")): candidate = .expect
        case (7, UInt8(ascii: "u")): candidate = .upgrade
        case (7, UInt8(ascii: "t")): candidate = .trailer
        case (15, UInt8(ascii: "a")): candidate = .acceptEncoding
        case (6, UInt8(ascii: "a")): candidate = .accept
        case (6, UInt8(ascii: "c")): candidate = .cookie
        case (5, UInt8(ascii: "r")): candidate = .range
        case (8, UInt8(ascii: "i")): candidate = (name[3] | 0x20) == UInt8(ascii: "r") ? .ifRange : .ifMatch
        case (13, UInt8(ascii: "i")): candidate = .ifNoneMatch
        case (17, UInt8(ascii: "i")): candidate = .ifModifiedSince
        case (19, UInt8(ascii: "i")): candidate = .ifUnmodifiedSince
        case (14, UInt8(ascii: "s")):
            candidate = (name[10] | 0x20) == UInt8(ascii: "m") ? .secFetchMode : .secFetchDest
        case (10, UInt8(ascii: "u")): candidate = .userAgent
        case (7, UInt8(ascii: "r")): candidate = .referer
        case (3, UInt8(ascii: "v")): candidate = .via
        case (11, UInt8(ascii: "t")): candidate = .traceparent
        default: return nil
        }
        return equalsIgnoringCase(name, candidate.name.utf8Start, count) ? candidate : nil
    }
}

/// Compares a token with one that is in lower case already. Only letters fold: `_` and DEL, whose bit 5 differs, do not.
@inline(__always)
func equalsIgnoringCase(_ token: UnsafePointer<UInt8>, _ lower: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    for index in 0..<count {
        var byte = token[index]
        if byte &- 0x41 < 26 { byte |= 0x20 }
        if byte != lower[index] { return false }
    }
    return true
}
