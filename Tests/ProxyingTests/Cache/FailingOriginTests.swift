import Caching
import Foundation
import Glibc
import Snapshots
import TestPatience
import Testing

@testable import Proxying

/// Servers behind a cache that stall, reset, lie, send garbage, die in the middle or come and go: the right status in the right time,
/// for who asked and who waits, over both protocols; nothing half is kept, nothing asked twice, nothing left behind.
@Suite struct FailingOriginTests {
    struct Failure: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var answer: Origin.Answer
        /// Nil: the answer is cut off.
        var status: Int?

        init(_ words: String, _ answer: Origin.Answer, _ status: Int?) {
            (testDescription, self.answer, self.status) = (words, answer, status)
        }
    }

    static let failures = [
        Failure("ends without an answer", .init(isSilent: true), 502),
        Failure("resets", .init(raw: "", resets: true), 502),
        Failure("sends garbage", .init(raw: "garbage\r\n\r\n"), 502),
        Failure("ends within the head", .init(raw: "HTTP/1.1 200 OK\r\nCache-Con"), 502),
        Failure("says two lengths", .init(raw: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), 502),
        Failure(
            "says a length and chunks", .init(raw: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            502),
        Failure("stalls", .init(stalls: true), 504),
        Failure("sends less than it says", .init(lines: ["Cache-Control: max-age=60"], body: "hello", missing: 2), nil),
        Failure(
            "dies within a chunk", .init(raw: "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"),
            nil),
        Failure(
            "dies between chunks",
            .init(raw: "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n"), nil),
        Failure(
            "sends a chunk that is none",
            .init(raw: "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nheyX\r\n"), nil),
        Failure(
            "resets within the body",
            .init(raw: "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 9\r\n\r\nhe", resets: true), nil),
        Failure(
            "stalls within the body",
            .init(raw: "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 9\r\n\r\nhe", stalls: true), nil),
    ]

    private static func cache(_ origin: Origin) throws -> CacheUnderTest {
        var limits = BackendPolicy.Limits()
        (limits.firstByteSeconds, limits.idleSeconds) = (60, 60)
        return try CacheUnderTest(origin: origin, limits: limits)
    }

    /// Lets the time pass that a server has which stalls.
    /// - Parameter count: of its answers, how many stall by now.
    private static func wait(for failure: Failure, _ cache: CacheUnderTest, _ count: Int = 1) {
        guard failure.answer.stalls else { return }
        #expect(cache.origin.untilStalled(count))
        cache.advance(seconds: 61)
    }

    /// Nothing is under way, half written or still open.
    private static func leavesNothing(_ cache: CacheUnderTest) {
        #expect(eventually { cache.node.flightCount == 0 }, "something is under way")
        #expect(eventually { cache.origin.server.openCount == 0 }, "connections to the server are open")
        #expect((try? FileManager.default.contentsOfDirectory(atPath: cache.folder + "/tmp")) == [])
    }

    @Test(arguments: failures) func whoAsksIsTold(_ failure: Failure) throws {
        let cache = try Self.cache(Origin { _ in failure.answer })
        defer { cache.end() }
        let client = cache.connect()
        client.get("/a")
        Self.wait(for: failure, cache)
        #expect(client.answer()?.status == failure.status)
        #expect(cache.origin.asked.count == 1)
        // The same over HTTP/2, where a cut is a reset.
        let streams = StreamsClient(port: cache.port)
        streams.ask("/a", times: 1)
        Self.wait(for: failure, cache, 2)
        streams.read(1)
        if let status = failure.status { #expect(streams.statuses == [status]) } else { #expect(streams.resets == 1) }
        #expect(cache.node.cache.find(cache.key("/a"), request: FieldLines()) == nil)
        Self.leavesNothing(cache)
    }

    @Test(arguments: failures.filter { $0.status != nil }) func whoWaitsIsToldTheSame(_ failure: Failure) throws {
        let origin = Origin { _ in failure.answer }
        origin.hold(true)
        let cache = try Self.cache(origin)
        defer { cache.end() }
        let clients = (0..<10).map { _ in cache.connect() }
        for client in clients { client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n") }
        #expect(cache.node.untilWaiting(9) == 9)
        origin.hold(false)
        Self.wait(for: failure, cache)
        for client in clients { #expect(client.answer()?.status == failure.status) }
        #expect(origin.asked.count == 1)
        Self.leavesNothing(cache)
    }

    /// Who waits for what is cut goes on by itself, and is told what comes of that.
    @Test func whoWaitsForWhatIsCutAsksItself() throws {
        let origin = Origin { _ in .init(lines: ["Cache-Control: max-age=60"], body: "hello", missing: 2) }
        origin.hold(true)
        let cache = try Self.cache(origin)
        defer { cache.end() }
        let first = cache.connect()
        first.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(origin.until(1) == 1)
        let second = cache.connect()
        second.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(cache.node.untilWaiting(1) == 1)
        origin.hold(false)
        #expect(first.answer() == nil && second.answer() == nil)
        #expect(origin.asked.count == 2)
        Self.leavesNothing(cache)
    }

    @Test(arguments: failures) func whatMayNotBeRepeatedIsNot(_ failure: Failure) throws {
        let cache = try Self.cache(Origin { _ in failure.answer })
        defer { cache.end() }
        let client = cache.connect()
        client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx")
        Self.wait(for: failure, cache)
        #expect(client.answer(to: "POST")?.status == failure.status)
        #expect(cache.origin.asked.count == 1)
        Self.leavesNothing(cache)
    }

    @Test func aServerThatComesAndGoesIsAnsweredForEachTime() throws {
        let origin = Origin { _ in .init(isSilent: true) }
        let cache = try Self.cache(origin)
        defer { cache.end() }
        for round in 0..<20 {
            origin.answer { _ in round % 2 == 0 ? .init(isSilent: true) : .init(lines: ["Cache-Control: no-store"], body: "up \(round)") }
            let answer = cache.get("/a")
            if round % 2 == 0 { #expect(answer?.status == 502) } else { #expect(answer?.text == "up \(round)") }
        }
        // A connection that had been idle is replaced once where the server ends it: a GET may be asked again.
        #expect((20...30).contains(origin.asked.count), "\(origin.asked.count)")
    }

    /// What is behind an answer is nobody's, and neither kept nor sent.
    @Test func whatIsBehindAnAnswerIsNotKept() throws {
        let cache = try Self.cache(
            Origin { _ in
                .init(raw: "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\nevil")
            })
        defer { cache.end() }
        #expect(cache.get("/a")?.text == "ok")
        #expect(cache.get("/a")?.text == "ok")
        #expect(cache.get("/b")?.text == "ok")
        Self.leavesNothing(cache)
    }
}
