import HTTPEngine
import Testing

@Suite struct StatusLineTests {
    /// RFC 9110 §15, RFC 6585; what an answer of ours or of a backend may have.
    @Test(
        arguments: [
            (200, "OK"), (201, "Created"), (202, "Accepted"), (204, "No Content"), (206, "Partial Content"), (304, "Not Modified"),
            (401, "Unauthorized"), (405, "Method Not Allowed"), (406, "Not Acceptable"), (411, "Length Required"),
            (413, "Content Too Large"),
            (415, "Unsupported Media Type"), (421, "Misdirected Request"), (429, "Too Many Requests"), (502, "Bad Gateway"),
            (504, "Gateway Timeout"),
        ] as [(UInt16, String)])
    func aStatusHasItsPhrase(status: UInt16, phrase: String) {
        #expect(StatusLine.of(status).description == "HTTP/1.1 \(status) \(phrase)\r\n")
        #expect(StatusLine.words(status) == "\(status) \(phrase)")
    }
}
