import Caching
import Compression
import Glibc
import Model
import Names
import Snapshots
import Testing

@testable import Proxying

private func md5(_ text: String) -> String {
    Array(text.utf8).withUnsafeBytes { ContentDigests(of: $0).withBytes(of: .md5) { Hexadecimal.string($0) } }
}

/// `guard: {on_mismatch: refuse}`: nobody gets other content than the name says.
@Suite struct RefusedMismatchTests {
    private func careless(_ body: String) -> Origin {
        Origin { _ in .init(lines: ["Cache-Control: public, max-age=31536000, immutable"], body: body) }
    }

    private func refusing(_ origin: Origin, other: Origin? = nil) throws -> CacheUnderTest {
        try CacheUnderTest(origin: origin, other: other) { $0.guarding = GuardPolicy(refusesMismatch: true) }
    }

    @Test func otherBytesAre502() throws {
        let origin = careless("v1")
        let cache = try refusing(origin)
        defer { cache.end() }
        #expect(cache.get("/core.js?\(md5("v1"))")?.status == 200)
        let refused = try #require(cache.get("/core.js?\(md5("v2"))"))
        #expect(refused.status == 502 && refused["Cache-Control"] == "no-store" && refused.text != "v1")
        #expect(refused["Cache-Status"] == "tandem; fwd=uri-miss; fwd-status=200; detail=guard-refused")
        #expect(cache.node.guardCounts.mismatches == 1 && cache.node.guardCounts.refused == 1)
        // It is not remembered.
        origin.answer { _ in .init(lines: ["Cache-Control: max-age=31536000"], body: "v2") }
        #expect(cache.get("/core.js?\(md5("v2"))")?.text == "v2")
    }

    /// A page in place of a script is other content, too; an error is what it says.
    @Test func soIsAPageInPlaceOfAScript() throws {
        let origin = Origin { _ in .init(lines: ["Content-Type: text/html"], body: "<!doctype html>") }
        let cache = try refusing(origin)
        defer { cache.end() }
        #expect(cache.get("/core.js?\(md5("v2"))")?.status == 502)
        origin.answer { _ in .init(status: 404, lines: [], body: "no") }
        #expect(cache.get("/core.js?\(md5("v2"))")?.status == 404)
    }

    @Test func whatNobodyCanProveIsNotRefused() throws {
        let cache = try refusing(careless("v1"))
        defer { cache.end() }
        #expect(cache.get("/core.js?\(md5("v2"))")?.status == 200)
        #expect(cache.get("/assets/index-CIiu7Ygf.js")?.status == 200)
    }

