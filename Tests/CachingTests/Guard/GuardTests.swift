import Foundation
import Model
import Names
import Testing

@testable import Caching

private let shop = "https://shop.example"
private let settle = Duration.seconds(600)

private func digests(_ text: String) -> ContentDigests { Array(text.utf8).withUnsafeBytes { ContentDigests(of: $0) } }
private func md5(_ text: String) -> String { digests(text).withBytes(of: .md5) { Hexadecimal.string($0) } }
private func sha256(_ text: String) -> String { digests(text).sha256.hex }

private func claim(_ target: String, rules: [GuardRule] = []) -> NameClaim? {
    ClaimReader(rules: rules).claim(origin: shop, target: target)
}

private func judge(
    _ claim: NameClaim, _ body: String, status: Int = 200, isPage: Bool = false, proven: Bool = false,
    earlier: GuardVerdict.Earlier? = nil, at moment: Timestamp = now
) -> GuardVerdict {
    GuardVerdict(
        claim, status: status, isPage: isPage,
        content: Array(body.utf8).withUnsafeBytes { GuardedContent($0, FieldLines()) }, isFamilyProven: proven, earlier: earlier,
        settle: settle,
        now: moment)
}

@Suite struct ClaimTests {
    @Test func aQueryThatIsADigestClaims() throws {
        let found = try #require(claim("/js/core.js?\(md5("v1"))"))
        #expect(found.ground == .query(.md5))
        #expect(found.matches(digests("v1")) && !found.matches(digests("v2")))
        #expect(claim("/js/core.js?\(md5("v2"))")?.family == found.family)
        #expect(claim("/js/other.js?\(md5("v2"))")?.family != found.family)
        #expect(claim("/js/core.js?v=\(sha256("v2"))")?.ground == .query(.sha256))
    }

    @Test func aDigestInTheNameClaims() throws {
        for (name, text) in [("core_\(md5("v1")).js", "v1"), ("core-\(sha256("v1").prefix(16)).js", "v1")] {
            let found = try #require(claim("/js/\(name)"))
            #expect(found.ground == .shape && found.isAsset)
            #expect(found.matches(digests(text)) && !found.matches(digests("v2")))
        }
        #expect(claim("/js/core_\(md5("v1")).js")?.family == claim("/js/core_\(md5("v2")).js")?.family)
        #expect(claim("/js/core_\(md5("v1")).js")?.family != claim("/js/core_\(sha256("v2")).js")?.family)
    }

    @Test(arguments: ["/", "/index.html", "/js/core.js", "/js/core.js?v=12", "/api/orders?id=7", "/robots.txt"])
    func documentsClaimNothing(_ target: String) { #expect(claim(target) == nil) }

    /// E4: a number that is raised by hand.
    @Test func whatIsDeclaredClaimsAndCannotBeProven() throws {
        let reader = ClaimReader(declared: try DeclaredPatterns(["\\?v=\\d+$", "^/static/"]))
        let byHand = try #require(reader.claim(origin: shop, target: "/core.js?v=12"))
        #expect(byHand.ground == .declared && byHand.isAsset && !byHand.matches(digests("v1")))
        #expect(judge(byHand, "v1") == .provisional(since: now))
        #expect(reader.claim(origin: shop, target: "/static/core.js")?.ground == .declared)
        #expect(reader.claim(origin: shop, target: "/core.js?v=\(md5("v1"))")?.ground == .query(.md5))
        #expect(reader.claim(origin: shop, target: "/core.js?w=12") == nil)
    }

    @Test func aRuleSpeaksBeforeTheShapes() throws {
        let rules = [
            try GuardRule(.name, "_(?<digest>[0-9a-f]{32})\\.js$", .md5), try GuardRule(.query, "^build=(?<digest>[0-9a-f]{64})$", .sha256),
        ]
        let name = try #require(claim("/core_\(md5("v1")).js", rules: rules))
        #expect(name.ground == .rule(.md5) && name.matches(digests("v1")))
        let query = try #require(claim("/core.js?build=\(sha256("v1"))", rules: rules))
        #expect(query.ground == .rule(.sha256) && query.matches(digests("v1")) && !query.matches(digests("v2")))
        #expect(claim("/core.js?build=12", rules: rules) == nil)
        #expect(ClaimReader(rules: rules, isAuto: false).claim(origin: shop, target: "/a.js?\(md5("x"))") == nil)
    }

    @Test func aRuleWithoutItsGroupIsRefused() {
        #expect(throws: GuardRuleFault.self) { try GuardRule(.name, "_([0-9a-f]{32})", .md5) }
        #expect(throws: GuardRuleFault.self) { try GuardRule(.name, "_(?<digest>[0-9a-f{32}", .md5) }
    }
}

@Suite struct VerdictTests {
    /// M2, M5: new bytes under the old version's name, or the other way round.
    @Test func whereTheFamilyHasProvenItselfOtherBytesAreAMismatch() throws {
        let query = try #require(claim("/core.js?\(md5("v1"))"))
        #expect(judge(query, "v1") == .proven)
        #expect(judge(query, "v2", proven: true) == .mismatch)
        let name = try #require(claim("/core_\(md5("v1")).js"))
        #expect(judge(name, "v2", proven: true) == .mismatch)
        #expect(!GuardVerdict.mismatch.mayBeStored)
    }

