import Caching
import Foundation
import Glibc
import Model
import Names
import Snapshots
import Testing

@testable import HTTPEngine
@testable import Proxying

/// What is kept once and goes out in every coding.
@Suite struct CompressedCacheTests {
    private static func text(_ word: String, _ lines: Int = 400) -> String {
        (0..<lines).map { "<li id=\"\($0)\">\(word) \($0 * 7919 % 10_007)</li>\n" }.joined()
    }

    private static let html = ["Cache-Control: max-age=60", "Content-Type: text/html", "ETag: \"x\"", "Accept-Ranges: bytes"]

    private static func origin(_ body: String, _ lines: [String] = html) -> Origin {
        Origin { head in
            if head.contains("If-None-Match: \"x\"") || head.contains("if-none-match: \"x\"") { return .init(status: 304, lines: lines) }
            return .init(lines: lines, body: body)
        }
    }

    private func expect(
        _ answer: RawConnection.Answer?, _ token: String?, _ text: String, hit: Bool? = nil, _ place: SourceLocation = #_sourceLocation
    ) throws {
        let answer = try #require(answer, sourceLocation: place)
        #expect(answer["Content-Encoding"] == token, sourceLocation: place)
        #expect(answer["Vary"] == "Accept-Encoding", sourceLocation: place)
        #expect(try decoded(answer.body, token, size: text.utf8.count) == Array(text.utf8), sourceLocation: place)
        if let hit { #expect(answer["Cache-Status"]?.hasPrefix("tandem; hit") == hit, sourceLocation: place) }
    }

    @Test func theOriginIsAskedOnceForAllCodings() throws {
        let text = Self.text("a")
        let origin = Self.origin(text)
        let cache = try CacheUnderTest(origin: origin, compression: CompressionPolicy())
        defer { cache.end() }
        try expect(cache.get("/a", "Accept-Encoding: br"), "br", text, hit: false)
        // Again and again within a second: prepared answers too.
        for _ in 0..<4 {
            for token in ["br", "gzip", "zstd"] {
                let answer = try #require(cache.get("/a", "Accept-Encoding: \(token)"))
                try expect(answer, token, text, hit: true)
                #expect(answer["ETag"] == "W/\"x\"" && answer["accept-ranges"] == nil)
                #expect(answer["Content-Length"] == "\(answer.body.count)")
                let head = try #require(cache.get("/a", "Accept-Encoding: \(token)", method: "HEAD"))
                #expect(head["Content-Length"] == "\(answer.body.count)" && head["Content-Encoding"] == token)
            }
            let plain = try #require(cache.get("/a"))
            try expect(plain, nil, text, hit: true)
            #expect(plain["ETag"] == "\"x\"" && plain["accept-ranges"] == "bytes")
        }
        #expect(origin.asked.count == 1)
    }

    /// A date is the same for all codings: only a tag can say of which one a client has the beginning.
    @Test func nobodyIsGivenAPartByADateWhoMayHaveAnotherCoding() throws {
        let text = Self.text("a")
        let cache = try CacheUnderTest(
            origin: Self.origin(text, Self.html + ["Last-Modified: Sat, 21 Nov 2026 00:00:00 GMT"]), compression: CompressionPolicy())
        defer { cache.end() }
        let part = ["Range: bytes=0-9", "If-Range: Sat, 21 Nov 2026 00:00:00 GMT"]
        for _ in 0..<2 {
            try expect(cache.get("/a", "Accept-Encoding: gzip", part[0], part[1]), "gzip", text)
            // Who takes no coding has none.
            #expect(cache.get("/a", part[0], part[1])?.status == 206)
            #expect(cache.get("/a", "Accept-Encoding: gzip", part[0], "If-Range: \"x\"")?.status == 206)
        }
    }

    @Test func whatIsHeldBackForKeepingHasAnEndForAllOfALoop() throws {
        let cache = try CacheUnderTest(origin: Self.origin("a"))
        defer { cache.end() }
        let loop = LoopContext(limits: EngineLimits())
        let bodies = EncodedBodies(cache.node.cache, loop, EncoderStock())
        #expect(bodies.mayCollect(EncodedBodies.mostCollected - 1) && !bodies.mayCollect(2) && bodies.mayCollect(1))
        #expect(!bodies.mayCollect(1))
        bodies.forgets(10)
        #expect(bodies.mayCollect(10) && bodies.collected == EncodedBodies.mostCollected)
    }

    @Test func conditionsAndRangesAreAboutWhatIsStored() throws {
        let text = Self.text("a")
        let cache = try CacheUnderTest(origin: Self.origin(text), compression: CompressionPolicy())
        defer { cache.end() }
        try expect(cache.get("/a", "Accept-Encoding: gzip"), "gzip", text)
        for tag in ["W/\"x\"", "\"x\""] {
            let answer = try #require(cache.get("/a", "Accept-Encoding: gzip", "If-None-Match: \(tag)"))
            #expect(answer.status == 304 && answer["ETag"] == tag && answer["Vary"] == "Accept-Encoding")
        }
        let part = try #require(cache.get("/a", "Accept-Encoding: gzip", "Range: bytes=0-9"))
        #expect(part.status == 206 && part.text == String(text.prefix(10)) && part["ETag"] == "\"x\"")
        #expect(part["Content-Encoding"] == nil && part["Vary"] == "Accept-Encoding")
        let parts = try #require(cache.get("/a", "Accept-Encoding: gzip", "Range: bytes=0-9,20-29"))
        #expect(parts.status == 206 && parts["Content-Encoding"] == nil && parts["Vary"] == "Accept-Encoding")
        // A weak tag never matches strongly.
        try expect(cache.get("/a", "Accept-Encoding: gzip", "Range: bytes=0-9", "If-Range: W/\"x\""), "gzip", text)
        #expect(cache.get("/a", "Accept-Encoding: gzip", "If-Match: W/\"x\"")?.status == 412)
    }

    @Test func validationKeepsWhatWasMadeAndNewBytesAreMadeAnew() throws {
        let (old, new) = (Self.text("old"), Self.text("new"))
        let lines = ["Cache-Control: max-age=0", "Content-Type: text/html", "ETag: \"x\""]
        let origin = Self.origin(old, lines)
        let cache = try CacheUnderTest(origin: origin, compression: CompressionPolicy())
        defer { cache.end() }
        for _ in 0..<3 { try expect(cache.get("/a", "Accept-Encoding: gzip"), "gzip", old) }
        #expect(origin.asked.count == 3)
        origin.answer { _ in .init(lines: ["Cache-Control: max-age=60", "Content-Type: text/html", "ETag: \"y\""], body: new) }
        for _ in 0..<3 { try expect(cache.get("/a", "Accept-Encoding: gzip"), "gzip", new) }
        try expect(cache.get("/a", "Accept-Encoding: br"), "br", new, hit: true)
    }

    @Test func aPurgeMeansEveryCoding() throws {
        let (old, new) = (Self.text("old"), Self.text("new"))
        let origin = Self.origin(old)
        let cache = try CacheUnderTest(origin: origin, compression: CompressionPolicy())
        defer { cache.end() }
        for token in ["br", "gzip"] { try expect(cache.get("/a", "Accept-Encoding: \(token)"), token, old) }
        origin.answer { _ in .init(lines: Self.html, body: new) }
        try cache.node.cache.purge(Purge(.url("http://h/a"), at: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))))
        for token in ["br", "gzip"] { try expect(cache.get("/a", "Accept-Encoding: \(token)"), token, new) }
    }

    /// Who brings it in leaves its coding behind; for another one it is made between other work.
    @Test func largeOnesAreEncodedMeanwhile() throws {
        let text = Self.text("large", 20_000)
        let origin = Self.origin(text)
        let cache = try CacheUnderTest(origin: origin, compression: CompressionPolicy())
        defer { cache.end() }
        try expect(cache.get("/a", "Accept-Encoding: zstd"), "zstd", text, hit: false)
        try expect(cache.get("/a", "Accept-Encoding: zstd"), "zstd", text, hit: true)
        try expect(cache.get("/a", "Accept-Encoding: gzip"), nil, text, hit: true)
        var isEncoded = false
        for _ in 0..<500 where !isEncoded {
            let answer = try #require(cache.get("/a", "Accept-Encoding: gzip"))
            isEncoded = answer["Content-Encoding"] == "gzip"
            try expect(answer, isEncoded ? "gzip" : nil, text, hit: true)
        }
        #expect(isEncoded)
        #expect(origin.asked.count == 1)
    }

    /// The digest in a name is of what the origin sends.
    @Test(arguments: [400, 20_000]) func theGuardSeesTheOriginsBytes(_ lines: Int) throws {
        let (text, other) = (Self.text("js", lines), Self.text("other", lines))
        let md5 = Array(text.utf8).withUnsafeBytes { ContentDigests(of: $0).withBytes(of: .md5) { Hexadecimal.string($0) } }
        let origin = Self.origin(text, ["Cache-Control: max-age=600", "Content-Type: text/javascript"])
        let cache = try CacheUnderTest(origin: origin, compression: CompressionPolicy())
        defer { cache.end() }
        let target = "/core.js?\(md5)"
        try expect(cache.get(target, "Accept-Encoding: br"), "br", text, hit: false)
        try expect(cache.get(target, "Accept-Encoding: br"), "br", text, hit: true)
        #expect(cache.node.guardCounts.proven == 1)
        origin.answer { _ in .init(lines: ["Cache-Control: max-age=600", "Content-Type: text/javascript"], body: other) }
        let wrong = try #require(cache.get("/core.js?\(String(md5.reversed()))", "Accept-Encoding: br"))
        try expect(wrong, "br", other)
        #expect(wrong["Cache-Control"] == "no-store" && wrong["Cache-Status"]?.contains("guard-mismatch") == true)
    }

    @Test func thoseWhoWaitGetEachTheirOwn() throws {
        let text = Self.text("a")
        let origin = Self.origin(text)
        let cache = try CacheUnderTest(origin: origin, compression: CompressionPolicy())
        defer { cache.end() }
        origin.hold(true)
        let tokens = ["br", "gzip", "zstd", "identity"]
        let clients = tokens.map { token in
            let client = cache.connect()
            client.get("/a", "Accept-Encoding: \(token)")
            return client
        }
        #expect(origin.until(1) == 1)
        origin.hold(false)
        for (client, token) in zip(clients, tokens) { try expect(client.answer(), token == "identity" ? nil : token, text) }
        #expect(origin.asked.count == 1)
    }

    @Test func anOriginThatDiesLeavesNothingAndACutAnswer() throws {
        let text = Self.text("a", 20_000)
        let origin = Origin { _ in .init(lines: Self.html, body: text, missing: 100_000) }
        let cache = try CacheUnderTest(origin: origin, compression: CompressionPolicy())
        defer { cache.end() }
        #expect(cache.get("/a", "Accept-Encoding: gzip") == nil)
        origin.answer { _ in .init(lines: Self.html, body: text) }
        try expect(cache.get("/a", "Accept-Encoding: gzip"), "gzip", text, hit: false)
    }

    @Test func whatCannotBeKeptIsEncodedAllTheSame() throws {
        let text = Self.text("a")
        let origin = Self.origin(text, ["Cache-Control: no-store", "Content-Type: text/html"])
        let cache = try CacheUnderTest(origin: origin, compression: CompressionPolicy())
        defer { cache.end() }
        for _ in 0..<2 { try expect(cache.get("/a", "Accept-Encoding: gzip"), "gzip", text, hit: false) }
    }
}
