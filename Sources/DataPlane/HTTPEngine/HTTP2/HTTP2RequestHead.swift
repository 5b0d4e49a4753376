/// Makes a request head of a header block (RFC 9113 §8.2, §8.3): the same spans over the same kind of bytes as HTTP/1.1
/// gives, so that no route can tell. Belongs to one event loop: its memory is used again for the next head.
///
/// ```
///  :method: GET CRLF :path: / CRLF … │ accept: */* CRLF … │ cookie: a=1; b=2 CRLF        … │ cookie crumbs
///  └ base                            └ fields                                             └ crumbs
/// ```
/// A block is decoded to its end whatever it holds, since the tables must agree (RFC 9113 §4.3). What does not fit is dropped
/// field by field; nothing larger than the limits is ever kept.
final class HTTP2RequestHead {
    enum Outcome: Hashable {
        /// A head of that many bytes.
        case request(count: Int, HTTP2Priority)
        /// Well formed, and yet answered at once.
        case refused(Refusal)
        /// To be reset (RFC 9113 §8.1.1).
        case malformed
        /// Fields behind a body: their lines are in the `fields` of the head.
        case trailers
        /// The connection is over.
        case broken(HPACKError)
    }

    let base: UnsafeMutablePointer<UInt8>
    private let crumbs: UnsafeMutablePointer<UInt8>
    private let limits: EngineLimits
    private let listLimit: Int

    /// Bytes of all fields that a request may have, each with its 32 bytes of overhead (RFC 9113 §6.5.2).
    static func listLimit(_ limits: EngineLimits) -> Int { limits.fieldBytes + limits.requestLine }

    init(limits: EngineLimits) {
        self.limits = limits
        listLimit = Self.listLimit(limits)
        // What is kept, and one more field of any size that a block can hold.
        base = .allocate(capacity: 2 * listLimit + 2 * limits.http2.blockBytes + 8 * 1024)
        crumbs = .allocate(capacity: 2 * listLimit)
    }

    deinit {
        base.deallocate()
        crumbs.deallocate()
    }

    /// Where the parts of one head were found.
    private struct Parts {
        var at = 0
        var crumbCount = 0
        var listSize = 0
        var fieldsStart: Int?
        var isMalformed = false
        var method: RequestHead.Span?
        var scheme: RequestHead.Span?
        var authority: RequestHead.Span?
        var path: RequestHead.Span?
        var protocolName: RequestHead.Span?
        var priority: RequestHead.Span?

        var hasPseudo: Bool { method != nil || scheme != nil || authority != nil || path != nil || protocolName != nil }
    }

    /// Decodes a block.
    /// - Parameters:
    ///   - head: where the result goes; meaningless unless `.request`.
    ///   - areTrailers: whether a head came before on this stream.
    ///   - endsStream: whether no body follows.
    func read(
        _ block: UnsafeBufferPointer<UInt8>, _ decoder: inout HPACKDecoder, into head: inout RequestHead, areTrailers: Bool,
        endsStream: Bool
    ) -> Outcome {
        head.reset()
        var parts = Parts()
        guard let start = block.baseAddress else { return areTrailers ? .trailers : .malformed }
        var reader = HPACKReader(start, count: block.count)
        do throws(HPACKError) {
            try decoder.begin(&reader)
            while !reader.isAtEnd {
                let isFull = parts.listSize > listLimit
                let field = try decoder.next(&reader, into: base + parts.at, skips: isFull)
                parts.listSize += field.size
                if parts.listSize > listLimit { continue }
                take(field, &parts, &head)
            }
        } catch { return .broken(error) }
        if areTrailers {
            // More than a list may hold is no list.
            head.fields = RequestHead.Span(0, parts.listSize > listLimit ? 0 : parts.at)
            return parts.isMalformed || parts.hasPseudo || !endsStream ? .malformed : .trailers
        }
        return finish(&parts, &head, endsStream)
    }

    @inline(__always)
    private func take(_ field: HPACKEntry, _ parts: inout Parts, _ head: inout RequestHead) {
        let valueStart = parts.at + field.nameCount + 2
        let value = RequestHead.Span(valueStart, valueStart + field.valueCount)
        if field.tag.isPseudo {
            // In front of all others (RFC 9113 §8.3).
            if parts.fieldsStart != nil { parts.isMalformed = true }
            takePseudo(field.tag.kind, value, &parts)
            parts.at += field.lineCount
            return
        }
        if parts.fieldsStart == nil { parts.fieldsStart = parts.at }
        head.fieldCount &+= 1
        switch field.tag.kind {
        case .malformed: parts.isMalformed = true
        case .cookie:
            // Crumbs are joined, and the line drops out here (RFC 9113 §8.2.3).
            if parts.crumbCount > 0 {
                crumbs[parts.crumbCount] = UInt8(ascii: ";")
                crumbs[parts.crumbCount + 1] = 0x20
                parts.crumbCount += 2
            }
            (crumbs + parts.crumbCount).update(from: base + valueStart, count: field.valueCount)
            parts.crumbCount += field.valueCount
        case .priority:
            parts.priority = value
            parts.at += field.lineCount
        default:
            if let known = field.tag.known { head.set(known, value) }
            parts.at += field.lineCount
        }
    }

    @inline(__always)
    private func takePseudo(_ kind: FieldTag.Kind, _ value: RequestHead.Span, _ parts: inout Parts) {
        // Once each (RFC 9113 §8.3).
        switch kind {
        case .method where parts.method == nil: parts.method = value
        case .scheme where parts.scheme == nil: parts.scheme = value
        case .authority where parts.authority == nil: parts.authority = value
        case .path where parts.path == nil: parts.path = value
        case .protocol where parts.protocolName == nil: parts.protocolName = value
        default: parts.isMalformed = true
        }
    }