    @Test func aRuleNeedsNoProofBefore() throws {
        let rule = try GuardRule(.name, "_(?<digest>[0-9a-f]{32})\\.js$", .md5)
        #expect(judge(try #require(claim("/core_\(md5("v1")).js", rules: [rule])), "v2") == .mismatch)
    }

    /// A bundler's own digest: nothing can be proven.
    @Test func whatCannotBeProvenIsProvisionalUntilItSettles() throws {
        let name = try #require(claim("/assets/index-CIiu7Ygf.js"))
        #expect(judge(name, "v1") == .provisional(since: now))
        let earlier = GuardVerdict.Earlier(digest: digests("v1").sha256, since: now)
        #expect(judge(name, "v1", earlier: earlier, at: now + seconds(599)) == .provisional(since: now))
        #expect(judge(name, "v1", earlier: earlier, at: now + seconds(600)) == .settled(since: now))
        // First content must not win: when pages go first it is the wrong one.
        let later = now + seconds(700)
        #expect(judge(name, "v2", earlier: earlier, at: later) == .provisional(since: later))
        // A clock that jumped back makes nothing settled.
        #expect(judge(name, "v1", earlier: earlier, at: now + (.zero - seconds(5))) == .provisional(since: now))
    }

    @Test func errorsAndPagesAreNoScripts() throws {
        let name = try #require(claim("/assets/index-CIiu7Ygf.js"))
        #expect(judge(name, "not found", status: 404) == .unfit)
        #expect(judge(name, "<!doctype html>", isPage: true) == .unfit)
        #expect(judge(name, "half", status: 206) == .unfit)
    }
}

@Suite struct GuardFieldTests {
    private let origin = fields("Cache-Control: public, max-age=31536000, immutable", "CDN-Cache-Control: max-age=9", "ETag: \"x\"")

    private func control(_ verdict: GuardVerdict, _ lines: FieldLines) -> String? {
        verdict.fields(lines).single("cache-control").map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func aMismatchIsKeptByNobody() {
        let sent = GuardVerdict.mismatch.fields(origin)
        #expect(control(.mismatch, origin) == "no-store")
        #expect(!sent.contains("cdn-cache-control") && sent.contains("etag"))
    }

    @Test func aProvisionalNameIsKeptForAMinute() {
        #expect(control(.provisional(since: now), origin) == "public, max-age=60")
        #expect(control(.provisional(since: now), fields("Cache-Control: max-age=5")) == "max-age=5")
        #expect(control(.provisional(since: now), fields("Expires: \(nowText)")) == "max-age=60")
        #expect(control(.provisional(since: now), fields("Cache-Control: no-store")) == "no-store")
        #expect(control(.provisional(since: now), fields("Cache-Control: private, max-age=100")) == "private, max-age=100")
    }

    @Test func whatIsProvenOrSettledGoesAsItCame() {
        #expect(GuardVerdict.proven.fields(origin) == origin)
        #expect(GuardVerdict.settled(since: now).fields(origin) == origin)
    }
}

@Suite struct FamilyTests {
    @Test func areRememberedBeyondTheProcess() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "tandem-families-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let families = GuardFamilies(path: path)
        #expect(!families.contains("a"))
        families.insert("a")
        families.insert("a")
        families.insert("b")
        #expect(families.contains("a"))
        let again = GuardFamilies(path: path)
        #expect(again.contains("a") && again.contains("b") && !again.contains("c"))
        try Data("half".utf8).append(to: path)
        let third = GuardFamilies(path: path)
        third.insert("c")
        #expect(GuardFamilies(path: path).contains("c"))
    }
}

extension Data {
    fileprivate func append(to path: String) throws {
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: self)
        try handle.close()
    }
}
