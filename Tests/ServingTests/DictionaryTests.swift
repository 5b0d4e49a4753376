import Foundation
import HTTPEngine
import Manifests
import Model
import Names
import Snapshots
import TestSeeds
import Testing

@testable import Serving

/// Compression dictionaries (RFC 9842): who is told of one, and who is sent a delta.
@Suite struct DictionaryTests {
    private static let old = String(repeating: "let version = 1;\n", count: 100)
    private static let new = String(repeating: "let version = 2;\n", count: 100)
    private static let oldName = "js/app-0123456789abcdef.js"
    private static let newName = "js/app-fedcba9876543210.js"
    private static let target = "/" + newName

    private static func available(_ text: String) -> String {
        digest(text).withBytes { "Available-Dictionary: :\(Data($0).base64EncodedString()):" }
    }
    private static let asks = ["Accept-Encoding: gzip, br, zstd, dcb, dcz", available(old)]

    /// Two releases; the newer has a delta to the older one's script.
    private func site(
        _ use: SitePolicy.DictionaryPolicy = .on, delta: String = "delta", oldState: ReleaseState = .draining
    ) throws -> TestSite {
        var site = try TestSite()
        let older = try site.store.release([TestFile(Self.oldName, Self.old, .strong), TestFile("index.html", "old")], oldState)
        let newer = try site.store.release(
            [TestFile(Self.newName, Self.new, .strong, encoded: [.brotli: "brotli!!"]), TestFile("index.html", "new")],
            deltas: [(Self.newName, Self.old, older.id, delta)])
        site.releases = [newer, older]
        site.policy.dictionaries = use
        return site
    }

    private func answer(_ site: TestSite, _ fields: [String] = asks, method: String = "GET", target: String = target) throws -> Answer {
        try #require(try site.ask(target, fields, method: method).answer)
    }

    // MARK: Advertising

    @Test func aScriptIsADictionaryForItsNextVersion() throws {
        let answer = try answer(try site(), [])
        #expect(answer["Use-As-Dictionary"] == "match=\"/js/app-*.js\", match-dest=(\"script\" \"worker\")")
        #expect(answer["Vary"] == "Accept-Encoding, Available-Dictionary")
        #expect(answer.text == Self.new)
    }

