/// Parses a request head (RFC 9112 §3, §5), strictly.
///
/// What smuggling lives on is refused, never repaired: bare CR or LF, folded fields, space before the colon, control
/// characters, `Transfer-Encoding` beside `Content-Length`, any coding but a final `chunked`, repeated or malformed lengths,
/// a missing or repeated `Host`. An empty line before the request line is passed over (RFC 9112 §2.2).
///
/// The whole head is parsed in one go from contiguous bytes; a head that comes in pieces is parsed again when its last line
/// has come, which the caller finds with `HeadScanner`, so that one byte at a time costs no more than the bytes themselves.
package enum RequestHeadParser {
    package enum Outcome: Hashable, Sendable {
        /// The head takes that many bytes.
        case complete(Int)
        case incomplete
        case refused(Refusal)
    }

    /// - Parameters:
    ///   - base: the first byte that has not been consumed.
    ///   - count: how many bytes there are.
    ///   - head: where the result goes; meaningless unless `.complete`.
    package static func parse(
        _ base: UnsafePointer<UInt8>, count: Int, limits: EngineLimits, into head: inout RequestHead
    ) -> Outcome {
        head.reset()
        var at = 0
        // One empty line may precede; more are no request.
        if count > 0, base[0] == 0x0d {
            if count == 1 { return .incomplete }
            guard base[1] == 0x0a else { return .refused(Refusal(400, .badRequestLine)) }
            at = 2
        }
        let lineStart = at
        let lineEnd = min(count, lineStart + limits.requestLine)
        let whole = lineEnd == count

        // method SP
        while at < lineEnd, ByteClass.isToken(base[at]) { at += 1 }
        if at == lineEnd { return whole ? .incomplete : .refused(Refusal(414, .requestLineTooLong)) }
        guard base[at] == 0x20, at > lineStart else { return .refused(Refusal(400, .badRequestLine)) }
        head.methodName = RequestHead.Span(lineStart, at)
        head.method = method(base + lineStart, at - lineStart)
        at += 1

        // request-target SP
        let targetStart = at
        while at < lineEnd, ByteClass.isTarget(base[at]) { at += 1 }
        if at == lineEnd { return whole ? .incomplete : .refused(Refusal(414, .requestLineTooLong)) }
        guard base[at] == 0x20, at > targetStart else { return .refused(Refusal(400, .badTarget)) }
        let targetEnd = at
        at += 1

        // HTTP-version CRLF
        if at + 8 > lineStart + limits.requestLine { return .refused(Refusal(414, .requestLineTooLong)) }
        if at + 10 > count {
            return mayBecomeVersion(base + at, count - at) ? .incomplete : .refused(Refusal(400, .badVersion))
        }
        guard mayBecomeVersion(base + at, 8) else { return .refused(Refusal(400, .badVersion)) }
        guard base[at + 5] == UInt8(ascii: "1") else { return .refused(Refusal(505, .badVersion)) }
        head.minorVersion = base[at + 7] == UInt8(ascii: "0") ? 0 : 1
        at += 8
        guard base[at] == 0x0d, base[at + 1] == 0x0a else {
            return .refused(Refusal(400, base[at] == 0x0a ? .bareLineFeed : .badRequestLine))
        }
        at += 2
        if let refusal = setTarget(base, targetStart, targetEnd, &head) { return .refused(refusal) }

        // *( field-line CRLF ) CRLF
        let fieldsStart = at
        let fieldsEnd = fieldsStart + limits.fieldBytes
        while true {
            if at + 1 >= count { return fieldsIncomplete(at, fieldsEnd, endsInLineFeed: at < count && base[at] == 0x0a) }
            if base[at] == 0x0d {
                guard base[at + 1] == 0x0a else { return .refused(Refusal(400, .badFieldName)) }
                break
            }
            if Int(head.fieldCount) == limits.fieldCount { return .refused(Refusal(431, .tooManyFields)) }
            let nameStart = at
            while at < count, ByteClass.isToken(base[at]) { at += 1 }
            if at == count { return fieldsIncomplete(at, fieldsEnd, endsInLineFeed: false) }
            guard base[at] == UInt8(ascii: ":"), at > nameStart else {
                let isFold = at == nameStart && (base[at] == 0x20 || base[at] == 0x09)
                let isBare = at == nameStart && base[at] == 0x0a
                return .refused(Refusal(400, isFold ? .foldedField : isBare ? .bareLineFeed : .badFieldName))
            }
            let nameEnd = at
            at += 1
            while at < count, base[at] == 0x20 || base[at] == 0x09 { at += 1 }
            let valueStart = at
            let pointer = UnsafeRawPointer(base)
            while at + 8 <= count, ByteClass.allPlain(pointer.loadUnaligned(fromByteOffset: at, as: UInt64.self)) { at += 8 }
            while at < count, ByteClass.isValue(base[at]) { at += 1 }
            if at + 1 >= count {
                let isBad = at < count && base[at] != 0x0d
                if isBad { return .refused(Refusal(400, base[at] == 0x0a ? .bareLineFeed : .badFieldValue)) }
                return fieldsIncomplete(at, fieldsEnd, endsInLineFeed: false)
            }
            guard base[at] == 0x0d, base[at + 1] == 0x0a else {
                return .refused(Refusal(400, base[at] == 0x0a ? .bareLineFeed : .badFieldValue))
            }
            var valueEnd = at
            while valueEnd > valueStart, base[valueEnd - 1] == 0x20 || base[valueEnd - 1] == 0x09 { valueEnd -= 1 }
            at += 2
            if at > fieldsEnd { return .refused(Refusal(431, .fieldsTooLarge)) }
            head.fieldCount += 1
            if let field = KnownField.of(base + nameStart, count: nameEnd - nameStart) {
                head.set(field, RequestHead.Span(valueStart, valueEnd))
            }
        }
        head.fields = RequestHead.Span(fieldsStart, at)
        at += 2
        if let refusal = RequestFraming.decide(base, &head) { return .refused(refusal) }
        return .complete(at)
    }

    private static func fieldsIncomplete(_ at: Int, _ fieldsEnd: Int, endsInLineFeed: Bool) -> Outcome {
        if endsInLineFeed { return .refused(Refusal(400, .bareLineFeed)) }
        return at > fieldsEnd ? .refused(Refusal(431, .fieldsTooLarge)) : .incomplete
    }

    @inline(__always)
    static func method(_ name: UnsafePointer<UInt8>, _ count: Int) -> RequestHead.Method {
        // Methods are case-sensitive (RFC 9110 §9.1).
        if count == 3, name[0] == UInt8(ascii: "G"), name[1] == UInt8(ascii: "E"), name[2] == UInt8(ascii: "T") { return .get }
        if count == 4, name[0] == UInt8(ascii: "H"), name[1] == UInt8(ascii: "E"), name[2] == UInt8(ascii: "A"),
            name[3] == UInt8(ascii: "D")
        {
            return .head
        }
        return .other
    }

    /// Whether up to eight bytes agree with `HTTP/d.d`.
    @inline(__always)
    private static func mayBecomeVersion(_ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        let pattern: StaticString = "HTTP/0.0"
        for index in 0..<min(count, 8) {
            let isDigitPlace = index == 5 || index == 7
            let agrees = isDigitPlace ? text[index] &- 0x30 < 10 : text[index] == pattern.utf8Start[index]
            if !agrees { return false }
        }
        return true
    }

    /// Splits an absolute-form target (RFC 9112 §3.2.2); the other forms stay as they are.
    @inline(__always)
    private static func setTarget(
        _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ head: inout RequestHead
    ) -> Refusal? {
        if base[start] == UInt8(ascii: "/"), head.method != .other {
            head.target = RequestHead.Span(start, end)
            return nil
        }
        return setOtherTarget(base, start, end, &head)
    }

    private static func setOtherTarget(
        _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ head: inout RequestHead
    ) -> Refusal? {
        // Methods are case-sensitive (RFC 9110 §9.1).
        func isMethod(_ name: StaticString) -> Bool {
            let sent = head.methodName.bytes(from: base)
            return sent.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        }
        if isMethod("CONNECT") {
            // authority-form and nothing else (§3.2.3): no route answers it, and the method decides the status.
            head.target = RequestHead.Span(start, end)
            return Authority.isValid(head.target.bytes(from: base), needsPort: true) ? nil : Refusal(400, .badTarget)
        }
        if base[start] == UInt8(ascii: "/") || (end - start == 1 && base[start] == UInt8(ascii: "*") && isMethod("OPTIONS")) {
            head.target = RequestHead.Span(start, end)
            return nil
        }
        for scheme in ["http://", "https://"] as [StaticString] {
            let count = scheme.utf8CodeUnitCount
            guard end - start > count, equalsIgnoringCase(base + start, scheme.utf8Start, count) else { continue }
            var slash = start + count
            while slash < end, base[slash] != UInt8(ascii: "/"), base[slash] != UInt8(ascii: "?") { slash += 1 }
            guard slash > start + count else { return Refusal(400, .badTarget) }
            head.authority = RequestHead.Span(start + count, slash)
            if slash == end {
                // An empty path is "/" (RFC 9110 §4.2.3): the one before the authority is at hand.
                head.target = RequestHead.Span(start + count - 1, start + count)
            } else if base[slash] == UInt8(ascii: "/") {
                head.target = RequestHead.Span(slash, end)
            } else {
                // A query behind an empty path has no "/" in these bytes: nobody who is not probing sends it to a server.
                return Refusal(400, .badTarget)
            }
            return nil
        }
        return Refusal(400, .badTarget)
    }
}

/// Finds the end of a head that comes in pieces, looking at each byte once.
package struct HeadScanner: Sendable {
    private var scanned = 0
    private var sinceLineFeed = 0
    /// Whether a line has ended that is not the empty one which may come first.
    private(set) var hasLine = false

    package init() {}

    /// Whether `base[0..<count]`, which begins with what was scanned before, holds an empty line. A line ended by a bare LF
    /// counts too: the parser is to see and refuse it.
    package mutating func findsEnd(_ base: UnsafePointer<UInt8>, count: Int) -> Bool {
        defer { scanned = count }
        for index in scanned..<count {
            switch base[index] {
            case 0x0a:
                let isEmpty = sinceLineFeed == 0 || (sinceLineFeed == 1 && base[index - 1] == 0x0d)
                sinceLineFeed = 0
                // The first line may be empty; the parser decides.
                if index > 1 { hasLine = true }
                if isEmpty, index > 1 { return true }
            default: sinceLineFeed += 1
            }
        }
        return false
    }
}
