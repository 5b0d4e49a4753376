import Caching
import Glibc
import Model
import Snapshots
import Testing

@testable import Proxying

@Suite struct CacheDoorTests {
    @Test func whatIsFreshIsAnsweredWithoutTheOrigin() throws {
        let cache = try CacheUnderTest(origin: Origin { _ in .init(lines: ["Cache-Control: max-age=60", "X-A: 1"], body: "hello") })
        defer { cache.end() }
        let first = try #require(cache.get("/a?b"))
        #expect(first.status == 200 && first.text == "hello")
        #expect(first["Cache-Status"] == "tandem; fwd=uri-miss; stored")
        for _ in 0..<5 {
            let again = try #require(cache.get("/a?b"))
            #expect(again.status == 200 && again.text == "hello" && again["X-A"] == "1")
            #expect(again["Cache-Status"]?.hasPrefix("tandem; hit; ttl=") == true)
            #expect(again["Age"] != nil && again["Via"] == "1.1 tandem")
        }
        #expect(cache.get("/a?b", method: "HEAD")?["Content-Length"] == "5")
        #expect(cache.get("/a")?.text == "hello")
        #expect(cache.origin.asked.count == 2)
    }

    @Test func anotherQueryAnotherHostAndAnotherVariantAreOtherAnswers() throws {
        let origin = Origin { head in
            .init(
                lines: ["Cache-Control: max-age=60", "Vary: Accept-Language"],
                body: head.lowercased().contains("language: de") ? "Hallo" : "Hello")
        }
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        for _ in 0..<2 {
            #expect(cache.get("/a", "Accept-Language: de")?.text == "Hallo")
            #expect(cache.get("/a", "Accept-Language: en")?.text == "Hello")
        }
        #expect(origin.asked.count == 2)
    }

