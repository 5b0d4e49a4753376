/// Heads of HTTP/2 as a client has them: a request as a header block, and an answer's block as the head that HTTP/1.1 would have brought,
/// so that whoever passes it on sees one kind (RFC 9113 §8.2, §8.3). State belongs to one connection.
struct HTTP2ClientHead {
    enum Outcome: Hashable {
        /// A head in front of the answer's, or the answer's own.
        case head
        case trailers([UInt8])
        /// The stream is to be reset (RFC 9113 §8.1.1).
        case malformed(UpstreamFault)
        /// The connection is over.
        case broken(HPACKError)
    }

    private let limits: EngineLimits
    /// The answer's head in the form of HTTP/1.1.
    private(set) var text: [UInt8] = []
    private var line: [UInt8]

    init(limits: EngineLimits) {
        self.limits = limits
        // A field with a literal is at most twice what a block can hold.
        line = [UInt8](repeating: 0, count: 2 * limits.http2.blockBytes + 8 * 1024)
    }

    // MARK: Requests

    /// The block of a request.
    /// - Parameters:
    ///   - head: of HTTP/1.1, well formed: request line, `Host` and fields, with its empty line.
    ///   - isSecure: whether its scheme is https.
    static func block(_ head: UnsafeRawBufferPointer, isSecure: Bool) -> [UInt8] {
        var block: [UInt8] = []
        block.reserveCapacity(head.count)
        var rest = head[...]
        func line() -> Slice<UnsafeRawBufferPointer>? {
            guard let end = rest.firstIndex(of: 0x0d), end > rest.startIndex else { return nil }
            defer { rest = rest[(end + 2)...] }
            return rest[..<end]
        }
        guard let first = line() else { return [] }
        let words = first.split(separator: 0x20, maxSplits: 2)
        guard words.count == 3 else { return [] }
        appendMethod(words[0], to: &block)
        block.append(isSecure ? 0x87 : 0x86)
        HPACKEncoder.append(integer: 4, prefix: 4, pattern: 0, to: &block)
        HPACKEncoder.append(string: words[1], to: &block)
        while let field = line() {
            guard let colon = field.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let (name, value) = (field[..<colon], field[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 })
            if matches(name, "host") {
                HPACKEncoder.append(integer: 1, prefix: 4, pattern: 0, to: &block)
                HPACKEncoder.append(string: value, to: &block)
            } else if !ofConnection.contains(where: { matches(name, $0) }) {
                HPACKEncoder.append(name: name, value: value, to: &block)
            }
        }
        return block
    }

    private static func appendMethod(_ method: Slice<UnsafeRawBufferPointer>, to block: inout [UInt8]) {
        if method.elementsEqual("GET".utf8) { return block.append(0x82) }
        if method.elementsEqual("POST".utf8) { return block.append(0x83) }
        HPACKEncoder.append(integer: 2, prefix: 4, pattern: 0, to: &block)
        HPACKEncoder.append(string: method, to: &block)
    }

    private static let ofConnection: [StaticString] = ["connection", "transfer-encoding", "upgrade", "keep-alive", "proxy-connection"]

    private static func matches(_ name: Slice<UnsafeRawBufferPointer>, _ lower: StaticString) -> Bool {
        name.elementsEqual(
            UnsafeBufferPointer(start: lower.utf8Start, count: lower.utf8CodeUnitCount), by: { ($0 &- 0x41 < 26 ? $0 | 0x20 : $0) == $1 })
    }

    // MARK: Answers

