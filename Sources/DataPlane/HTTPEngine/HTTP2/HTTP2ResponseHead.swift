/// Response fields as a header block.
enum HTTP2ResponseHead {
    static let datePlaceholder = [UInt8](repeating: 0x20, count: LoopClock.dateCount)

    /// The block of a response that is sent once.
    static func block(_ response: Response, _ clock: borrowing LoopClock) -> [UInt8] {
        var block: [UInt8] = []
        block.reserveCapacity(response.fields.bytes.count + 64)
        HPACKEncoder.append(status: response.status, to: &block)
        let at = appendDate(to: &block)
        if let date = response.date {
            for (index, byte) in HTTPDate.text(secondsSince1970: date).utf8.enumerated() { block[at + index] = byte }
        } else {
            for index in 0..<LoopClock.dateCount { block[at + index] = clock.date[index] }
        }
        response.fields.bytes.withUnsafeBufferPointer { append(lines: $0, to: &block) }
        // 204 has no content and 304 describes another message's (RFC 9110 §8.6).
        if response.status != 204, response.status != 304 {
            HPACKEncoder.append(name: "content-length".utf8, value: String(response.declaredLength ?? response.body.count).utf8, to: &block)
        }
        return block
    }

    /// The block of an answer whose body comes piece by piece.
    static func block(_ head: StreamedHead) -> [UInt8] {
        var block: [UInt8] = []
        block.reserveCapacity(head.lines.count + 64)
        HPACKEncoder.append(status: head.status, to: &block)
        append(lines: head.lines, to: &block)
        switch head.framing {
        case .length(let length), .none(declared: let length?):
            HPACKEncoder.append(name: "content-length".utf8, value: String(length).utf8, to: &block)
        case .none(declared: nil), .unknown: break
        }
        return block
    }

    /// The block of fields behind a body.
    /// - Parameter lines: whole field lines, each with its CRLF.
    static func block(trailers lines: [UInt8]) -> [UInt8] {
        var block: [UInt8] = []
        lines.withUnsafeBufferPointer { append(lines: $0, to: &block) }
        return block
    }

    /// - Returns: where the date's 29 bytes stand.
    static func appendDate(to block: inout [UInt8]) -> Int {
        HPACKEncoder.append(name: "date".utf8, value: datePlaceholder, isPlain: true, to: &block)
        return block.count - LoopClock.dateCount
    }

    /// Lines in HTTP/1.1's form, but those that speak about its connection (RFC 9113 §8.2.2).
    static func append(lines: UnsafeBufferPointer<UInt8>, to block: inout [UInt8]) {
        var rest = lines[...]
        while let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
            let end = rest.firstIndex(of: 0x0d) ?? rest.endIndex
            let name = rest[..<colon]
            let value = rest[(colon + 1)..<end].drop { $0 == 0x20 }
            if !isOfConnection(name) { HPACKEncoder.append(name: name, value: value, to: &block) }
            rest = rest[end...].dropFirst(2)
        }
    }

    private static let ofConnection: [StaticString] = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]

    private static func isOfConnection(_ name: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        let bytes = UnsafeBufferPointer(rebasing: name)
        guard let start = bytes.baseAddress else { return true }
        return ofConnection.contains { $0.utf8CodeUnitCount == bytes.count && equalsIgnoringCase(start, $0.utf8Start, bytes.count) }
    }
}

/// The header block of a prepared response: the same bytes on every connection, but for the date, which is patched in place
/// once a second. State belongs to one event loop.
final class HTTP2PreparedHead {
    let block: UnsafeMutablePointer<UInt8>
    let count: Int
    private let dateOffset: Int
    private let hasOwnDate: Bool
    private var second: Int64 = -1

    /// - Parameters:
    ///   - head: an HTTP/1.1 head whose first field is `Date`, with its empty line.
    ///   - hasOwnDate: whether the date in it is to stay.
    init(status: UInt16, head: UnsafeBufferPointer<UInt8>, hasOwnDate: Bool = false) {
        var bytes: [UInt8] = []
        HPACKEncoder.append(status: status, to: &bytes)
        dateOffset = HTTP2ResponseHead.appendDate(to: &bytes)
        self.hasOwnDate = hasOwnDate
        let date = ResponseHead.dateOffset(status)
        for index in 0..<LoopClock.dateCount { bytes[dateOffset + index] = head[date + index] }
        let afterDate = date + LoopClock.dateCount + 2
        HTTP2ResponseHead.append(lines: UnsafeBufferPointer(rebasing: head[afterDate..<(head.count - 2)]), to: &bytes)
        count = bytes.count
        block = .allocate(capacity: count)
        block.initialize(from: bytes, count: count)
    }

    deinit {
        block.deallocate()
    }

    @inline(__always)
    func setDate(_ clock: borrowing LoopClock) {
        if second == clock.second { return }
        second = clock.second
        if hasOwnDate { return }
        for index in 0..<LoopClock.dateCount { block[dateOffset + index] = clock.date[index] }
    }
}