    private func finish(_ parts: inout Parts, _ head: inout RequestHead, _ endsStream: Bool) -> Outcome {
        let isFull = parts.listSize > listLimit
        guard !parts.isMalformed else { return .malformed }
        if isFull { return .refused(Refusal(431, .fieldsTooLarge)) }
        if Int(head.fieldCount) > limits.fieldCount { return .refused(Refusal(431, .tooManyFields)) }
        guard let method = parts.method, method.count > 0 else { return .malformed }
        let fieldsStart = parts.fieldsStart ?? parts.at
        if parts.crumbCount > 0 { appendCookie(&parts, &head) }
        head.fields = RequestHead.Span(fieldsStart, parts.at)
        head.minorVersion = 1
        head.keepsAlive = true
        head.methodName = method
        let name = method.bytes(from: UnsafePointer(base))
        guard name.allSatisfy({ ByteClass.isToken($0) }) else { return .malformed }
        head.method = RequestHeadParser.method(UnsafePointer(base) + Int(method.start), name.count)
        if let outcome = setTarget(parts, &head) ?? setAuthority(parts, &head) ?? setLength(&head, endsStream) { return outcome }
        let priority = parts.priority.map { HTTP2Priority($0.bytes(from: UnsafePointer(base))) } ?? HTTP2Priority()
        return .request(count: parts.at, priority)
    }

    private func appendCookie(_ parts: inout Parts, _ head: inout RequestHead) {
        let name: StaticString = "cookie: "
        let line = base + parts.at
        line.update(from: name.utf8Start, count: name.utf8CodeUnitCount)
        let value = line + name.utf8CodeUnitCount
        value.update(from: crumbs, count: parts.crumbCount)
        value[parts.crumbCount] = 0x0d
        value[parts.crumbCount + 1] = 0x0a
        let start = parts.at + name.utf8CodeUnitCount
        head.set(.cookie, RequestHead.Span(start, start + parts.crumbCount))
        parts.at = start + parts.crumbCount + 2
    }

    private func text(_ span: RequestHead.Span, is text: StaticString) -> Bool {
        Int(span.count) == text.utf8CodeUnitCount
            && equalsIgnoringCase(UnsafePointer(base) + Int(span.start), text.utf8Start, text.utf8CodeUnitCount)
    }

    /// `:scheme` and `:path`, or neither for CONNECT (RFC 9113 §8.3.1, §8.5) unless it names a protocol (RFC 8441 §4).
    private func setTarget(_ parts: Parts, _ head: inout RequestHead) -> Outcome? {
        let isConnect = head.methodName.bytes(from: UnsafePointer(base)).elementsEqual("CONNECT".utf8)
        if let name = parts.protocolName {
            guard isConnect, !name.isEmpty, !head.has(.contentLength) else { return .malformed }
            head.isExtendedConnect = true
        } else if isConnect {
            guard parts.scheme == nil, parts.path == nil, let authority = parts.authority else { return .malformed }
            head.target = authority
            return Authority.isValid(authority.bytes(from: UnsafePointer(base)), needsPort: true) ? nil : .malformed
        }
        guard let scheme = parts.scheme, let path = parts.path, !path.isEmpty else { return .malformed }
        guard text(scheme, is: "http") || text(scheme, is: "https") else { return .refused(Refusal(400, .badTarget)) }
        if Int(path.count) > limits.requestLine { return .refused(Refusal(414, .requestLineTooLong)) }
        let bytes = path.bytes(from: UnsafePointer(base))
        let isAsterisk =
            bytes.count == 1 && bytes[0] == UInt8(ascii: "*")
            && head.methodName.bytes(from: UnsafePointer(base)).elementsEqual("OPTIONS".utf8)
        guard bytes[0] == UInt8(ascii: "/") || isAsterisk else { return .malformed }
        guard bytes.allSatisfy({ ByteClass.isTarget($0) }) else { return .refused(Refusal(400, .badTarget)) }
        head.target = path
        // One that is understood, but not spoken here (RFC 9110 §15.6.2).
        if let name = parts.protocolName, !text(name, is: "websocket") { return .refused(Refusal(501, .unknownProtocol)) }
        return nil
    }

    /// `:authority`, or `Host` from a client that made HTTP/2 of HTTP/1.1. Where both were sent they are the same: what two
    /// readers could take for two hosts is no request (RFC 9113 §8.3.1).
    private func setAuthority(_ parts: Parts, _ head: inout RequestHead) -> Outcome? {
        if head.isRepeated(.host) { return .refused(Refusal(400, .repeatedHost)) }
        guard let authority = parts.authority ?? head[.host], !authority.isEmpty else { return .refused(Refusal(400, .missingHost)) }
        let bytes = authority.bytes(from: UnsafePointer(base))
        guard Authority.isValid(bytes) else { return .refused(Refusal(400, .badHost)) }
        if parts.authority != nil, let host = head[.host] {
            guard host.count == authority.count, host.bytes(from: UnsafePointer(base)).elementsEqual(bytes) else { return .malformed }
        }
        head.authority = authority
        return nil
    }

    private func setLength(_ head: inout RequestHead, _ endsStream: Bool) -> Outcome? {
        if head.has(.contentLength) {
            if RequestFraming.decideLength(UnsafePointer(base), &head) != nil { return .malformed }
            // What is announced must come (RFC 9113 §8.1.1).
            if endsStream, head.framing != .none { return .malformed }
        }
        // What follows an extended CONNECT is no content (RFC 9110 §9.3.6).
        if !endsStream, !head.has(.contentLength), !head.isExtendedConnect { head.framing = .chunked }
        if head.has(.expect), let refusal = RequestFraming.decideExpectation(UnsafePointer(base), &head) { return .refused(refusal) }
        return nil
    }
}