    @Test func styleSheetsAndWebAssemblyToo() throws {
        var site = try TestSite([
            TestFile("a-0123456789abcdef.css", Self.old, .strong), TestFile("b-0123456789abcdef.wasm", Self.new, .strong),
        ])
        site.policy.dictionaries = .on
        #expect(
            try answer(site, [], target: "/a-0123456789abcdef.css")["Use-As-Dictionary"] == "match=\"/a-*.css\", match-dest=(\"style\")")
        #expect(try answer(site, [], target: "/b-0123456789abcdef.wasm")["Use-As-Dictionary"] == "match=\"/b-*.wasm\"")
    }

    @Test func aNameWithItsDigestInTheQueryMatchesItsPath() throws {
        let file = TestFile("js/core.js", Self.old)
        var site = try TestSite([file])
        site.policy.dictionaries = .on
        let answer = try answer(site, [], target: "/js/core.js?\(file.hex(.md5))")
        #expect(answer["Use-As-Dictionary"]?.hasPrefix("match=\"/js/core.js\"") == true)
    }

    @Test func documentsAndImagesAreNoDictionaries() throws {
        let site = try site()
        for target in ["/", "/index.html"] {
            let answer = try answer(site, [], target: target)
            #expect(answer["Use-As-Dictionary"] == nil)
            #expect(answer["Vary"] == "X-Deployment-Id")
        }
        var images = try TestSite([TestFile("logo-0123456789abcdef.svg", Self.old, .strong)])
        images.policy.dictionaries = .on
        #expect(try answer(images, [], target: "/logo-0123456789abcdef.svg")["Use-As-Dictionary"] == nil)
    }

    @Test func ofFilesOfOneLogicalNameOnlyTheLargestIsOne() throws {
        var site = try TestSite([
            TestFile("index-0123456789abcdef.js", Self.old, .strong), TestFile("index-aaaa456789abcdef.js", Self.old + "more", .strong),
        ])
        site.policy.dictionaries = .on
        #expect(try answer(site, [], target: "/index-0123456789abcdef.js")["Use-As-Dictionary"] == nil)
        #expect(try answer(site, [], target: "/index-aaaa456789abcdef.js")["Use-As-Dictionary"] != nil)
    }

    @Test func whatIsSpecialInPatternsIsEscaped() throws {
        func pattern(_ name: String) -> String? {
            Array(name.utf8).withUnsafeBytes { LogicalName($0, isFingerprinted: true) }.map { MatchPattern.text($0) }
        }
        #expect(pattern("a(b)+{c}:d-0123456789abcdef.js") == #"/a\\(b\\)\\+%7Bc%7D\\:d-*.js"#)
        #expect(pattern("*/x y\"\\-0123456789abcdef.js") == #"/\\*/x%20y%22%5C-*.js"#)
        #expect(pattern("é-0123456789abcdef.js") == "/%C3%A9-*.js")
    }

    // MARK: Answering

    @Test func whoHasTheOldScriptIsSentTheDifference() throws {
        let answer = try answer(try site())
        #expect(answer.status == 200)
        #expect(answer.text == "delta")
        #expect(
            Set(answer.fields) == [
                "Content-Type: text/javascript; charset=utf-8", "Content-Encoding: dcz", "ETag: \(tag("delta"))",
                "Cache-Control: public, max-age=31536000, immutable", "Vary: Accept-Encoding, Available-Dictionary",
                "Use-As-Dictionary: match=\"/js/app-*.js\", match-dest=(\"script\" \"worker\")", "X-Content-Type-Options: nosniff",
            ])
        #expect(!answer.mayBePrepared)
    }

    @Test(arguments: ["Accept-Encoding: br", "Accept-Encoding: br, *", "Accept-Encoding: br, dcz;q=0", "Accept-Encoding: br, dcb"])
    func whoDoesNotAcceptDeltasGetsNone(accepted: String) throws {
        let answer = try answer(try site(), [accepted, Self.available(Self.old)])
        #expect(answer["Content-Encoding"] == "br")
        #expect(answer["Vary"] == "Accept-Encoding, Available-Dictionary")
    }

    @Test func whoPrefersAnotherCodingGetsIt() throws {
        #expect(try answer(try site(), ["Accept-Encoding: br, dcz;q=0.5", Self.available(Self.old)])["Content-Encoding"] == "br")
    }

    @Test func aDeltaThatIsNotSmallerIsNotSent() throws {
        #expect(try answer(try site(delta: "as large"))["Content-Encoding"] == "br")
        #expect(try answer(try site(delta: "smaller"))["Content-Encoding"] == "dcz")
    }

    @Test func aDictionaryNobodyPreparedForIsNoError() throws {
        #expect(try answer(try site(), [Self.asks[0], Self.available("something else")])["Content-Encoding"] == "br")
        #expect(try answer(try site(), [Self.asks[0], Self.available(Self.new)])["Content-Encoding"] == "br")
    }

    /// A content of the store is no dictionary because it is there: its release must be this site's, and answer names.
    @Test func aDictionaryOfAReleaseThatIsNotServedHereIsNone() throws {
        var site = try site()
        site.releases.removeLast()
        #expect(try answer(site)["Content-Encoding"] == "br")
    }

    @Test func behindAProxyThatAnnouncesItselfThereAreNone() throws {
        let via = Self.asks + ["Via: 1.1 varnish"]
        let silent = try answer(try site(), via)
        #expect(silent["Content-Encoding"] == "br")
        #expect(silent["Use-As-Dictionary"] == nil)
        #expect(silent["Vary"] == "Accept-Encoding, Available-Dictionary")
        let always = try answer(try site(.always), via)
        #expect(always["Content-Encoding"] == "dcz")
        #expect(always["Use-As-Dictionary"] != nil)
    }

    @Test func switchedOffNothingIsSaidOfThem() throws {
        let answer = try answer(try site(.off))
        #expect(answer["Content-Encoding"] == "br")
        #expect(answer["Use-As-Dictionary"] == nil)
        #expect(answer["Vary"] == "Accept-Encoding")
    }

    // MARK: Together with the rest of HTTP

    @Test func headSaysWhatGetWouldSend() throws {
        let answer = try answer(try site(), method: "HEAD")
        #expect(answer["Content-Encoding"] == "dcz")
        #expect(answer["ETag"] == tag("delta"))
        #expect(answer.body == [])
    }

    @Test func aDeltaIsNotModifiedByItsOwnTag() throws {
        let same = try answer(try site(), Self.asks + ["If-None-Match: \(tag("delta"))"])
        #expect(same.status == 304)
        #expect(same["Vary"] == "Accept-Encoding, Available-Dictionary")
        #expect(same["ETag"] == tag("delta"))
        #expect(try answer(try site(), Self.asks + ["If-None-Match: \(tag("brotli!!"))"]).status == 200)
        #expect(try answer(try site(), Self.asks + ["If-Match: \(tag("brotli!!"))"]).status == 412)
    }

    @Test func rangesAreNeverOfADelta() throws {
        let part = try answer(try site(), Self.asks + ["Range: bytes=0-3"])
        #expect(part.status == 206)
        #expect(part.text == "let ")
        #expect(part["Content-Encoding"] == nil)
        #expect(part["Use-As-Dictionary"] == nil)
        let resumed = try answer(try site(), Self.asks + ["Range: bytes=2-", "If-Range: \(tag("delta"))"])
        #expect(resumed.status == 200)
        #expect(resumed["Content-Encoding"] == "br")
    }

    @Test func aDeltaThatIsGoneIsNoLoss() throws {
        let site = try site()
        site.store.remove(digest("delta"))
        let answer = try answer(site)
        #expect(answer.status == 200)
        #expect(answer["Content-Encoding"] == "br")
    }

    @Test func aPageIsNeverADelta() throws {
        let answer = try answer(try site(), target: "/index.html")
        #expect(answer["Content-Encoding"] == nil)
        #expect(answer["Vary"] == "X-Deployment-Id")
    }

    @Test func explainSaysWhyThereIsNone() throws {
        func finding(_ site: TestSite, _ fields: [String]) -> String? {
            let lines = ["GET \(Self.target) HTTP/1.1", "Host: shop.example.com"] + fields
            let snapshot = Snapshot(number: 1, sites: [site.snapshot], blobs: site.store.blobs)
            return Explanation(head: Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8), snapshot: snapshot)
                .steps.first { $0.subject == "dictionary" }?.finding
        }
        #expect(finding(try site(), Self.asks) == "the answer is the difference to \(digest(Self.old).hex), which the client has")
        #expect(finding(try site(), [Self.asks[1]]) == "no delta: the client does not accept dcz")
        #expect(finding(try site(), Self.asks + ["Via: 1.1 x"])?.contains("announces itself") == true)
        #expect(finding(try site(delta: "much, much larger"), Self.asks) == "no delta: it would not be smaller")
        #expect(finding(try site(), [Self.asks[0]]) == nil)
    }

    // MARK: Over a socket

    /// What is hot is never given to whoever is to be sent a delta, and a delta never to anybody else (S7).
    @Test func s7HotAnswersAndDeltasAreKeptApart() throws {
        let site = try site()
        let server = try TestServer(site.snapshot(1))
        defer { withExtendedLifetime(site) { server.stop() } }
        for _ in 0..<3 {
            #expect(try server.get(Self.target, ["Accept-Encoding: br, dcz"]).body == "brotli!!")
            #expect(try server.get(Self.target, Self.asks).body == "delta")
            #expect(try server.get(Self.target).body == Self.new)
            #expect(try server.get(Self.target, Self.asks + ["Via: 1.1 x"]).body == "brotli!!")
            #expect(try server.get(Self.target, ["Accept-Encoding: br"])["Use-As-Dictionary"] != nil)
            #expect(try server.get(Self.target, ["Accept-Encoding: br", "Via: 1.1 x"])["Use-As-Dictionary"] == nil)
            #expect(try server.get(Self.target, ["Via: 1.1 x"])["Use-As-Dictionary"] == nil)
            #expect(try server.get(Self.target, Self.asks, method: "HEAD")["Content-Length"] == "5")
        }
    }

    // MARK: The request field

    @Test func theDigestIsRead() {
        func parse(_ text: String) -> ContentDigest? { Array(text.utf8).withUnsafeBufferPointer { AvailableDictionary.parse($0) } }
        let bytes = digest("x").withBytes { Data($0).base64EncodedString() }
        #expect(parse(":\(bytes):") == digest("x"))
        #expect(parse(":\(bytes):;p=1") == digest("x"))
        for wrong in [
            "", ":", bytes, ":\(bytes)", "\(bytes):", ":\(bytes):x", ":\(bytes.dropLast()):", ":\(bytes)=:", ":!\(bytes.dropFirst()):",
        ] {
            #expect(parse(wrong) == nil, "\(wrong)")
        }
    }

    @Test func anyOtherBytesAreNoDigestAndNoCrash() {
        var generator = SeededGenerator(seed: 9842)
        for _ in 0..<20_000 {
            let noise = (0..<Int.random(in: 0...60, using: &generator)).map { _ in UInt8.random(in: 32...126, using: &generator) }
            #expect(noise.withUnsafeBufferPointer { AvailableDictionary.parse($0) } == nil)
        }
    }

    @Test func aFieldSentTwiceNamesNothing() throws {
        #expect(try answer(try site(), Self.asks + [Self.available(Self.old)])["Content-Encoding"] == "br")
    }
}
