import Testing

@testable import Proxying

@Suite struct WebSocketKeyTests {
    /// RFC 6455 §1.3: the key of its example is the text below in base64.
    @Test func theAnswerIsTheExamplesOfTheRFC() {
        var bytes = Array("the sample nonce".utf8).makeIterator()
        let key = WebSocketKey { _ in bytes.next().map { Int($0) } ?? 0 }
        #expect(String(decoding: key.text, as: UTF8.self) == "dGhlIHNhbXBsZSBub25jZQ==")
        #expect(String(decoding: key.answer, as: UTF8.self) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test func eachIsAnother() {
        var random = SystemRandomNumberGenerator()
        let keys = (0..<100).map { _ in WebSocketKey { Int.random(in: 0..<$0, using: &random) }.text }
        #expect(Set(keys).count == 100)
        #expect(keys.allSatisfy { $0.count == 24 })
    }
}
