/// Frames and header blocks as bytes, so that they can also be wrong. Knows nothing of the server's own code.
enum Wire {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// RFC 9113 §11.2.
    enum Kind: UInt8 {
        case data, headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate, continuation
    }

    static let endStream: UInt8 = 1
    static let ack: UInt8 = 1
    static let endHeaders: UInt8 = 4
    static let padded: UInt8 = 8
    static let hasPriority: UInt8 = 32

    static func frame(_ kind: Kind, _ flags: UInt8 = 0, _ stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        frame(type: kind.rawValue, flags, stream, payload)
    }

    static func frame(type: UInt8, _ flags: UInt8 = 0, _ stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let count = payload.count
        return [UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags] + number(stream) + payload
    }

    static func number(_ value: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 255) } }

    static func settings(_ pairs: (UInt16, UInt32)...) -> [UInt8] {
        frame(.settings, 0, 0, pairs.flatMap { [UInt8($0.0 >> 8), UInt8($0.0 & 255)] + number($0.1) })
    }

    static func window(_ stream: UInt32, _ increment: UInt32) -> [UInt8] { frame(.windowUpdate, 0, stream, number(increment)) }

    /// DATA; the last unless more follows.
    static func data(_ stream: UInt32, _ count: Int, ends: Bool = true) -> [UInt8] {
        frame(.data, ends ? endStream : 0, stream, [UInt8](repeating: 0x61, count: count))
    }

    // MARK: Header blocks (RFC 7541)

    /// A literal without indexing, with a new name.
    static func literal(_ name: String, _ value: String) -> [UInt8] { [0] + string(Array(name.utf8)) + string(Array(value.utf8)) }

    static func literal(_ name: String, bytes value: [UInt8]) -> [UInt8] { [0] + string(Array(name.utf8)) + string(value) }

    private static func string(_ bytes: [UInt8]) -> [UInt8] {
        precondition(bytes.count < 127, "short strings only")
        return [UInt8(bytes.count)] + bytes
    }

    static let authority = literal(":authority", "shop.test")

    /// What every request has.
    static func pseudo(_ method: String = "GET", _ path: String = "/") -> [UInt8] {
        literal(":method", method) + literal(":scheme", "https") + literal(":path", path) + authority
    }

    /// HEADERS of a request that is whole.
    static func get(_ stream: UInt32, _ path: String = "/", _ more: [UInt8] = []) -> [UInt8] {
        headers(stream, pseudo("GET", path) + more)
    }

    /// HEADERS of a request whose body is to come. `/fixed` answers any method.
    static func post(_ stream: UInt32, _ more: [UInt8] = []) -> [UInt8] { headers(stream, pseudo("POST", "/fixed") + more, ends: false) }

    static func headers(_ stream: UInt32, _ block: [UInt8], ends: Bool = true) -> [UInt8] {
        frame(.headers, endHeaders | (ends ? endStream : 0), stream, block)
    }
}

/// A frame that the server sent.
struct ReceivedFrame: CustomStringConvertible {
    var type: UInt8
    var flags: UInt8
    var stream: UInt32
    var payload: [UInt8]

    var kind: Wire.Kind? { Wire.Kind(rawValue: type) }
    var endsStream: Bool { flags & Wire.endStream != 0 }

    func number(_ offset: Int = 0) -> UInt32 {
        payload.count < offset + 4 ? 0 : payload[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// `:status` of a header block: by its index in the static table, or its digits (RFC 7541 §6).
    var status: Int? {
        guard kind == .headers else { return nil }
        let block = payload.first == 0x20 ? payload.dropFirst() : payload[...]
        guard let first = block.first else { return nil }
        switch first {
        case 0x88...0x8e: return [200, 204, 206, 304, 400, 404, 500][Int(first) - 0x88]
        case 0x08: return Int(String(decoding: block.dropFirst(2).prefix(3), as: UTF8.self))
        default: return nil
        }
    }

    var description: String { "\(kind.map { "\($0)" } ?? "type \(type)") \(flags) on \(stream): \(payload.count) bytes" }
}

/// RFC 9113 §7.
enum ErrorCode: UInt32 {
    case noError, protocolError, internalError, flowControlError, settingsTimeout, streamClosed, frameSizeError, refusedStream, cancel
    case compressionError, connectError, enhanceYourCalm, inadequateSecurity, http11Required
}