    @Test func itIsRefusedOnlyWhereNoServerHasIt() throws {
        let (one, other) = (careless("v1"), careless("v2"))
        let cache = try refusing(one, other: other)
        defer {
            cache.end()
            other.server.end()
        }
        for body in ["v1", "v2"] {
            for target in ["/core.js?\(md5(body))", "/core_\(md5(body)).js"] { #expect(cache.get(target)?.text == body) }
        }
        #expect(cache.get("/core.js?\(md5("v3"))")?.status == 502)
        // Other bytes are no better where the other server has gone.
        other.answer { _ in .init(isSilent: true) }
        for _ in 0..<2 { #expect(cache.get("/core.js?\(md5("v3"))")?.status == 502) }
        #expect(cache.get("/core.js?\(md5("v1"))")?.text == "v1")
    }

    @Test func whoWaitsIsToldTheSame() throws {
        let origin = careless("v1")
        let cache = try refusing(origin)
        defer { cache.end() }
        #expect(cache.get("/core.js?\(md5("v1"))")?.status == 200)
        origin.hold(true)
        let target = "/core.js?\(md5("v2"))"
        let clients = (0..<4).map { _ in cache.connect() }
        for client in clients { client.get(target) }
        #expect(origin.until(2) == 2)
        #expect(cache.node.untilWaiting(3) == 3)
        origin.hold(false)
        for client in clients {
            let answer = try #require(client.answer())
            #expect(answer.status == 502 && answer["Cache-Status"]?.hasSuffix("detail=guard-refused") == true)
        }
    }

    /// What is kept and true is the answer, whatever is refused.
    @Test func whatIsKeptAndTrueStays() throws {
        let origin = careless("v1")
        let cache = try refusing(origin)
        defer { cache.end() }
        let target = "/core.js?\(md5("v1"))"
        #expect(cache.get(target)?.text == "v1")
        try cache.node.cache.purge(Purge(.url(cache.key(target).text), isSoft: true, at: Timestamp(milliseconds: .max)))
        origin.answer { _ in .init(lines: ["Cache-Control: max-age=31536000"], body: "v2") }
        #expect(cache.get(target)?.text == "v1")
    }

    /// Longer than what is looked at first: it goes out as it comes, and its end does not.
    @Test func whatIsTooLongToBeLookedAtIsCutOff() throws {
        let long = String(repeating: "0123456789abcdef", count: 1 << 20) + "!"
        let origin = careless("v1")
        let cache = try refusing(origin)
        defer { cache.end() }
        #expect(cache.get("/core.js?\(md5("v1"))")?.status == 200)
        origin.answer { _ in .init(lines: ["Cache-Control: max-age=31536000"], body: long) }
        #expect(cache.get("/core.js?\(md5("v2"))") == nil)
        origin.answer { _ in .init(lines: ["Cache-Control: max-age=31536000"], body: long, isChunked: true) }
        #expect(cache.get("/core.js?\(md5("v3"))") == nil)
        #expect(cache.node.guardCounts.refused == 2)
        #expect(cache.get("/core.js?\(md5(long))")?.body.count == long.utf8.count)
    }
}

/// Servers that compress: what their names say of a file is true however it travels.
@Suite struct EncodedUnderGuardTests {
    private static func zipped(_ text: String) -> Origin.Answer {
        let bytes = (try? Array(text.utf8).withUnsafeBytes { try Codec.gzip.compress($0) }) ?? []
        return .init(lines: ["Cache-Control: max-age=31536000", "Vary: Accept-Encoding", "Content-Encoding: gzip"], bytes: bytes)
    }

    private static func compressing(_ text: String) -> Origin {
        Origin { head in
            head.lowercased().contains("accept-encoding: gzip")
                ? zipped(text) : .init(lines: ["Cache-Control: max-age=31536000", "Vary: Accept-Encoding"], body: text)
        }
    }

    @Test func anEncodedAnswerIsProvenByItsContent() throws {
        let cache = try CacheUnderTest(origin: Self.compressing("v1"))
        defer { cache.end() }
        let target = "/core.js?\(md5("v1"))"
        // A client without encodings proves the family; a browser gets what is as true.
        for lines in [[], ["Accept-Encoding: gzip"], [], ["Accept-Encoding: gzip"]] {
            let client = cache.connect()
            client.send("GET \(target) HTTP/1.1\r\nHost: h\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n")
            #expect(client.answer()?["Cache-Control"] == "max-age=31536000")
        }
        #expect(cache.node.guardCounts.mismatches == 0 && cache.node.guardCounts.proven == 2)
    }

    @Test func anEncodedLieIsOne() throws {
        let origin = Self.compressing("v1")
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        #expect(cache.get("/core.js?\(md5("v1"))", "Accept-Encoding: gzip")?["Cache-Control"] == "max-age=31536000")
        #expect(cache.get("/core.js?\(md5("v2"))", "Accept-Encoding: gzip")?["Cache-Control"] == "no-store")
        // What is kept under a coding is as true as ever when the server has been overwritten.
        let target = "/core.js?\(md5("v1"))"
        try cache.node.cache.purge(Purge(.url(cache.key(target).text), isSoft: true, at: Timestamp(milliseconds: .max)))
        origin.answer { _ in Self.zipped("v2") }
        #expect(cache.get(target, "Accept-Encoding: gzip")?["Cache-Control"] == "max-age=31536000")
    }
}
