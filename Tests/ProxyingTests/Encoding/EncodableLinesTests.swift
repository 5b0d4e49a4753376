import Model
import Testing

@testable import Proxying

@Suite struct EncodableLinesTests {
    private func change(_ lines: [String], _ change: (EncodableLines) -> [UInt8]) -> [String] {
        let bytes = Array(lines.map { $0 + "\r\n" }.joined().utf8)
        let changed = bytes.withUnsafeBufferPointer { change(EncodableLines($0)) }
        return String(decoding: changed, as: UTF8.self).split(separator: "\r\n").map(String.init)
    }

    @Test func whatWasSaidOfOtherBytesIsLeftOut() {
        let lines = [
            "Content-Type: text/html", "Content-MD5: a", "Digest: a", "CONTENT-DIGEST: a", "Repr-Digest: a", "Accept-Ranges: bytes",
            "Want-Content-Digest: a", "Last-Modified: x", "Set-Cookie: a=1", "Set-Cookie: b=2",
        ]
        #expect(
            change(lines) { $0.encoded(.brotli) } == [
                "Content-Type: text/html", "Want-Content-Digest: a", "Last-Modified: x", "Set-Cookie: a=1", "Set-Cookie: b=2",
                "Content-Encoding: br", "Vary: Accept-Encoding",
            ])
        #expect(change(lines) { $0.varying() } == lines + ["Vary: Accept-Encoding"])
        #expect(String(decoding: EncodableLines.trailers(Array("Digest: a\r\nX: y\r\n".utf8)), as: UTF8.self) == "X: y\r\n")
    }

    @Test func aStrongTagBecomesWeakAndAWeakOneStays() {
        #expect(change(["ETag: \"x\""]) { $0.encoded(.gzip) }.first == "ETag: W/\"x\"")
        #expect(change(["etag:W/\"x\""]) { $0.encoded(.gzip) }.first == "etag: W/\"x\"")
        #expect(change(["ETag: \"x\""]) { $0.varying() }.first == "ETag: \"x\"")
    }

    @Test func whatVariesAlreadyIsNotToldTwice() {
        for vary in ["Vary: Accept-Encoding", "vary: Cookie, accept-encoding", "Vary: *"] {
            #expect(change([vary]) { $0.varying() } == [vary])
            #expect(change([vary]) { $0.encoded(.zstd) } == [vary, "Content-Encoding: zstd"])
        }
        #expect(change(["Vary: Cookie"]) { $0.varying() } == ["Vary: Cookie", "Vary: Accept-Encoding"])
    }

    /// The client has what it names.
    @Test(arguments: [
        ("W/\"x\"", "W/\"x\""), ("\"x\"", "\"x\""), ("\"a\", W/\"x\"", "W/\"x\""), ("W/\"x\", \"x\"", "\"x\""), ("*", "\"x\""),
        ("", "\"x\""),
        ("W/\"y\"", "\"x\""),
    ]) func a304HasTheTagThatTheClientHas(_ asked: String, _ wanted: String) {
        let told = change(["ETag: \"x\"", "Accept-Ranges: bytes"]) { $0.notModified(asked: Array(asked.utf8)) }
        #expect(told.first == "ETag: \(wanted)")
        #expect(told.contains("Accept-Ranges: bytes") == (wanted == "\"x\""))
        #expect(told.last == "Vary: Accept-Encoding")
    }

    @Test func linesAreNeverLostWhateverTheyAre() {
        #expect(change([]) { $0.encoded(.gzip) } == ["Content-Encoding: gzip", "Vary: Accept-Encoding"])
        #expect(change(["X:", "Y: a: b"]) { $0.encoded(.gzip) }.prefix(2) == ["X: ", "Y: a: b"])
    }
}
