import Caching
import Foundation
import Model
import Names
import Snapshots
import Testing

@testable import Proxying

private func md5(_ text: String) -> String {
    Array(text.utf8).withUnsafeBytes { ContentDigests(of: $0).withBytes(of: .md5) { Hexadecimal.string($0) } }
}

/// An origin that ignores queries and is overwritten in place, as file servers are (scenarios D and M).
@Suite struct GuardedCacheTests {
    private func careless(_ body: String) -> Origin {
        Origin { _ in .init(lines: ["Cache-Control: public, max-age=31536000, immutable"], body: body) }
    }

    /// D4, M5: pages go first, and the new name is answered with the old bytes.
    @Test func oldBytesAreNeverKeptUnderANewName() throws {
        let origin = careless("v1")
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        #expect(cache.get("/core.js?\(md5("v1"))")?["Cache-Control"] == "public, max-age=31536000, immutable")
        for _ in 0..<3 {
            let wrong = try #require(cache.get("/core.js?\(md5("v2"))"))
            #expect(wrong["Cache-Control"] == "no-store")
            #expect(wrong["Cache-Status"]?.contains("detail=guard-mismatch") == true)
        }
        #expect(cache.node.guardCounts.mismatches == 3)
        // The origin follows: the right bytes come at once, and are kept.
        origin.answer { _ in .init(lines: ["Cache-Control: max-age=31536000"], body: "v2") }
        #expect(cache.get("/core.js?\(md5("v2"))")?.text == "v2")
        #expect(cache.get("/core.js?\(md5("v2"))")?["Cache-Status"]?.hasPrefix("tandem; hit") == true)
        // And the old name is what it was.
        #expect(cache.get("/core.js?\(md5("v1"))")?.text == "v1")
    }

    /// M2: assets go first, and what the cache has lost of the old is not replaced by the new.
    @Test func newBytesAreNeverKeptUnderAnOldName() throws {
        let origin = careless("v1")
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        let old = "/core.js?\(md5("v1"))"
        #expect(cache.get(old)?.text == "v1")
        cache.node.cache.drop(cache.key(old))
        origin.answer { _ in .init(lines: ["Cache-Control: max-age=31536000"], body: "v2") }
        #expect(cache.get(old)?["Cache-Control"] == "no-store")
        #expect(cache.node.cache.find(cache.key(old), request: FieldLines()) == nil)
    }

    /// M2: what has expired is there still, and is what the name means: a server that has been overwritten cannot say anything about it.
    @Test(arguments: [2, 200_000]) func whatIsKeptAndTrueOutlivesTheServersCopy(_ count: Int) throws {
        let (v1, v2) = (String(repeating: "1", count: count), String(repeating: "2", count: count))
        let origin = careless(v1)
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        let old = "/core.js?\(md5(v1))"
        #expect(cache.get(old)?.text == v1)
        try cache.node.cache.purge(Purge(.url(cache.key(old).text), isSoft: true, at: Timestamp(milliseconds: .max)))
        for answer in [
            Origin.Answer(lines: ["Cache-Control: max-age=31536000"], body: v2),
            Origin.Answer(lines: ["Cache-Control: max-age=31536000", "Content-Type: text/html"], body: "<!doctype html>"),
        ] {
            origin.answer { _ in answer }
            let kept = try #require(cache.get(old))
            #expect(kept.text == v1)
            #expect(kept["Cache-Control"] == "public, max-age=31536000, immutable")
        }
        // What is gone on the server's own word is gone.
        origin.answer { _ in Origin.Answer(status: 404, lines: [], body: "no") }
        #expect(cache.get(old)?.status == 404)
    }

    /// D6, M8: one of two groups of servers has been deployed, the other not yet.
    @Test func whatOneServerHasNotTheOtherIsAskedFor() throws {
        let (one, other) = (careless("v1"), careless("v2"))
        let cache = try CacheUnderTest(origin: one, other: other)
        defer {
            cache.end()
            other.server.end()
        }
        for body in ["v1", "v2"] {
            for target in ["/core.js?\(md5(body))", "/other.js?\(md5(body))", "/core_\(md5(body)).js"] {
                let answer = try #require(cache.get(target))
                #expect(answer.text == body)
                #expect(answer["Cache-Control"] == "public, max-age=31536000, immutable")
            }
        }
        // What neither has is passed on, and kept by nobody.
        let unknown = try #require(cache.get("/core.js?\(md5("v3"))"))
        #expect(unknown["Cache-Control"] == "no-store")
        #expect(["v1", "v2"].contains(unknown.text))
    }

