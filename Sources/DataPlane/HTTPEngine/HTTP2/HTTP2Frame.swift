/// Why a stream or a connection ends (RFC 9113 §7).
package enum HTTP2ErrorCode: UInt32, Error, Sendable {
    case noError, protocolError, internalError, flowControlError, settingsTimeout, streamClosed, frameSizeError, refusedStream, cancel
    case compressionError, connectError, enhanceYourCalm, inadequateSecurity, http11Required
}

/// ```
///  length 24 │ type 8 │ flags 8 │ R │ stream 31 │ payload
/// ```
/// (RFC 9113 §4.1)
struct HTTP2Frame: Hashable, Sendable {
    enum Kind: UInt8, Sendable {
        case data, headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate, continuation
        /// RFC 9218 §7.1.
        case priorityUpdate = 16
    }

    enum Flag {
        static let ack: UInt8 = 0x01
        static let endStream: UInt8 = 0x01
        static let endHeaders: UInt8 = 0x04
        static let padded: UInt8 = 0x08
        static let priority: UInt8 = 0x20
    }

    static let headCount = 9

    var length: Int
    var type: UInt8
    var flags: UInt8
    /// Without the reserved bit, which means nothing.
    var stream: UInt32

    /// Nil: a type we do not know, to be ignored (RFC 9113 §4.1).
    var kind: Kind? { Kind(rawValue: type) }

    @inline(__always)
    func has(_ flag: UInt8) -> Bool { flags & flag != 0 }

    /// - Parameter base: nine bytes.
    @inline(__always)
    init(_ base: UnsafePointer<UInt8>) {
        length = Int(base[0]) << 16 | Int(base[1]) << 8 | Int(base[2])
        type = base[3]
        flags = base[4]
        stream = BigEndian.load32(base + 5) & 0x7fff_ffff
    }

    init(_ kind: Kind, flags: UInt8 = 0, stream: UInt32 = 0, length: Int) {
        self.length = length
        type = kind.rawValue
        self.flags = flags
        self.stream = stream
    }

    /// Writes the nine bytes.
    @inline(__always)
    func write(to base: UnsafeMutablePointer<UInt8>) {
        base[0] = UInt8(truncatingIfNeeded: length >> 16)
        base[1] = UInt8(truncatingIfNeeded: length >> 8)
        base[2] = UInt8(truncatingIfNeeded: length)
        base[3] = type
        base[4] = flags
        BigEndian.store32(stream, to: base + 5)
    }
}

enum BigEndian {
    @inline(__always)
    static func load32(_ base: UnsafePointer<UInt8>) -> UInt32 {
        UInt32(bigEndian: UnsafeRawPointer(base).loadUnaligned(as: UInt32.self))
    }

    @inline(__always)
    static func load16(_ base: UnsafePointer<UInt8>) -> UInt16 {
        UInt16(bigEndian: UnsafeRawPointer(base).loadUnaligned(as: UInt16.self))
    }

    @inline(__always)
    static func store32(_ value: UInt32, to base: UnsafeMutablePointer<UInt8>) {
        UnsafeMutableRawPointer(base).storeBytes(of: value.bigEndian, as: UInt32.self)
    }
}
