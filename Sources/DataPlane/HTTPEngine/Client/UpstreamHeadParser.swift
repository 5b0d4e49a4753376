/// Parses the head of a response (RFC 9112 §4, §5), strictly: what two readers could take for two things is refused, never
/// repaired. Refused are bare CR or LF, folded fields, space before the colon, control characters, `Transfer-Encoding` beside
/// `Content-Length`, any coding but `chunked` alone, and repeated or malformed lengths.
///
/// Taken as it is sent by many: a status line without the space in front of a reason that is empty.
package enum UpstreamHeadParser {
    package enum Outcome: Hashable, Sendable {
        /// The head takes that many bytes.
        case complete(Int)
        case incomplete
        case refused(UpstreamFault)
    }

    /// `HTTP/1.1 200`.
    private static let shortestLine = 12

    /// - Parameters:
    ///   - base: the first byte that has not been consumed.
    ///   - count: how many bytes there are.
    ///   - limits: `fieldCount` and `upstreamHeadBytes` count.
    ///   - hasBody: whether a body may follow: not to `HEAD`.
    ///   - head: where the result goes; meaningless unless `.complete`.
    package static func parse(
        _ base: UnsafePointer<UInt8>, count: Int, limits: EngineLimits, hasBody: Bool, into head: inout UpstreamHead
    ) -> Outcome {
        head.reset()
        guard mayBecomeStatusLine(base, min(count, shortestLine)) else { return .refused(.badStatusLine) }
        if count <= shortestLine { return .incomplete }
        head.minorVersion = base[7] - 0x30
        if head.minorVersion > 1 { head.minorVersion = 1 }
        head.status = UInt16(base[9] - 0x30) * 100 + UInt16(base[10] - 0x30) * 10 + UInt16(base[11] - 0x30)
        var at = shortestLine
        if base[at] == 0x20 { at += 1 } else if base[at] != 0x0d { return .refused(.badStatusLine) }
        let reasonStart = at
        while at < count, ByteClass.isValue(base[at]) { at += 1 }
        head.reason = RequestHead.Span(reasonStart, at)
        if at + 1 >= count, at == count || base[at] == 0x0d { return incomplete(at, limits) }
        guard at + 1 < count else { return .refused(base[at] == 0x0a ? .bareLineFeed : .badStatusLine) }
        guard base[at] == 0x0d, base[at + 1] == 0x0a else { return .refused(base[at] == 0x0a ? .bareLineFeed : .badStatusLine) }
        at += 2

        let fieldsStart = at
        while true {
            if at + 1 >= count { return at < count && base[at] == 0x0a ? .refused(.bareLineFeed) : incomplete(at, limits) }
            if base[at] == 0x0d {
                guard base[at + 1] == 0x0a else { return .refused(.badFieldName) }
                break
            }
            if Int(head.fieldCount) == limits.fieldCount { return .refused(.headTooLarge) }
            let nameStart = at
            while at < count, ByteClass.isToken(base[at]) { at += 1 }
            if at == count { return incomplete(at, limits) }
            guard base[at] == UInt8(ascii: ":"), at > nameStart else {
                let isFold = at == nameStart && (base[at] == 0x20 || base[at] == 0x09)
                return .refused(isFold ? .foldedField : at == nameStart && base[at] == 0x0a ? .bareLineFeed : .badFieldName)
            }
            let nameEnd = at
            at += 1
            while at < count, base[at] == 0x20 || base[at] == 0x09 { at += 1 }
            let valueStart = at
            let pointer = UnsafeRawPointer(base)
            while at + 8 <= count, ByteClass.allPlain(pointer.loadUnaligned(fromByteOffset: at, as: UInt64.self)) { at += 8 }
            while at < count, ByteClass.isValue(base[at]) { at += 1 }
            if at + 1 >= count {
                if at < count, base[at] != 0x0d { return .refused(base[at] == 0x0a ? .bareLineFeed : .badFieldValue) }
                return incomplete(at, limits)
            }
            guard base[at] == 0x0d, base[at + 1] == 0x0a else { return .refused(base[at] == 0x0a ? .bareLineFeed : .badFieldValue) }
            var valueEnd = at
            while valueEnd > valueStart, base[valueEnd - 1] == 0x20 || base[valueEnd - 1] == 0x09 { valueEnd -= 1 }
            at += 2
            if at > limits.upstreamHeadBytes { return .refused(.headTooLarge) }
            head.fieldCount += 1
            if let fault = note(base, nameStart, nameEnd, RequestHead.Span(valueStart, valueEnd), lineEnd: at, &head) {
                return .refused(fault)
            }
        }
        head.fields = RequestHead.Span(fieldsStart, at)
        at += 2
        if let fault = decide(base, hasBody: hasBody, &head) { return .refused(fault) }
        return .complete(at)
    }

    private static func incomplete(_ at: Int, _ limits: EngineLimits) -> Outcome {
        at > limits.upstreamHeadBytes ? .refused(.headTooLarge) : .incomplete
    }

    /// Whether bytes agree with `HTTP/1.d ddd`, the first digit of the status being 1 to 5 (RFC 9110 §15).
    @inline(__always)
    private static func mayBecomeStatusLine(_ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        let pattern: StaticString = "HTTP/1.# ###"
        for index in 0..<count {
            let byte = text[index]
            switch pattern.utf8Start[index] {
            case UInt8(ascii: "#"): if byte &- 0x30 > 9 || (index == 9 && byte &- 0x31 > 4) { return false }
            case let wanted: if byte != wanted { return false }
            }
        }
        return true
    }

    /// Notes what the connection and the framing are told by. By length alone first: one jump instead of a comparison with each.
    @inline(__always)
    private static func note(
        _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ value: RequestHead.Span, lineEnd: Int, _ head: inout UpstreamHead
    ) -> UpstreamFault? {
        @inline(__always)
        func isName(_ name: StaticString) -> Bool { equalsIgnoringCase(base + start, name.utf8Start, end - start) }
        let line = RequestHead.Span(start, lineEnd)
        switch end - start {
        case 2 where isName("te"), 7 where isName("trailer"): head.cut(line)
        case 16 where isName("proxy-connection"): head.cut(line)
        case 4 where isName("date"): head.hasDate = true
        case 7 where isName("upgrade"):
            head.upgrade = head.upgrade ?? value
            head.cut(line)
        case 10 where isName("connection"):
            if head.connection != nil { head.namesFields = true }
            head.connection = head.connection ?? value
            head.cut(line)
            notePersistence(base, value, &head)
        case 10 where isName("keep-alive"): head.cut(line)
        case 12 where isName("content-type"): head.isEventStream = isEventStream(base, value)
        case 14 where isName("content-length"):
            head.cut(line)
            if head.declaredLength != nil { return .repeatedContentLength }
            guard let length = length(base, value) else { return .badContentLength }
            head.declaredLength = length
        case 17 where isName("transfer-encoding"):
            head.cut(line)
            if head.coding != nil { return .unknownCoding }
            head.coding = value
        case 18 where isName("proxy-authenticate"): head.cut(line)
        default: break
        }
        return nil
    }

    /// `text/event-stream`, with or without parameters.
    @inline(__always)
    private static func isEventStream(_ base: UnsafePointer<UInt8>, _ value: RequestHead.Span) -> Bool {
        let wanted: StaticString = "text/event-stream"
        let count = wanted.utf8CodeUnitCount
        guard Int(value.count) >= count, equalsIgnoringCase(base + Int(value.start), wanted.utf8Start, count) else { return false }
        if Int(value.count) == count { return true }
        let next = base[Int(value.start) + count]
        return next == UInt8(ascii: ";") || next == 0x20
    }

    private static func notePersistence(_ base: UnsafePointer<UInt8>, _ value: RequestHead.Span, _ head: inout UpstreamHead) {
        var keeps = false
        var closes = false
        var others = false
        ListTokens.forEach(value.bytes(from: base)) { token in
            guard let start = token.baseAddress else { return }
            if token.count == 5, equalsIgnoringCase(start, ("close" as StaticString).utf8Start, 5) {
                closes = true
            } else if token.count == 10, equalsIgnoringCase(start, ("keep-alive" as StaticString).utf8Start, 10) {
                keeps = true
            } else {
                others = true
            }
        }
        if others { head.namesFields = true }
        if closes { head.closes = true }
        if keeps { head.keeps = true }
    }

    /// 1*DIGIT, within 63 bits: 18 digits always are.
    private static func length(_ base: UnsafePointer<UInt8>, _ value: RequestHead.Span) -> UInt64? {
        guard (1...18).contains(value.count) else { return nil }
        var length: UInt64 = 0
        for byte in value.bytes(from: base) {
            guard byte &- 0x30 < 10 else { return nil }
            length = length * 10 + UInt64(byte - 0x30)
        }
        return length
    }

    private static func decide(_ base: UnsafePointer<UInt8>, hasBody: Bool, _ head: inout UpstreamHead) -> UpstreamFault? {
        head.keepsAlive = !head.closes && (head.minorVersion == 1 || head.keeps)
        if let coding = head.coding {
            // Whichever of the two is meant, another reader may mean the other (RFC 9112 §6.1).
            if head.declaredLength != nil { return .lengthAndCoding }
            if head.minorVersion == 0 { return .codingInHTTP10 }
            let wanted: StaticString = "chunked"
            guard Int(coding.count) == 7, equalsIgnoringCase(base + Int(coding.start), wanted.utf8Start, 7) else { return .unknownCoding }
        }
        // RFC 9112 §6.3, in its order.
        if !hasBody || head.status < 200 || head.status == 204 || head.status == 304 {
            head.framing = .none
        } else if head.coding != nil {
            head.framing = .chunked
        } else if let length = head.declaredLength {
            head.framing = length == 0 ? .none : .length(length)
        } else {
            head.framing = .untilClose
            head.keepsAlive = false
        }
        return nil
    }
}
