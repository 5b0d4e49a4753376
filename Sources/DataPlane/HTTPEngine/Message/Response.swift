import Files
import Model

/// An answer as a route decides it: status, fields, body. The connection adds what belongs to it: the status line, `Date`,
/// `Content-Length` and `Connection`.
package struct Response: Sendable {
    package var status: UInt16
    package var fields: FieldLines
    package var body: Body
    /// Bytes of the representation where the body is left out (`HEAD`, `304`); nil: the body's own count.
    package var declaredLength: Int?
    /// When it was made, in seconds since 1970; nil: now.
    package var date: Int64?

    package init(
        status: UInt16, fields: FieldLines = FieldLines(), body: Body = .empty, declaredLength: Int? = nil, date: Int64? = nil
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.declaredLength = declaredLength
        self.date = date
    }
}

/// Bytes that follow the head. A part of a file is sent by the kernel, which reads it from its page cache.
package enum Body: Sendable {
    case empty
    case bytes([UInt8])
    case file(OpenFile, Range<Int>)
    /// One after the other: `multipart/byteranges`.
    case parts([Body])

    package var count: Int {
        switch self {
        case .empty: 0
        case .bytes(let bytes): bytes.count
        case .file(_, let range): range.count
        case .parts(let parts): parts.reduce(0) { $0 + $1.count }
        }
    }
}

/// Response field lines in wire form, `Name: value CRLF` each: HTTP/1.1 writes them as they are.
package struct FieldLines: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {
        bytes.reserveCapacity(512)
    }

    /// - Precondition: the name is a token and the value has no control characters: callers pass constants, digests, and
    ///   what configuration has validated.
    package mutating func add(_ name: StaticString, _ value: some StringProtocol) {
        append(name)
        bytes.append(contentsOf: value.utf8)
        bytes.append(0x0d)
        bytes.append(0x0a)
    }

    /// The same for the usual string, whose bytes are copied at once: a generic copy costs ten times as much.
    package mutating func add(_ name: StaticString, _ value: String) {
        append(name)
        var value = value
        value.withUTF8 { bytes.append(contentsOf: $0) }
        bytes.append(0x0d)
        bytes.append(0x0a)
    }

    /// A strong entity tag: the digest of what is sent, in quotes.
    package mutating func add(_ name: StaticString, tag digest: ContentDigest) {
        append(name)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 68) { text in
            guard let start = text.baseAddress else { return }
            start[0] = UInt8(ascii: "\"")
            digest.writeHex(to: start + 1)
            start[65] = UInt8(ascii: "\"")
            start[66] = 0x0d
            start[67] = 0x0a
            bytes.append(contentsOf: UnsafeBufferPointer(text))
        }
    }

    package mutating func add(_ name: StaticString, bytes value: some Sequence<UInt8>) {
        append(name)
        bytes.append(contentsOf: value)
        bytes.append(0x0d)
        bytes.append(0x0a)
    }

    /// Lines that are in wire form already.
    package mutating func add(lines: [UInt8]) {
        bytes.append(contentsOf: lines)
    }

    private mutating func append(_ name: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: ":"))
        bytes.append(0x20)
    }
}

package enum StatusLine {
    /// `HTTP/1.1 599 CRLF`: a status that is nobody's has no words (RFC 9112 §4).
    private static let bareCount = 15

    static func count(_ status: UInt16) -> Int { known(status)?.utf8CodeUnitCount ?? bareCount }

    static func append(_ status: UInt16, to head: inout [UInt8]) {
        if let known = known(status) {
            head.append(contentsOf: UnsafeBufferPointer(start: known.utf8Start, count: known.utf8CodeUnitCount))
        } else {
            head.append(contentsOf: "HTTP/1.1 \(status) \r\n".utf8)
        }
    }

    /// `OK`; empty for a status of nobody's.
    static func phrase(_ status: UInt16) -> UnsafeRawBufferPointer {
        guard let known = known(status) else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: known.utf8Start + 13, count: known.utf8CodeUnitCount - 15)
    }

    private static func known(_ status: UInt16) -> StaticString? {
        switch status {
        case 200: "HTTP/1.1 200 OK\r\n"
        case 201: "HTTP/1.1 201 Created\r\n"
        case 202: "HTTP/1.1 202 Accepted\r\n"
        case 203: "HTTP/1.1 203 Non-Authoritative Information\r\n"
        case 204: "HTTP/1.1 204 No Content\r\n"
        case 205: "HTTP/1.1 205 Reset Content\r\n"
        case 206: "HTTP/1.1 206 Partial Content\r\n"
        case 300: "HTTP/1.1 300 Multiple Choices\r\n"
        case 301: "HTTP/1.1 301 Moved Permanently\r\n"
        case 302: "HTTP/1.1 302 Found\r\n"
        case 303: "HTTP/1.1 303 See Other\r\n"
        case 304: "HTTP/1.1 304 Not Modified\r\n"
        case 307: "HTTP/1.1 307 Temporary Redirect\r\n"
        case 308: "HTTP/1.1 308 Permanent Redirect\r\n"
        case 400: "HTTP/1.1 400 Bad Request\r\n"
        case 401: "HTTP/1.1 401 Unauthorized\r\n"
        case 402: "HTTP/1.1 402 Payment Required\r\n"
        case 403: "HTTP/1.1 403 Forbidden\r\n"
        case 404: "HTTP/1.1 404 Not Found\r\n"
        case 405: "HTTP/1.1 405 Method Not Allowed\r\n"
        case 406: "HTTP/1.1 406 Not Acceptable\r\n"
        case 407: "HTTP/1.1 407 Proxy Authentication Required\r\n"
        case 408: "HTTP/1.1 408 Request Timeout\r\n"
        case 409: "HTTP/1.1 409 Conflict\r\n"
        case 410: "HTTP/1.1 410 Gone\r\n"
        case 411: "HTTP/1.1 411 Length Required\r\n"
        case 412: "HTTP/1.1 412 Precondition Failed\r\n"
        case 413: "HTTP/1.1 413 Content Too Large\r\n"
        case 414: "HTTP/1.1 414 URI Too Long\r\n"
        case 415: "HTTP/1.1 415 Unsupported Media Type\r\n"
        case 416: "HTTP/1.1 416 Range Not Satisfiable\r\n"
        case 417: "HTTP/1.1 417 Expectation Failed\r\n"
        case 421: "HTTP/1.1 421 Misdirected Request\r\n"
        case 422: "HTTP/1.1 422 Unprocessable Content\r\n"
        case 425: "HTTP/1.1 425 Too Early\r\n"
        case 426: "HTTP/1.1 426 Upgrade Required\r\n"
        case 428: "HTTP/1.1 428 Precondition Required\r\n"
        case 429: "HTTP/1.1 429 Too Many Requests\r\n"
        case 431: "HTTP/1.1 431 Request Header Fields Too Large\r\n"
        case 451: "HTTP/1.1 451 Unavailable For Legal Reasons\r\n"
        case 500: "HTTP/1.1 500 Internal Server Error\r\n"
        case 501: "HTTP/1.1 501 Not Implemented\r\n"
        case 502: "HTTP/1.1 502 Bad Gateway\r\n"
        case 503: "HTTP/1.1 503 Service Unavailable\r\n"
        case 504: "HTTP/1.1 504 Gateway Timeout\r\n"
        case 505: "HTTP/1.1 505 HTTP Version Not Supported\r\n"
        default: nil
        }
    }

    /// `404 Not Found`, as a page says it.
    package static func words(_ status: UInt16) -> Substring {
        known(status)?.description.dropFirst(9).dropLast(1) ?? "\(status)"
    }
}
