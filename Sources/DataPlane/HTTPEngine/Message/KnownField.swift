/// The request fields that something here asks about: they land in slots while the head is parsed. All others are found
/// on demand.
package enum KnownField: UInt8, CaseIterable, Sendable {
    case host, connection, contentLength, transferEncoding, expect, upgrade, trailer
    case acceptEncoding, accept, cookie, range, ifRange
    case ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince
    case secFetchMode, secFetchDest, userAgent, referer, via, traceparent, availableDictionary

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
        case .availableDictionary: "available-dictionary"
        }
    }

    /// The field of that name, in any case. One comparison at most: length and first letter decide the candidate.
    @inline(__always)
    static func of(_ name: UnsafePointer<UInt8>, count: Int) -> KnownField? {
        let first = name[0] | 0x20
        let candidate: KnownField
        // By length alone first: one jump instead of a comparison with each.
        switch count {
        case 3: candidate = .via
        case 4: candidate = .host
        case 5: candidate = .range
        case 6: candidate = first == UInt8(ascii: "a") ? .accept : first == UInt8(ascii: "c") ? .cookie : .expect
        case 7: candidate = first == UInt8(ascii: "r") ? .referer : first == UInt8(ascii: "u") ? .upgrade : .trailer
        case 8: candidate = (name[3] | 0x20) == UInt8(ascii: "r") ? .ifRange : .ifMatch
        case 10: candidate = first == UInt8(ascii: "c") ? .connection : .userAgent
        case 11: candidate = .traceparent
        case 13: candidate = .ifNoneMatch
        case 14:
            candidate =
                first == UInt8(ascii: "c") ? .contentLength : (name[10] | 0x20) == UInt8(ascii: "m") ? .secFetchMode : .secFetchDest
        case 15: candidate = .acceptEncoding
        case 17: candidate = first == UInt8(ascii: "t") ? .transferEncoding : .ifModifiedSince
        case 19: candidate = .ifUnmodifiedSince
        case 20: candidate = .availableDictionary
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
