/// What the fields say about the message body and the connection (RFC 9112 §6, §9.3; RFC 9110 §7.2, §10.1.1).
enum RequestFraming {
    /// Sets framing, authority, persistence and expectation of a head whose lines are parsed.
    @inline(__always)
    static func decide(_ base: UnsafePointer<UInt8>, _ head: inout RequestHead) -> Refusal? {
        if let refusal = decideAuthority(base, &head) { return refusal }
        head.keepsAlive = head.minorVersion >= 1
        if head.has(.connection) { decidePersistence(base, &head) }
        if head.has(.contentLength) || head.has(.transferEncoding) {
            if let refusal = decideLength(base, &head) { return refusal }
        }
        return decideExpectation(base, &head)
    }

    @inline(__always)
    static func decideExpectation(_ base: UnsafePointer<UInt8>, _ head: inout RequestHead) -> Refusal? {
        if let expectation = head[.expect] {
            // Anything but 100-continue cannot be met (RFC 9110 §10.1.1). HTTP/1.0 cannot ask (same section).
            let wanted: StaticString = "100-continue"
            guard !head.isRepeated(.expect), Int(expectation.count) == wanted.utf8CodeUnitCount,
                equalsIgnoringCase(base + Int(expectation.start), wanted.utf8Start, wanted.utf8CodeUnitCount)
            else { return Refusal(417, .unknownExpectation) }
            head.expectsContinue = head.minorVersion >= 1 && head.framing != .none
        }
        return nil
    }

    @inline(__always)
    private static func decideAuthority(_ base: UnsafePointer<UInt8>, _ head: inout RequestHead) -> Refusal? {
        guard let host = head[.host] else {
            if head.minorVersion >= 1 { return Refusal(400, .missingHost) }
            return head.authority.isEmpty || Authority.isValid(head.authority.bytes(from: base)) ? nil : Refusal(400, .badHost)
        }
        if head.isRepeated(.host) { return Refusal(400, .repeatedHost) }
        if !host.isEmpty, !Authority.isValid(host.bytes(from: base)) { return Refusal(400, .badHost) }
        if head.authority.isEmpty {
            // An empty Host is legal only for targets without an authority, which a site cannot be chosen by.
            if host.isEmpty { return Refusal(400, .badHost) }
            head.authority = host
        } else if !Authority.isValid(head.authority.bytes(from: base)) {
            return Refusal(400, .badHost)
        }
        return nil
    }

    private static func decidePersistence(_ base: UnsafePointer<UInt8>, _ head: inout RequestHead) {
        var closes = false
        var keeps = false
        func note(_ value: RequestHead.Span) {
            ListTokens.forEach(value.bytes(from: base)) { token in
                guard let start = token.baseAddress else { return }
                if token.count == 5, equalsIgnoringCase(start, ("close" as StaticString).utf8Start, 5) { closes = true }
                if token.count == 10, equalsIgnoringCase(start, ("keep-alive" as StaticString).utf8Start, 10) { keeps = true }
            }
        }
        if let only = head[.connection], !head.isRepeated(.connection) {
            note(only)
        } else {
            head.forEachField(in: base) { name, value in
                if name.count == 10, equalsIgnoringCase(base + Int(name.start), KnownField.connection.name.utf8Start, 10) { note(value) }
                return true
            }
        }
        head.keepsAlive = !closes && (head.minorVersion >= 1 || keeps)
    }

    static func decideLength(_ base: UnsafePointer<UInt8>, _ head: inout RequestHead) -> Refusal? {
        if let coding = head[.transferEncoding] {
            if head.has(.contentLength) { return Refusal(400, .lengthAndCoding) }
            // A 1.0 recipient on the way may have framed it otherwise (RFC 9112 §6.1).
            if head.minorVersion == 0 { return Refusal(400, .codingInHTTP10) }
            if head.isRepeated(.transferEncoding) { return Refusal(400, .codingNotFinal) }
            let wanted: StaticString = "chunked"
            let count = wanted.utf8CodeUnitCount
            if Int(coding.count) == count, equalsIgnoringCase(base + Int(coding.start), wanted.utf8Start, count) {
                head.framing = .chunked
                return nil
            }
            // A final chunked behind a coding we do not know is 501 (RFC 9112 §6.1); without a final one, or with two, nothing tells
            // the length (§6.3).
            var codings = 0
            var chunked = 0
            var isFinal = false
            ListTokens.forEach(coding.bytes(from: base)) { token in
                guard let start = token.baseAddress else { return }
                isFinal = token.count == count && equalsIgnoringCase(start, wanted.utf8Start, count)
                codings += 1
                if isFinal { chunked += 1 }
            }
            return isFinal && chunked == 1 && codings > 1 ? Refusal(501, .unknownCoding) : Refusal(400, .codingNotFinal)
        }
        guard let length = head[.contentLength] else { return nil }
        if head.isRepeated(.contentLength) { return Refusal(400, .repeatedContentLength) }
        // 1*DIGIT, within 63 bits: 18 digits always are.
        guard (1...18).contains(length.count) else { return Refusal(400, .badContentLength) }
        var value: UInt64 = 0
        for byte in length.bytes(from: base) {
            guard byte &- 0x30 < 10 else { return Refusal(400, .badContentLength) }
            value = value * 10 + UInt64(byte - 0x30)
        }
        head.framing = value == 0 ? .none : .length(value)
        return nil
    }
}

/// The elements of a comma-separated list (RFC 9110 §5.6.1), trimmed, empty ones left out. No quoted strings.
package enum ListTokens {
    package static func forEach(_ list: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        var start = 0
        while start < list.count {
            var end = start
            while end < list.count, list[end] != UInt8(ascii: ",") { end += 1 }
            var first = start
            var last = end
            while first < last, list[first] == 0x20 || list[first] == 0x09 { first += 1 }
            while last > first, list[last - 1] == 0x20 || list[last - 1] == 0x09 { last -= 1 }
            if last > first { body(UnsafeBufferPointer(rebasing: list[first..<last])) }
            start = end + 1
        }
    }
}