    @Test func whatMayNotBeKeptIsAskedForEachTime() throws {
        for line in ["Cache-Control: no-store", "Cache-Control: private, max-age=60", "X-Nothing: said"] {
            let cache = try CacheUnderTest(origin: Origin { _ in .init(lines: [line], body: "x") })
            defer { cache.end() }
            for _ in 0..<3 { #expect(cache.get("/")?["Cache-Status"] == "tandem; fwd=uri-miss") }
            #expect(cache.origin.asked.count == 3)
        }
    }

    /// RFC 9111 §4.3.
    @Test func whatIsStaleIsAskedAboutAndRenewed() throws {
        let origin = Origin { head in
            head.lowercased().contains("if-none-match: \"v1\"")
                ? .init(status: 304, lines: ["Cache-Control: max-age=60"])
                : .init(lines: ["Cache-Control: max-age=0", "ETag: \"v1\""], body: "hello")
        }
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        #expect(cache.get("/")?.text == "hello")
        let renewed = try #require(cache.get("/"))
        #expect(renewed.status == 200 && renewed.text == "hello")
        #expect(renewed["Cache-Status"]?.hasPrefix("tandem; fwd=stale; fwd-status=304") == true)
        #expect(cache.get("/")?["Cache-Status"]?.hasPrefix("tandem; hit") == true)
        #expect(origin.asked.count == 2)
    }

    @Test func conditionsAndRangesOfClientsAreAnsweredFromWhatIsKept() throws {
        let origin = Origin { _ in .init(lines: ["Cache-Control: max-age=60", "ETag: \"v1\""], body: "0123456789") }
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        // The origin is asked for all of it, whatever the client has.
        #expect(cache.get("/", "If-None-Match: \"v1\"")?.status == 200)
        #expect(cache.get("/", "If-None-Match: \"v1\"")?.status == 304)
        #expect(cache.get("/", "If-None-Match: \"v0\"")?.text == "0123456789")
        let part = try #require(cache.get("/", "Range: bytes=2-4"))
        #expect(part.status == 206 && part.text == "234" && part["Content-Range"] == "bytes 2-4/10")
        #expect(cache.get("/", "Range: bytes=99-")?.status == 416)
        #expect(cache.get("/", "If-Match: \"v0\"")?.status == 412)
        #expect(origin.asked.count == 1)
        #expect(origin.asked.allSatisfy { !$0.lowercased().contains("if-none-match") })
    }

    // MARK: Many at once

    @Test func manyWhoAskForOneColdKeyMakeOneRequest() throws {
        let origin = Origin { _ in .init(body: "hello") }
        origin.hold(true)
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        let clients = (0..<200).map { _ in cache.connect() }
        for client in clients { client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n") }
        #expect(origin.until(1) == 1)
        #expect(cache.node.untilWaiting(199) == 199)
        origin.hold(false)
        for client in clients { #expect(client.answer()?.text == "hello") }
        #expect(origin.asked.count == 1)
    }

    @Test func whatTurnsOutToBeForOneAloneLetsTheOthersGo() throws {
        let origin = Origin { _ in .init(lines: ["Cache-Control: no-store"], body: "mine") }
        origin.hold(true)
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        let clients = (0..<20).map { _ in cache.connect() }
        for client in clients { client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n") }
        #expect(origin.until(1) == 1 && cache.node.untilWaiting(19) == 19)
        origin.hold(false)
        for client in clients { #expect(client.answer()?.text == "mine") }
        #expect(origin.asked.count == 20)
    }

    @Test func aFailureIsToldToAllWhoWait() throws {
        let origin = Origin { _ in .init(body: "never whole", missing: 11) }
        origin.hold(true)
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        origin.answer { _ in .init(status: 200, lines: ["Bad Header"], body: "x") }
        let clients = (0..<20).map { _ in cache.connect() }
        for client in clients { client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n") }
        #expect(origin.until(1) == 1 && cache.node.untilWaiting(19) == 19)
        origin.hold(false)
        for client in clients { #expect(client.answer()?.status == 502) }
    }

    @Test func aClientThatLeavesTakesNothingFromTheOthers() throws {
        let origin = Origin { _ in .init(body: "hello") }
        origin.hold(true)
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        let first = cache.connect()
        first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(origin.until(1) == 1)
        let second = cache.connect()
        second.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(cache.node.untilWaiting(1) == 1)
        first.reset()
        #expect(cache.reports.until(1).map(\.status) == [499])
        origin.hold(false)
        #expect(second.answer()?.text == "hello")
        #expect(cache.get("/")?["Cache-Status"]?.hasPrefix("tandem; hit") == true)
        #expect(origin.asked.count == 1)
    }

    // MARK: Failures

    /// RFC 5861 §4.
    @Test func whatIsKeptStandsInForAFailure() throws {
        let origin = Origin { _ in .init(lines: ["Cache-Control: max-age=0, stale-if-error=600", "ETag: \"x\""], body: "old") }
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        #expect(cache.get("/")?.text == "old")
        origin.answer { _ in .init(status: 503, lines: [], body: "down") }
        let bridged = try #require(cache.get("/"))
        #expect(bridged.status == 200 && bridged.text == "old")
        #expect(bridged["Cache-Status"]?.contains("detail=stale-if-error") == true)
        origin.answer { _ in .init(lines: ["Bad Header"]) }
        #expect(cache.get("/")?.text == "old")
    }

    @Test func whatIsCutShortIsNotKept() throws {
        let origin = Origin { _ in .init(body: String(repeating: "x", count: 10_000), missing: 10) }
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        #expect((cache.get("/")?.text.utf8.count ?? 0) < 10_000)
        #expect(cache.node.cache.find(cache.key("/"), request: FieldLines()) == nil)
        origin.answer { _ in .init(body: "whole") }
        #expect(cache.get("/")?.text == "whole")
    }

    @Test(arguments: [false, true]) func longBodiesAreSentWhileTheyComeAndKept(_ isChunked: Bool) throws {
        let body = String((0..<200_000).map { Character(Unicode.Scalar(UInt8(0x61 + $0 % 26))) })
        let cache = try CacheUnderTest(origin: Origin { _ in .init(body: body + body, isChunked: isChunked) })
        defer { cache.end() }
        for _ in 0..<3 { #expect(cache.get("/")?.text == body + body) }
        #expect(cache.origin.asked.count == 1)
        #expect(cache.get("/", "Range: bytes=399990-")?.text == String(body.suffix(10)))
    }

    // MARK: Purging and change

    @Test func whatIsPurgedIsAskedForAgain() throws {
        let cache = try CacheUnderTest(origin: Origin { _ in .init(lines: ["Cache-Control: max-age=60", "Cache-Tag: news"], body: "x") })
        defer { cache.end() }
        for (number, scope) in [Purge.Scope.url(cache.key("/").text), .tag("news"), .site(.default), .everything].enumerated() {
            #expect(cache.get("/") != nil && cache.get("/") != nil)
            #expect(cache.origin.asked.count == number + 1)
            try cache.node.cache.purge(Purge(scope, at: Timestamp(milliseconds: Int64(time(nil)) * 1000)))
        }
    }

    /// RFC 9111 §4.4.
    @Test func aChangeMakesWhatIsKeptInvalid() throws {
        let cache = try CacheUnderTest(origin: Origin { _ in .init(body: "x") })
        defer { cache.end() }
        #expect(cache.get("/a") != nil && cache.get("/a") != nil)
        #expect(cache.get("/a", "Content-Length: 3", method: "POST", body: "b=1")?.status == 200)
        #expect(cache.get("/a")?["Cache-Status"]?.contains("hit") == false)
        #expect(cache.origin.asked.count == 3)
    }

    // MARK: What no key names

    @Test func aBodyBehindAGetReachesTheOriginAndNothingIsKept() throws {
        let cache = try CacheUnderTest(origin: Origin { _ in .init(body: "x") })
        defer { cache.end() }
        #expect(cache.get("/a", "Content-Length: 4", body: "evil")?["Cache-Status"] == "tandem; fwd=bypass")
        #expect(cache.get("/a")?["Cache-Status"]?.contains("uri-miss") == true)
    }

    @Test(arguments: [
        "X-HTTP-Method-Override: POST", "X-Original-URL: /admin", "X-Forwarded-Host: evil.example", "X-Forwarded-Scheme: nothttps",
    ])
    func whatChangesTheAnswerBesideTheKeyIsNotPassed(_ line: String) throws {
        let cache = try CacheUnderTest(origin: Origin { _ in .init(body: "x") })
        defer { cache.end() }
        #expect(cache.get("/a", line) != nil)
        let value = line.split(separator: " ").last.map(String.init) ?? ""
        #expect(cache.origin.asked.allSatisfy { !$0.contains(value) })
    }

    @Test func requestsThatAreForNobodyElsePassBy() throws {
        let cache = try CacheUnderTest(origin: Origin { _ in .init(body: "x") }) { $0.bypass = [.cookie("session"), .header("x-preview")] }
        defer { cache.end() }
        #expect(cache.get("/a", "Cookie: a=b; session=1")?["Cache-Status"] == "tandem; fwd=bypass")
        #expect(cache.get("/a", "X-Preview: 1")?["Cache-Status"] == "tandem; fwd=bypass")
        #expect(cache.get("/a", "Cookie: sessions=1")?["Cache-Status"] == "tandem; fwd=uri-miss; stored")
    }
}
