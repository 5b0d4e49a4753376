import HTTPEngine
import Model
import Snapshots
import Testing

@testable import Proxying

@Suite struct EncodingChoiceTests {
    private func choice(
        _ lines: String..., status: UInt16 = 200, length: UInt64? = 5_000, accepts: String = "gzip",
        policy: CompressionPolicy = CompressionPolicy(), isForbidden: Bool = false
    ) -> EncodingChoice {
        let accepted = Array(accepts.utf8).withUnsafeBufferPointer { EncodingPreference($0) }
        return Array(lines.map { $0 + "\r\n" }.joined().utf8).withUnsafeBufferPointer {
            EncodingChoice(
                policy, status: status, lines: EncodableLines($0), length: length, accepted: accepted, isForbidden: isForbidden)
        }
    }

    private let html = "Content-Type: text/html; charset=utf-8"

    @Test func textGoesEncodedToWhoTakesIt() {
        #expect(choice(html) == .encoded(.gzip))
        #expect(choice("CONTENT-TYPE: TEXT/PLAIN") == .encoded(.gzip))
        #expect(choice(html, length: nil) == .encoded(.gzip))
        #expect(choice(html, status: 404) == .encoded(.gzip))
        #expect(choice(html, status: 500) == .encoded(.gzip))
    }

    @Test(arguments: [
        ("", EncodingChoice.identity), ("identity", .identity), ("deflate", .identity), ("br;q=0, gzip;q=0, zstd;q=0", .identity),
        ("gzip, br, zstd", .encoded(.zstd)), ("gzip, br", .encoded(.brotli)), ("br;q=0.5, gzip", .encoded(.gzip)),
        ("*", .encoded(.zstd)), ("zstd;q=0, *", .encoded(.brotli)), ("*;q=0", .identity), ("*;q=0, gzip", .encoded(.gzip)),
        ("x-gzip", .encoded(.gzip)), ("gzip;q=0.001", .encoded(.gzip)), ("identity, gzip;q=0.5", .identity),
        ("identity;q=0.5, gzip;q=0.5", .encoded(.gzip)), ("identity;q=0, br;q=0.1", .encoded(.brotli)), ("identity;q=0", .identity),
        ("gzip;q=2, br;q=x", .identity), ("GZip", .encoded(.gzip)),
    ]) func theClientsWeightsDecideThenTheOrder(_ accepts: String, _ wanted: EncodingChoice) {
        #expect(choice(html, accepts: accepts) == wanted)
    }

    @Test func theOrderOfTheRouteIsKept() {
        let policy = CompressionPolicy(codings: [.gzip, .brotli])
        #expect(choice(html, accepts: "zstd, br, gzip", policy: policy) == .encoded(.gzip))
        #expect(choice(html, accepts: "zstd, br, gzip;q=0.9", policy: policy) == .encoded(.brotli))
        #expect(choice(html, accepts: "zstd", policy: policy) == .identity)
    }

    @Test func whatCannotOrMustNotChangeGoesAsItIs() {
        #expect(choice("Content-Type: image/png") == .asIs)
        #expect(choice("X-A: b") == .asIs)
        #expect(choice(html, "Content-Encoding: br") == .asIs)
        #expect(choice(html, "Content-Range: bytes 0-9/100", status: 206, length: 10) == .identity)
        #expect(choice(html, status: 206) == .identity)
        #expect(choice(html, "Cache-Control: max-age=60, No-Transform") == .asIs)
        #expect(choice(html, "Cache-Control: max-age=60", "Cache-Control: no-transform") == .asIs)
        #expect(choice(html, length: 1023) == .asIs)
        #expect(choice(html, length: 1024) == .encoded(.gzip))
        #expect(choice(html, length: 0, policy: CompressionPolicy(minimum: 0)) == .asIs)
        for status in [100, 103, 204, 205, 304] as [UInt16] { #expect(choice(html, status: status) == .asIs) }
    }

    @Test func brotliIsTheLastChoiceForStreamsOfEvents() {
        let policy = CompressionPolicy(codings: [.brotli, .gzip])
        #expect(
            choice("Content-Type: text/event-stream; charset=utf-8", length: nil, accepts: "br, gzip", policy: policy) == .encoded(.gzip))
        #expect(choice("Content-Type: text/event-stream", length: nil, accepts: "br", policy: policy) == .encoded(.brotli))
        #expect(choice("Content-Type: text/event-streams", length: nil, accepts: "br, gzip", policy: policy) == .encoded(.brotli))
    }

    @Test func aRequestMayForbidIt() { #expect(choice(html, isForbidden: true) == .identity) }

    @Test(arguments: [
        ("text/*", "text/css", true), ("text/*", "text", false), ("text/*", "texts/css", false), ("*+json", "application/ld+json", true),
        ("*+json", "application/json", false), ("application/json", "application/json", true),
        ("application/json", "application/jsonl", false), ("application/json", "Application/JSON;charset=utf-8", true),
        ("application/json", "application/json ; charset=utf-8", true), ("*+xml", "image/svg+xml", true), ("text/html", "", false),
    ]) func typesAreWholeOrHalf(_ range: String, _ type: String, _ wanted: Bool) {
        let policy = CompressionPolicy(types: [MediaRange(range)])
        #expect(Array(type.utf8).withUnsafeBufferPointer { policy.takes($0) } == wanted)
    }

    private func varies(_ path: String, _ lines: String...) -> Bool {
        Array(lines.map { $0 + "\r\n" }.joined().utf8).withUnsafeBufferPointer { lines in
            Array(path.utf8).withUnsafeBufferPointer { path in
                EncodingChoice.varies(CompressionPolicy(), notModified: EncodableLines(lines), path: path)
            }
        }
    }

    @Test func a304SaysWhatItVariesByWhereItIsOfSomethingThatMay() {
        #expect(varies("/page"))
        #expect(varies("/app.js?v=1.png"))
        #expect(varies("/a.png", html))
        #expect(!varies("/a.png"))
        #expect(!varies("/a.woff2?1"))
        #expect(!varies("/page", "Content-Type: image/png"))
        #expect(!varies("/page", "Cache-Control: no-transform"))
        #expect(!varies("/page", "Content-Encoding: gzip"))
    }
}
