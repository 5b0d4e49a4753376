import Compression
import Names
import Testing

@testable import Caching

/// A name says what a file is, not how it travels.
@Suite struct GuardedContentTests {
    private let text = Array(String(repeating: "export const version = 1\n", count: 40).utf8)

    private func look(_ body: [UInt8], _ lines: String...) -> GuardedContent {
        let fields = FieldLines(
            lines.map { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                return FieldLines.Line(String(parts[0]), Array(parts[1].utf8))
            })
        return body.withUnsafeBytes { GuardedContent($0, fields) }
    }

    private func digests(_ body: [UInt8]) -> ContentDigests { body.withUnsafeBytes { ContentDigests(of: $0) } }

    @Test(arguments: [("gzip", Codec.gzip), ("X-GZip", .gzip), ("br", .brotli), ("zstd", .zstd)])
    func whatIsEncodedIsUnfoldedFirst(_ name: String, _ codec: Codec) throws {
        let encoded = try text.withUnsafeBytes { try codec.compress($0) }
        let found = look(encoded, "Content-Encoding: \(name)")
        #expect(found.digests == digests(text))
        #expect(found.sent == digests(encoded).sha256)
    }

    @Test func withoutACodingItIsWhatWasSent() {
        let found = look(text, "Content-Type: text/javascript")
        #expect(found.digests == digests(text) && found.sent == digests(text).sha256)
    }

    @Test func whatCannotBeUnfoldedProvesNothing() throws {
        let encoded = try text.withUnsafeBytes { try Codec.gzip.compress($0) }
        #expect(look(encoded, "Content-Encoding: dcb").digests == nil)
        #expect(look(encoded, "Content-Encoding: gzip, gzip").digests == nil)
        #expect(look(Array(encoded.dropLast(3)), "Content-Encoding: gzip").digests == nil)
        #expect(look(encoded + [0], "Content-Encoding: gzip").digests == nil)
        #expect(look(text, "Content-Encoding: gzip").digests == nil)
        #expect(look([], "Content-Encoding: br").digests == nil)
    }

    /// A few kilobytes that unfold to more than is looked at.
    @Test func noMoreIsUnfoldedThanIsLookedAt() throws {
        let long = [UInt8](repeating: 0, count: GuardedContent.longest + 1)
        let encoded = try long.withUnsafeBytes { try Codec.zstd.compress($0) }
        #expect(look(encoded, "Content-Encoding: zstd").digests == nil)
        let most = Array(long.dropLast())
        let fitting = try most.withUnsafeBytes { try Codec.zstd.compress($0) }
        #expect(look(fitting, "Content-Encoding: zstd").digests == digests(most))
    }
}
