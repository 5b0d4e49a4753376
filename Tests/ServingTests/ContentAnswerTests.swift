import HTTPEngine
import Manifests
import Model
import Snapshots
import Testing

@testable import Serving

/// The fields of every answer (`contract.md`, HTTP surface).
@Suite struct ContentAnswerTests {
    private static let script = TestFile(
        "js/core-0123456789abcdef.js", "let core = 1", .strong, encoded: [.brotli: "brotli!", .gzip: "gzipped!!"])
    private static let page = TestFile("index.html", "<h1>page</h1>", encoded: [.brotli: "br page"])
    private static let plain = TestFile("data.json", "{}")

    private func site(_ state: ReleaseState = .current) throws -> TestSite { try TestSite([Self.script, Self.page, Self.plain]) }

    private func answer(_ target: String, _ fields: [String] = [], method: String = "GET", fallback: String? = nil) throws -> Answer {
        try #require(try site().ask(target, fields, method: method, fallback: fallback).answer)
    }

    // MARK: Fingerprinted names

    @Test func fingerprintedNamesAreForEverAndOfNoRelease() throws {
        let answer = try answer("/js/core-0123456789abcdef.js")
        #expect(answer.status == 200)
        #expect(answer.text == "let core = 1")
        #expect(
            Set(answer.fields) == [
                "Content-Type: text/javascript; charset=utf-8", "ETag: \(tag("let core = 1"))", "Accept-Ranges: bytes",
                "Cache-Control: public, max-age=31536000, immutable", "Vary: Accept-Encoding", "X-Content-Type-Options: nosniff",
            ])
        #expect(answer.mayBePrepared)
    }

    @Test func withoutEncodingsNothingVaries() throws {
        let site = try TestSite([TestFile("logo-0123456789abcdef.png", "png", .proven)])
        let answer = try #require(try site.ask("/logo-0123456789abcdef.png", ["Accept-Encoding: br"]).answer)
        #expect(answer["Vary"] == nil)
        #expect(answer["Content-Encoding"] == nil)
        #expect(answer["Content-Type"] == "image/png")
    }

    @Test func m4ANameOfADrainingReleaseIsForEverToo() throws {
        var test = try TestSite()
        test.releases = [try test.store.release([Self.page]), try test.store.release([Self.script], .draining)]
        let answer = try #require(try test.ask("/js/core-0123456789abcdef.js", ["X-Deployment-Id: \(test.releases[0].hex)"]).answer)
        #expect(answer["Cache-Control"] == "public, max-age=31536000, immutable")
        #expect(answer["X-Deployment-Id"] == nil)
        #expect(answer["Set-Cookie"] == nil)
    }

    // MARK: Documents

    @Test func documentsAreRevalidatedAndSayTheirRelease() throws {
        let site = try site()
        let answer = try #require(try site.ask("/data.json").answer)
        #expect(
            Set(answer.fields) == [
                "Content-Type: application/json", "ETag: \(tag("{}"))", "Accept-Ranges: bytes", "Cache-Control: no-cache",
                "Vary: X-Deployment-Id", "X-Deployment-Id: \(site.releases[0].hex)", "X-Content-Type-Options: nosniff",
            ])
        #expect(answer.mayBePrepared)
    }

    @Test func documentsVaryOnWhatTheyDependOn() throws {
        #expect(try answer("/")["Vary"] == "X-Deployment-Id, Accept-Encoding")
        #expect(
            try answer("/settings", [navigation], fallback: "index.html")["Vary"]
                == "X-Deployment-Id, Sec-Fetch-Mode, Accept, Accept-Encoding")
        #expect(try answer("/data.json", ["X-Deployment-Id: x"])["Vary"] == "X-Deployment-Id, Sec-Fetch-Mode, Accept")
    }

    @Test func theSiteMaySetTheCacheControlOfDocuments() throws {
        var site = try site()
        site.policy.documentCacheControl = "max-age=60, stale-while-revalidate=30"
        site.policy.fieldLines = Array("Strict-Transport-Security: max-age=1\r\n".utf8)
        let page = try #require(try site.ask("/").answer)
        #expect(page["Cache-Control"] == "max-age=60, stale-while-revalidate=30")
        #expect(page["Strict-Transport-Security"] == "max-age=1")
        let script = try #require(try site.ask("/js/core-0123456789abcdef.js").answer)
        #expect(script["Cache-Control"] == "public, max-age=31536000, immutable")
        #expect(script["Strict-Transport-Security"] == "max-age=1")
    }

    /// Over TLS the cookie is this host's alone, and one that came in clear text has no say.
    @Test func overTLSTheCookieIsHostOnlyAndSecure() throws {
        var site = try site()
        site.releases.append(try site.store.release([TestFile("index.html", "v1")], .draining))
        site.canary = SiteSnapshot.Canary(release: 0, share: Share(basisPoints: 5000))
        site.current = 1
        site.policy.secureFieldLines = Array("Strict-Transport-Security: max-age=1\r\n".utf8)
        let page = site.releases[1].hex.prefix(12)
        let answer = try #require(try site.ask("/", [navigation, "Cookie: tandem=1.\(page)"], isSecure: true).answer)
        #expect(answer["Set-Cookie"] == "__Host-tandem=9999.\(page); Path=/; Secure; HttpOnly; SameSite=Lax")
        #expect(answer["Strict-Transport-Security"] == "max-age=1")
        let again = try #require(try site.ask("/", [navigation, "Cookie: __Host-tandem=9999.\(page)"], isSecure: true).answer)
        #expect(again["Set-Cookie"] == nil)
        let plain = try #require(try site.ask("/", [navigation, "Cookie: __Host-tandem=9999.\(page)"]).answer)
        #expect(plain["Set-Cookie"]?.hasPrefix("tandem=") == true)
        #expect(plain["Strict-Transport-Security"] == nil)
    }

    @Test func s7WhatACanaryOrCookieDecidesIsPrivateWhateverTheSiteSets() throws {
        var site = try site()
        site.releases.append(try site.store.release([TestFile("index.html", "v1")], .draining))
        site.policy.documentCacheControl = "public, max-age=600"
        let old = site.releases[1].hex.prefix(12)
        // By the cookie.
        let byCookie = try #require(try site.ask("/", ["Cookie: tandem=1.\(old)"]).answer)
        #expect(byCookie["Cache-Control"] == "private, no-cache")
        #expect(!byCookie.mayBePrepared)
        // Setting or expiring it.
        let expiring = try #require(try site.ask("/", [navigation, "Cookie: tandem=1.\(old)"]).answer)
        #expect(expiring["Cache-Control"] == "private, no-cache")
        #expect(expiring["Set-Cookie"] == "tandem=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
        #expect(!expiring.mayBePrepared)
        // By the canary, inside and outside.
        site.canary = SiteSnapshot.Canary(release: 0, share: Share(basisPoints: 5000))
        site.current = 1
        for (bucket, release) in [(0, 0), (9999, 1)] {
            // The current release and a bucket at first; from then on the bucket decides.
            let first = try #require(try site.ask("/", [navigation], bucket: bucket).answer)
            #expect(first["Cache-Control"] == "private, no-cache")
            #expect(first["Set-Cookie"] == "tandem=\(bucket).\(site.releases[1].hex.prefix(12)); Path=/; HttpOnly; SameSite=Lax")
            #expect(first["X-Deployment-Id"] == site.releases[1].hex)
            #expect(!first.mayBePrepared)
            let next = try #require(try site.ask("/", [navigation, "Cookie: tandem=\(bucket).\(site.releases[1].hex.prefix(12))"]).answer)
            #expect(next["Cache-Control"] == "private, no-cache")
            #expect(next["X-Deployment-Id"] == site.releases[release].hex)
            let page = "tandem=\(bucket).\(site.releases[release].hex.prefix(12))"
            #expect(next["Set-Cookie"] == (release == 1 ? nil : page + "; Path=/; HttpOnly; SameSite=Lax"))
            #expect(!next.mayBePrepared)
            let again = try #require(try site.ask("/", [navigation, "Cookie: " + page]).answer)
            #expect(again["Cache-Control"] == "private, no-cache")
            #expect(again["Set-Cookie"] == nil)
        }
        // A 304 and a range of it are as private.
        let notModified = try #require(try site.ask("/", [navigation, "If-None-Match: *"]).answer)
        #expect(notModified.status == 304 && notModified["Cache-Control"] == "private, no-cache")
        let part = try #require(try site.ask("/", [navigation, "Range: bytes=0-1"]).answer)
        #expect(part.status == 206 && part["Cache-Control"] == "private, no-cache")
    }

    @Test func s7WithPinsOrACanaryNothingIsPrepared() throws {
        var site = try site()
        for fields in [["X-Deployment-Id: \(site.releases[0].hex)"], ["X-Deployment-Id: x"]] {
            #expect(try site.ask("/", fields).answer?.mayBePrepared == false)
        }
        #expect(try site.ask("/?dpl=\(site.releases[0].hex)").answer?.mayBePrepared == false)
        #expect(try site.ask("/settings", [navigation], fallback: "index.html").answer?.mayBePrepared == false)
        site.canary = SiteSnapshot.Canary(release: 0, share: .none)
        #expect(try site.ask("/").answer?.mayBePrepared == false)
        #expect(try site.ask("/js/core-0123456789abcdef.js").answer?.mayBePrepared == true)
    }

    // MARK: Encodings

    @Test(
        arguments: [("br", "brotli!", "br"), ("gzip", "gzipped!!", "gzip"), ("zstd", "let core = 1", nil), ("gzip, br", "brotli!", "br")]
            as [(String, String, String?)])
    func theTagIsTheDigestOfTheBytesAsEncoded(accepted: String, body: String, coding: String?) throws {
        let answer = try answer("/js/core-0123456789abcdef.js", ["Accept-Encoding: \(accepted)"])
        #expect(answer.text == body)
        #expect(answer["ETag"] == tag(body))
        #expect(answer["Content-Encoding"] == coding)
        #expect(answer["Vary"] == "Accept-Encoding")
        #expect(answer["Content-Type"] == "text/javascript; charset=utf-8")
    }

    // MARK: Conditions

    @Test func aNotModifiedAnswerRepeatsWhatTheCacheNeeds() throws {
        let script = try answer("/js/core-0123456789abcdef.js", ["Accept-Encoding: br", "If-None-Match: \(tag("brotli!"))"])
        #expect(script.status == 304)
        #expect(script.body.isEmpty)
        #expect(script.names == ["ETag", "Cache-Control", "Vary", "X-Content-Type-Options"])
        #expect(script["ETag"] == tag("brotli!"))
        #expect(script["Cache-Control"] == "public, max-age=31536000, immutable")
        let page = try answer("/data.json", ["If-None-Match: W/\(tag("{}"))"])
        #expect(page.status == 304)
        #expect(page.names == ["ETag", "Cache-Control", "Vary", "X-Deployment-Id", "X-Content-Type-Options"])
    }

    @Test func theTagOfAnotherEncodingDoesNotMatch() throws {
        let answer = try answer("/js/core-0123456789abcdef.js", ["Accept-Encoding: br", "If-None-Match: \(tag("let core = 1"))"])
        #expect(answer.status == 200)
        #expect(answer.text == "brotli!")
    }

    @Test func aFailedConditionIsNotCached() throws {
        for target in ["/data.json", "/js/core-0123456789abcdef.js"] {
            let answer = try answer(target, ["If-Match: \"x\""])
            #expect(answer.status == 412)
            #expect(answer["Cache-Control"] == "no-store")
            #expect(answer["ETag"] == nil)
            #expect(answer.text == "Precondition Failed\n")
        }
    }

    @Test func datesAreIgnored() throws {
        let answer = try answer("/data.json", ["If-Modified-Since: Sun, 06 Nov 2094 08:49:37 GMT"])
        #expect(answer.status == 200)
        #expect(answer["Last-Modified"] == nil)
    }

    // MARK: Blobs

    @Test func aBlobThatIsMissingOrShortIsNoAnswer() throws {
        let site = try site()
        site.store.write(Array("let".utf8), as: digest("let core = 1"))
        #expect(try site.ask("/js/core-0123456789abcdef.js").answer == nil)
        site.store.remove(digest("{}"))
        #expect(try site.ask("/data.json").answer == nil)
        #expect(try site.ask("/data.json", ["Range: bytes=0-0"]).answer == nil)
        // What was found out before the bytes are needed stands.
        #expect(try site.ask("/data.json", ["If-None-Match: *"]).answer?.status == 304)
    }

    @Test func largeBlobsStayInTheirFileAndMustBeWhole() throws {
        let large = String(repeating: "0123456789", count: 20_000)
        let site = try TestSite([TestFile("large.bin", large)])
        #expect(try site.ask("/large.bin").answer?.text == large)
        #expect(try site.ask("/large.bin", ["Range: bytes=5-14"]).answer?.text == "5678901234")
        site.store.write(Array(large.utf8.dropLast()), as: digest(large))
        #expect(try site.ask("/large.bin").answer == nil)
    }

    @Test func anEmptyFileIsAnAnswer() throws {
        let answer = try #require(try TestSite([TestFile("empty.txt", "")]).ask("/empty.txt").answer)
        #expect(answer.status == 200)
        #expect(answer.body.isEmpty)
    }

    @Test func aSizeThatNoFileHasIsNoAnswer() throws {
        var site = try TestSite()
        var entry = Self.plain.entry
        entry.size = .max
        let image = try ManifestImage([entry])
        let manifest = try Manifest.open(path: site.store.write(image.bytes, as: "huge"), id: image.id)
        site.releases = [ServedRelease(manifest: manifest, encodings: nil, state: .current)]
        #expect(try site.ask("/data.json").answer == nil)
        #expect(try site.ask("/data.json", ["Range: bytes=-1"]).answer == nil)
    }
}
