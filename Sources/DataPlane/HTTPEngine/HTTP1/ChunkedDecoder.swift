/// Takes the chunked coding off a body (RFC 9112 §7.1), incrementally and strictly.
///
/// ```
///  size ──CRLF──▶ data ──CRLF──▶ size … ──"0" CRLF──▶ trailer lines ──CRLF──▶ done
/// ```
/// Trailers are kept as they came. Refused: anything but hexadecimal digits in a size, more than 15 of them, bare CR or LF, long extensions, and trailers
/// that frame, route or authenticate (RFC 9110 §6.5.1).
package struct ChunkedDecoder: Sendable {
    package enum Event: Hashable, Sendable {
        /// That many bytes were framing; nothing for the reader, more input may be decoded.
        case framing(Int)
        /// Body bytes at this offset and of this count; all bytes up to their end are consumed.
        case data(offset: Int, count: Int)
        /// The body is over; that many bytes were consumed.
        case end(Int)
        case refused(Refusal)
    }

    private enum State: Hashable, Sendable {
        case size(value: UInt64, digits: Int)
        case extensions(value: UInt64, count: Int)
        case sizeLineFeed(UInt64)
        case data(UInt64)
        case dataReturn
        case dataLineFeed
        case trailerStart
        case trailerLine
        case trailerLineFeed
        case endLineFeed
        case over
    }

    private var state = State.size(value: 0, digits: 0)
    private var trailerLine: [UInt8] = []
    private var trailerBytes = 0
    /// What may not stand in an answer's trailers is dropped; a request that has it is refused.
    private let isOfAnswer: Bool
    /// Those that have come, in wire form: `Name: value CRLF` each.
    package private(set) var trailers: [UInt8] = []

    package init(isOfAnswer: Bool = false) {
        self.isOfAnswer = isOfAnswer
    }

    package mutating func next(
        _ base: UnsafePointer<UInt8>, count: Int, limits: EngineLimits
    ) -> Event {
        var at = 0
        while at < count {
            let byte = base[at]
            switch state {
            case .size(let value, let digits):
                if let digit = hexadecimalValue(byte) {
                    guard digits < 15 else { return .refused(Refusal(400, .badChunk)) }
                    state = .size(value: value << 4 | UInt64(digit), digits: digits + 1)
                } else if digits > 0, byte == 0x0d {
                    state = .sizeLineFeed(value)
                } else if digits > 0, byte == UInt8(ascii: ";") {
                    state = .extensions(value: value, count: 1)
                } else {
                    return .refused(Refusal(400, .badChunk))
                }
            case .extensions(let value, let length):
                if byte == 0x0d {
                    state = .sizeLineFeed(value)
                } else if !ByteClass.isValue(byte) {
                    return .refused(Refusal(400, .badChunk))
                } else if length == limits.chunkExtension {
                    return .refused(Refusal(400, .chunkExtensionTooLong))
                } else {
                    state = .extensions(value: value, count: length + 1)
                }
            case .sizeLineFeed(let value):
                guard byte == 0x0a else { return .refused(Refusal(400, .badChunk)) }
                state = value == 0 ? .trailerStart : .data(value)
            case .data(let remaining):
                let take = Int(min(remaining, UInt64(count - at)))
                state = remaining == UInt64(take) ? .dataReturn : .data(remaining - UInt64(take))
                return .data(offset: at, count: take)
            case .dataReturn:
                guard byte == 0x0d else { return .refused(Refusal(400, .badChunk)) }
                state = .dataLineFeed
            case .dataLineFeed:
                guard byte == 0x0a else { return .refused(Refusal(400, .badChunk)) }
                state = .size(value: 0, digits: 0)
            case .trailerStart where byte == 0x0d:
                state = .endLineFeed
            case .trailerStart, .trailerLine:
                if byte == 0x0d {
                    state = .trailerLineFeed
                } else {
                    guard ByteClass.isValue(byte) else { return .refused(Refusal(400, .badTrailer)) }
                    trailerBytes += 1
                    if trailerBytes > limits.trailerBytes { return .refused(Refusal(431, .fieldsTooLarge)) }
                    trailerLine.append(byte)
                    state = .trailerLine
                }
            case .trailerLineFeed:
                guard byte == 0x0a, endTrailerLine() else { return .refused(Refusal(400, .badTrailer)) }
                trailerLine.removeAll(keepingCapacity: true)
                state = .trailerStart
            case .endLineFeed:
                guard byte == 0x0a else { return .refused(Refusal(400, .badChunk)) }
                state = .over
                return .end(at + 1)
            case .over:
                return .end(at)
            }
            at += 1
        }
        return state == .over ? .end(at) : .framing(at)
    }

    /// - Returns: false when it is no field line, or one that may not come from a client.
    private mutating func endTrailerLine() -> Bool {
        if TrailerLine.isAllowed(trailerLine) {
            trailers.append(contentsOf: trailerLine)
            trailers.append(contentsOf: [0x0d, 0x0a])
            return true
        }
        return isOfAnswer && TrailerLine.name(trailerLine) != nil
    }

    private func hexadecimalValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x61...0x66: byte - 0x61 + 10
        case 0x41...0x46: byte - 0x41 + 10
        default: nil
        }
    }
}

enum TrailerLine {
    /// Fields that frame, route, authenticate or condition a request must not come after its body (RFC 9110 §6.5.1).
    private static let forbidden: Set<String> = [
        "transfer-encoding", "content-length", "host", "connection", "te", "trailer", "upgrade", "keep-alive", "cache-control",
        "expect", "max-forwards", "pragma", "range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
        "if-range", "authorization", "proxy-authorization", "cookie", "content-encoding", "content-type", "content-range",
        "set-cookie", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
    ]

    static func isAllowed(_ line: some RandomAccessCollection<UInt8>) -> Bool {
        guard let name = name(line) else { return false }
        return !forbidden.contains(String(decoding: name, as: UTF8.self).lowercased())
    }

    /// Nil: it is no field line.
    static func name<Line: RandomAccessCollection<UInt8>>(_ line: Line) -> Line.SubSequence? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].allSatisfy(ByteClass.isToken)
        else { return nil }
        return line[..<colon]
    }
}