    /// Other bytes are no better than nothing.
    @Test func oneServerThatHasNothingLeavesItToTheOther() throws {
        let (one, other) = (careless("v1"), Origin { _ in Origin.Answer(status: 404, lines: [], body: "no") })
        let cache = try CacheUnderTest(origin: one, other: other)
        defer {
            cache.end()
            other.server.end()
        }
        for target in ["/late.js?\(md5("v1"))", "/later.js?\(md5("v1"))", "/assets/index-CIiu7Ygf.js", "/assets/late-BIiu7Ygf.js"] {
            #expect(cache.get(target)?.text == "v1")
        }
        for _ in 0..<2 {
            let nowhere = try #require(cache.get("/late.js?\(md5("v3"))"))
            #expect(nowhere.status == 404 && nowhere["Cache-Control"] == "no-store")
        }
        // Each server was asked once for each of both, whichever was the first.
        for server in [one, other] { #expect(server.asked.count { $0.contains(md5("v3")) } == 2) }
    }

    /// M12: digests in names.
    @Test func theSameHoldsForDigestsInNames() throws {
        let cache = try CacheUnderTest(origin: careless("v1"))
        defer { cache.end() }
        #expect(cache.get("/core_\(md5("v1")).js")?["Cache-Status"]?.hasPrefix("tandem; fwd=uri-miss; stored") == true)
        #expect(cache.get("/core_\(md5("v2")).js")?["Cache-Control"] == "no-store")
    }

    @Test func aRuleNeedsNoNameThatWasTrueBefore() throws {
        let cache = try CacheUnderTest(origin: careless("v1")) {
            $0.guarding = GuardPolicy(rules: [.init(isOfQuery: true, pattern: "^(?<digest>[0-9a-f]{32})$", kind: .md5)])
        }
        defer { cache.end() }
        #expect(cache.get("/core.js?\(md5("v2"))")?["Cache-Control"] == "no-store")
    }

    @Test func whatCannotBeProvenIsKeptForAMinute() throws {
        let cache = try CacheUnderTest(origin: careless("v1"))
        defer { cache.end() }
        let first = try #require(cache.get("/assets/index-CIiu7Ygf.js"))
        #expect(first["Cache-Control"] == "public, max-age=60")
        let second = try #require(cache.get("/assets/index-CIiu7Ygf.js"))
        #expect(second["Cache-Control"] == "public, max-age=60" && second["Cache-Status"]?.hasPrefix("tandem; hit") == true)
    }

    /// From bundlers' users: a missing script answered with the page, for a year; a `404` that outlives the deploy.
    @Test func pagesAndErrorsAreNotKeptUnderNamesOfScripts() throws {
        let origin = Origin { _ in
            .init(lines: ["Cache-Control: max-age=31536000, immutable", "Content-Type: text/html"], body: "<!doctype html>")
        }
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        #expect(cache.get("/assets/index-CIiu7Ygf.js")?["Cache-Control"] == "no-store")
        origin.answer { _ in .init(status: 404, lines: ["Cache-Control: max-age=3600"], body: "no") }
        #expect(cache.get("/assets/index-CIiu7Ygf.js")?["Cache-Control"] == "no-store")
        origin.answer { _ in .init(lines: ["Cache-Control: max-age=31536000"], body: "v1") }
        #expect(cache.get("/assets/index-CIiu7Ygf.js")?.text == "v1")
    }

    @Test func anUnguardedRouteIsLeftToTheOrigin() throws {
        let cache = try CacheUnderTest(origin: careless("v1")) { $0.guarding = nil }
        defer { cache.end() }
        #expect(cache.get("/core.js?\(md5("v2"))")?["Cache-Control"] == "public, max-age=31536000, immutable")
    }
}