    /// Decodes a block. It is decoded to its end whatever it holds, since the tables must agree (RFC 9113 §4.3).
    /// - Parameters:
    ///   - head: where the result goes, over `text`; meaningless unless `.head`.
    ///   - areTrailers: whether the answer's head came before on this stream.
    ///   - isHead: the request was a `HEAD`.
    mutating func read(
        _ block: UnsafeBufferPointer<UInt8>, _ decoder: inout HPACKDecoder, into head: inout UpstreamHead, areTrailers: Bool,
        endsStream: Bool, isHead: Bool
    ) -> Outcome {
        // `HTTP/1.1 200 ` and the end of its line come in front.
        text.removeAll(keepingCapacity: true)
        var lines: [UInt8] = []
        var status: [UInt8]?
        var (isMalformed, listSize) = (false, 0)
        guard let start = block.baseAddress else { return areTrailers && endsStream ? .trailers([]) : .malformed(.badStatusLine) }
        var reader = HPACKReader(start, count: block.count)
        do throws(HPACKError) {
            try decoder.begin(&reader)
            while !reader.isAtEnd {
                let count = try decode(&decoder, &reader)
                listSize += count.size
                if listSize > limits.upstreamHeadBytes { continue }
                if line[0] == UInt8(ascii: ":") {
                    if status != nil || !lines.isEmpty || areTrailers { isMalformed = true }
                    status = self.status(count.line)
                    if status == nil { isMalformed = true }
                } else if count.isMalformed {
                    isMalformed = true
                } else {
                    lines += line[..<count.line]
                }
            }
        } catch { return .broken(error) }
        if listSize > limits.upstreamHeadBytes { return .malformed(.headTooLarge) }
        if isMalformed { return .malformed(areTrailers ? .badTrailer : .badFieldName) }
        if areTrailers { return endsStream ? .trailers(Self.allowed(lines)) : .malformed(.badTrailer) }
        guard let status else { return .malformed(.badStatusLine) }
        text += "HTTP/1.1 ".utf8
        text += status
        text += [0x20, 0x0d, 0x0a]
        text += lines
        text += [0x0d, 0x0a]
        return parse(into: &head, endsStream: endsStream, isHead: isHead)
    }

    private mutating func decode(
        _ decoder: inout HPACKDecoder, _ reader: inout HPACKReader
    ) throws(HPACKError) -> (line: Int, size: Int, isMalformed: Bool) {
        var fault: HPACKError?
        var found = (line: 0, size: 0, isMalformed: false)
        line.withUnsafeMutableBufferPointer { output in
            guard let base = output.baseAddress else { return }
            do throws(HPACKError) {
                let entry = try decoder.next(&reader, into: base)
                found = (entry.lineCount, entry.size, entry.tag.kind == .malformed || entry.nameCount == 0)
            } catch { fault = error }
        }
        if let fault { throw fault }
        return found
    }

    /// The digits of `:status: 200`.
    private func status(_ count: Int) -> [UInt8]? {
        let wanted = Array(":status: ".utf8)
        guard count == wanted.count + 5, line.starts(with: wanted) else { return nil }
        let digits = Array(line[wanted.count..<(wanted.count + 3)])
        return digits.allSatisfy { (0x30...0x39).contains($0) } ? digits : nil
    }

    private static func allowed(_ lines: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        var rest = lines[...]
        while let end = rest.firstIndex(of: 0x0d) {
            if TrailerLine.isAllowed(rest[..<end]) { kept += rest[..<(end + 2)] }
            rest = rest[(end + 2)...]
        }
        return kept
    }

    private func parse(into head: inout UpstreamHead, endsStream: Bool, isHead: Bool) -> Outcome {
        let outcome = text.withUnsafeBufferPointer { bytes -> UpstreamHeadParser.Outcome in
            guard let base = bytes.baseAddress else { return .incomplete }
            return UpstreamHeadParser.parse(base, count: bytes.count, limits: limits, hasBody: !isHead, into: &head)
        }
        switch outcome {
        case .incomplete: return .malformed(.badStatusLine)
        case .refused(let fault): return .malformed(fault)
        case .complete: break
        }
        head.minorVersion = 2
        head.keepsAlive = true
        // There is no other protocol to change to (RFC 9113 §8.6).
        if head.status == 101 { return .malformed(.unwantedUpgrade) }
        if head.status < 200 { return endsStream ? .malformed(.badStatusLine) : .head }
        guard endsStream else { return .head }
        // What is announced must come (RFC 9113 §8.1.1).
        if case .length = head.framing { return .malformed(.truncated) }
        if head.framing == .untilClose { head.declaredLength = 0 }
        head.framing = .none
        return .head
    }
}
