import HTTPEngine

/// Which fields of a request go on to a server.
///
/// Not those about this connection (RFC 9110 §7.6.1), not those that are set anew, and none that would tell a server another client,
/// host or path than the one that was decided by: `_` counts as `-` there, since some servers cannot tell them apart.
enum RequestField {
    /// What is done with a field.
    enum Treatment {
        case passes
        case drops
        /// `TE`: whether it asks for trailers.
        case te
        /// Says what stands behind the body, where something may.
        case trailer
        case traceparent, tracestate
    }

    private static let byLength: [[StaticString]] = {
        let all: [StaticString] = [
            "host", "proxy", "expect", "upgrade", "forwarded", "x-real-ip", "connection", "keep-alive", "content-length",
            "x-original-url", "x-rewrite-url", "proxy-connection", "transfer-encoding", "proxy-authorization",
        ]
        return (0..<24).map { length in all.filter { $0.utf8CodeUnitCount == length } }
    }()

    private static let forwarded: StaticString = "x-forwarded-"

    @inline(__always)
    static func treatment(_ name: UnsafeBufferPointer<UInt8>) -> Treatment {
        guard let start = name.baseAddress else { return .drops }
        let first = start[0] | 0x20
        // Most names begin with other letters.
        switch first {
        case UInt8(ascii: "a"), UInt8(ascii: "d"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "r"), UInt8(ascii: "s"):
            return .passes
        case UInt8(ascii: "t"):
            switch name.count {
            case 2 where start[1] | 0x20 == UInt8(ascii: "e"): return .te
            case 7 where equals(start, "trailer"): return .trailer
            case 10 where equals(start, "tracestate"): return .tracestate
            case 11 where equals(start, "traceparent"): return .traceparent
            default: break
            }
        case UInt8(ascii: "x") where name.count > forwarded.utf8CodeUnitCount && equals(start, forwarded): return .drops
        default: break
        }
        guard name.count < byLength.count else { return .passes }
        for candidate in byLength[name.count] where equals(start, candidate) { return .drops }
        return .passes
    }

    /// - Parameter lower: in lower case.
    @inline(__always)
    private static func equals(_ name: UnsafePointer<UInt8>, _ lower: StaticString) -> Bool {
        let wanted = lower.utf8Start
        for index in 0..<lower.utf8CodeUnitCount {
            var byte = name[index]
            if byte &- 0x41 < 26 { byte |= 0x20 } else if byte == UInt8(ascii: "_") { byte = UInt8(ascii: "-") }
            if byte != wanted[index] { return false }
        }
        return true
    }
}
