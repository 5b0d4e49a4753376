/// The framing of one HTTP/2 connection's input as a value: bytes in, events out. It checks what a frame may be by itself
/// and by the frame before it: the preface, lengths, padding, which frames belong to stream 0, and that nothing comes between
/// the pieces of a header block (RFC 9113 §3.4, §4, §6). What a frame means for its stream is the connection's.
///
/// ```
///  preface ─▶ first SETTINGS ─▶ frames ◀─▶ block (HEADERS without END_HEADERS: CONTINUATION only)
/// ```
/// The caller hands in the bytes that were not consumed yet and calls `next` until it answers `.needsMore`. What an event
/// points at is valid until the next call.
struct HTTP2FrameReader: ~Copyable {
    enum Event {
        case needsMore
        /// The client's preface: ours is due.
        case preface
        case headers(stream: UInt32, block: UnsafeBufferPointer<UInt8>, endsStream: Bool)
        /// - `charged`: bytes that count against the windows, padding and all (RFC 9113 §6.1).
        case data(stream: UInt32, bytes: UnsafeRawBufferPointer, charged: Int, endsStream: Bool)
        case reset(stream: UInt32, code: UInt32)
        case settings(UnsafeBufferPointer<UInt8>)
        case settingsAcknowledged
        case ping(UInt64)
        case pong(UInt64)
        /// - `last`: streams above it were not looked at.
        case goAway(last: UInt32)
        case window(stream: UInt32, increment: Int)
        case priorityUpdate(stream: UInt32, UnsafeBufferPointer<UInt8>)
        /// PRIORITY, which says nothing any more, or an unknown frame.
        case ignored
        /// A piece of a header block: the others follow.
        case piece
        case streamFault(stream: UInt32, HTTP2ErrorCode)
        case fault(HTTP2ErrorCode, HTTP2Fault)
    }

    static let preface: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    /// The largest payload we take: the smallest one may offer.
    static let maximumFrame = 16_384

    private let limits: HTTP2Limits
    private var prefaceCount = 0
    private var hasSettings = false
    /// The header block in pieces.
    private var block: [UInt8] = []
    private var blockStream: UInt32 = 0
    private var blockEndsStream = false
    private var continuations = 0
    private var isBlockTaken = false

    /// - Parameter isOfServer: what is read comes from a server, which has no preface but its settings (RFC 9113 §3.4).
    init(limits: HTTP2Limits, isOfServer: Bool = false) {
        self.limits = limits
        if isOfServer { prefaceCount = Self.preface.utf8CodeUnitCount }
    }

    var hasPreface: Bool { prefaceCount == Self.preface.utf8CodeUnitCount }

    /// Whether the next byte begins a frame, and no header block is in pieces.
    var isBetweenFrames: Bool { hasSettings && blockStream == 0 }

    @inline(__always)
    mutating func next(_ base: UnsafePointer<UInt8>, count: Int, consumed: inout Int) -> Event {
        consumed = 0
        if !hasPreface { return readPreface(base, count, &consumed) }
        if count < HTTP2Frame.headCount { return .needsMore }
        let frame = HTTP2Frame(base)
        guard frame.length <= Self.maximumFrame else { return .fault(.frameSizeError, .frameTooLarge) }
        if count < HTTP2Frame.headCount + frame.length { return .needsMore }
        consumed = HTTP2Frame.headCount + frame.length
        return read(frame, base + HTTP2Frame.headCount)
    }

    private mutating func readPreface(_ base: UnsafePointer<UInt8>, _ count: Int, _ consumed: inout Int) -> Event {
        while consumed < count, prefaceCount < Self.preface.utf8CodeUnitCount {
            guard base[consumed] == Self.preface.utf8Start[prefaceCount] else { return .fault(.protocolError, .badPreface) }
            prefaceCount += 1
            consumed += 1
        }
        return hasPreface ? .preface : .needsMore
    }

