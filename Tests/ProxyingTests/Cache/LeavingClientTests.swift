import Glibc
import Testing

@testable import Proxying

/// Clients that leave before a cache has answered them: each request is reported once, as a proxy without a cache does it.
@Suite struct LeavingClientTests {
    @Test func whoAskedAndWhoWaitedAreReportedOnceEach() throws {
        let origin = Origin { _ in .init(body: "hello") }
        origin.hold(true)
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        let (first, second) = (cache.connect(), cache.connect())
        first.get("/")
        #expect(origin.until(1) == 1)
        second.get("/")
        #expect(cache.node.untilWaiting(1) == 1)
        first.reset()
        second.reset()
        #expect(cache.reports.until(2).map(\.status) == [499, 499])
        origin.hold(false)
        #expect(cache.get("/")?.text == "hello")
        #expect(cache.reports.until(3).map(\.status) == [499, 499, 200])
        #expect(origin.asked.count == 1)
    }

    /// It has got the status, and so much of the body.
    @Test func whoLeavesWithinTheBodyIsReportedWithWhatItGot() throws {
        let origin = Origin { _ in
            .init(raw: "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 9\r\n\r\nhe", stalls: true)
        }
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        let client = cache.connect()
        client.get("/")
        #expect(client.head()?.hasPrefix("HTTP/1.1 200 ") == true)
        #expect(client.read(2) == Array("he".utf8))
        client.reset()
        let reports = cache.reports.until(1)
        #expect(reports.map(\.status) == [200] && reports.map(\.bytes) == [2])
    }

    /// A name that says what it holds: nothing of it has gone to the client while it is looked at.
    @Test func whoLeavesWhileTheAnswerIsLookedAtIsReportedAsGone() throws {
        let origin = Origin { _ in
            .init(raw: "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 9\r\n\r\nhe", stalls: true)
        }
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        let client = cache.connect()
        client.get("/app-0123456789abcdef.js")
        #expect(origin.until(1) == 1)
        client.reset()
        let reports = cache.reports.until(1)
        #expect(reports.map(\.status) == [499] && reports.map(\.bytes) == [0])
    }

    @Test func overHTTP2AStreamThatIsResetIsReported() throws {
        let origin = Origin { _ in .init(body: "hello") }
        origin.hold(true)
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        let streams = StreamsClient(port: cache.port)
        streams.ask("/", times: 2)
        #expect(origin.until(1) == 1 && cache.node.untilWaiting(1) == 1)
        streams.leave()
        #expect(cache.reports.until(2).map(\.status) == [499, 499])
        origin.hold(false)
    }
}
