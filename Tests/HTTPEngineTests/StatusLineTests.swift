import Testing

@testable import HTTPEngine

@Suite struct StatusLineTests {
    /// RFC 9110 §15, RFC 6585; what an answer of ours or of a backend may have.
    @Test(
        arguments: [
            (200, "OK"), (201, "Created"), (202, "Accepted"), (204, "No Content"), (206, "Partial Content"), (304, "Not Modified"),
            (401, "Unauthorized"), (405, "Method Not Allowed"), (406, "Not Acceptable"), (411, "Length Required"),
            (413, "Content Too Large"), (203, "Non-Authoritative Information"), (300, "Multiple Choices"), (409, "Conflict"),
            (415, "Unsupported Media Type"), (421, "Misdirected Request"), (429, "Too Many Requests"), (502, "Bad Gateway"),
            (504, "Gateway Timeout"),
        ] as [(UInt16, String)])
    func aStatusHasItsPhrase(status: UInt16, phrase: String) {
        #expect(Self.line(status) == "HTTP/1.1 \(status) \(phrase)\r\n")
        #expect(StatusLine.words(status) == "\(status) \(phrase)")
    }

    /// RFC 9112 §4: the words may be missing, the space in front of them not.
    @Test(arguments: [299, 418, 499, 599] as [UInt16]) func aStatusOfNobodysIsSentAsItIs(status: UInt16) {
        #expect(Self.line(status) == "HTTP/1.1 \(status) \r\n")
        let sent = ResponseHead.render(Response(status: status), connection: nil)
        #expect(String(decoding: sent, as: UTF8.self).hasPrefix("HTTP/1.1 \(status) \r\nDate: "))
    }

    private static func line(_ status: UInt16) -> String {
        var line: [UInt8] = []
        StatusLine.append(status, to: &line)
        #expect(line.count == StatusLine.count(status))
        return String(decoding: line, as: UTF8.self)
    }
}