    private mutating func read(_ frame: HTTP2Frame, _ payload: UnsafePointer<UInt8>) -> Event {
        if isBlockTaken {
            block.removeAll(keepingCapacity: false)
            isBlockTaken = false
        }
        if blockStream != 0 { return readContinuation(frame, payload) }
        if !hasSettings {
            guard frame.kind == .settings, !frame.has(HTTP2Frame.Flag.ack) else { return .fault(.protocolError, .settingsNotFirst) }
            hasSettings = true
        }
        switch frame.kind {
        case .headers: return readHeaders(frame, payload)
        case .data: return readData(frame, payload)
        case .windowUpdate:
            guard frame.length == 4 else { return .fault(.frameSizeError, .badLength) }
            return .window(stream: frame.stream, increment: Int(BigEndian.load32(payload) & 0x7fff_ffff))
        case .reset:
            guard frame.length == 4 else { return .fault(.frameSizeError, .badLength) }
            guard frame.stream != 0 else { return .fault(.protocolError, .needsStream) }
            return .reset(stream: frame.stream, code: BigEndian.load32(payload))
        case .priority:
            guard frame.stream != 0 else { return .fault(.protocolError, .needsStream) }
            return frame.length == 5 ? .ignored : .streamFault(stream: frame.stream, .frameSizeError)
        case .settings: return readSettings(frame, payload)
        case .ping:
            guard frame.stream == 0 else { return .fault(.protocolError, .needsNoStream) }
            guard frame.length == 8 else { return .fault(.frameSizeError, .badLength) }
            let data = UInt64(BigEndian.load32(payload)) << 32 | UInt64(BigEndian.load32(payload + 4))
            return frame.has(HTTP2Frame.Flag.ack) ? .pong(data) : .ping(data)
        case .goAway:
            guard frame.stream == 0 else { return .fault(.protocolError, .needsNoStream) }
            guard frame.length >= 8 else { return .fault(.frameSizeError, .badLength) }
            return .goAway(last: BigEndian.load32(payload) & 0x7fff_ffff)
        case .priorityUpdate:
            guard frame.stream == 0 else { return .fault(.protocolError, .needsNoStream) }
            guard frame.length >= 4 else { return .fault(.frameSizeError, .badLength) }
            let stream = BigEndian.load32(payload) & 0x7fff_ffff
            return .priorityUpdate(stream: stream, UnsafeBufferPointer(start: payload + 4, count: frame.length - 4))
        case .pushPromise: return .fault(.protocolError, .pushFromClient)
        case .continuation: return .fault(.protocolError, .strayContinuation)
        case nil: return .ignored
        }
    }

    @inline(__always)
    private mutating func readHeaders(_ frame: HTTP2Frame, _ payload: UnsafePointer<UInt8>) -> Event {
        guard frame.stream != 0 else { return .fault(.protocolError, .needsStream) }
        guard var span = Self.unpadded(frame, payload) else { return .fault(.protocolError, .badPadding) }
        if frame.has(HTTP2Frame.Flag.priority) {
            guard span.count >= 5 else { return .fault(.frameSizeError, .badLength) }
            span = UnsafeBufferPointer(rebasing: span[5...])
        }
        let endsStream = frame.has(HTTP2Frame.Flag.endStream)
        if frame.has(HTTP2Frame.Flag.endHeaders) { return .headers(stream: frame.stream, block: span, endsStream: endsStream) }
        block.append(contentsOf: span)
        blockStream = frame.stream
        blockEndsStream = endsStream
        continuations = 0
        return .piece
    }

    private mutating func readContinuation(_ frame: HTTP2Frame, _ payload: UnsafePointer<UInt8>) -> Event {
        guard frame.kind == .continuation, frame.stream == blockStream else { return .fault(.protocolError, .brokenBlock) }
        continuations += 1
        guard continuations <= limits.continuations, block.count + frame.length <= limits.blockBytes else {
            return .fault(.enhanceYourCalm, .blockTooLarge)
        }
        block.append(contentsOf: UnsafeBufferPointer(start: payload, count: frame.length))
        guard frame.has(HTTP2Frame.Flag.endHeaders) else { return .piece }
        let stream = blockStream
        blockStream = 0
        isBlockTaken = true
        // The array stays as it is until the next frame.
        return block.withUnsafeBufferPointer { .headers(stream: stream, block: $0, endsStream: blockEndsStream) }
    }

    @inline(__always)
    private func readData(_ frame: HTTP2Frame, _ payload: UnsafePointer<UInt8>) -> Event {
        guard frame.stream != 0 else { return .fault(.protocolError, .needsStream) }
        guard let span = Self.unpadded(frame, payload) else { return .fault(.protocolError, .badPadding) }
        return .data(
            stream: frame.stream, bytes: UnsafeRawBufferPointer(span), charged: frame.length,
            endsStream: frame.has(HTTP2Frame.Flag.endStream))
    }

    private mutating func readSettings(_ frame: HTTP2Frame, _ payload: UnsafePointer<UInt8>) -> Event {
        guard frame.stream == 0 else { return .fault(.protocolError, .needsNoStream) }
        if frame.has(HTTP2Frame.Flag.ack) {
            return frame.length == 0 ? .settingsAcknowledged : .fault(.frameSizeError, .badLength)
        }
        guard frame.length % 6 == 0 else { return .fault(.frameSizeError, .badLength) }
        return .settings(UnsafeBufferPointer(start: payload, count: frame.length))
    }

    /// The payload without padding; nil when there is more padding than payload (RFC 9113 §6.1).
    @inline(__always)
    private static func unpadded(_ frame: HTTP2Frame, _ payload: UnsafePointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
        guard frame.has(HTTP2Frame.Flag.padded) else { return UnsafeBufferPointer(start: payload, count: frame.length) }
        guard frame.length > 0, Int(payload[0]) < frame.length else { return nil }
        return UnsafeBufferPointer(start: payload + 1, count: frame.length - 1 - Int(payload[0]))
    }
}
