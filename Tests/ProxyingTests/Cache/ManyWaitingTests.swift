import Caching
import Foundation
import Glibc
import TestPatience
import Testing

@testable import Proxying

/// Many requests for one thing that is not there.
@Suite(.serialized) struct ManyWaitingTests {
    private static let connections = 100
    private static let streams = 100

    /// Bytes of memory that are this process's own.
    private static var residentBytes: Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }

    /// In a process of its own: what others take meanwhile is not to be counted.
    @Test func tenThousandWhoWaitForOneColdKeyMakeOneRequest() async {
        await #expect(processExitsWith: .success) {
            let origin = Origin { _ in .init(body: "hello") }
            origin.hold(true)
            let cache = try CacheUnderTest(origin: origin)
            defer { cache.end() }
            let before = Self.residentBytes
            let clients = (0..<Self.connections).map { _ in StreamsClient(port: cache.port) }
            for client in clients { client.ask("/cold", times: Self.streams) }
            #expect(origin.until(1) == 1)
            #expect(cache.node.untilWaiting(Self.connections * Self.streams - 1) == Self.connections * Self.streams - 1)
            let taken = Self.residentBytes - before
            origin.hold(false)
            for client in clients { client.read(Self.streams) }
            #expect(clients.allSatisfy { $0.statuses == Array(repeating: 200, count: Self.streams) && $0.resets == 0 })
            #expect(origin.asked.count == 1)
            #expect(cache.node.flightCount == 0)
            // About 3 KB for each that waits.
            #expect(taken < 100 << 20, "\(taken >> 20) MB")
            print("10,000 requests that wait take \(taken >> 10) KB")
        }
    }

    /// Who waits for what turns out to be for other requests does not ask by himself: one for each coding does.
    @Test func manyWhoWantSeveralCodingsMakeOneRequestForEach() throws {
        let origin = Origin { head in
            let coding = ["gzip", "br"].first { head.lowercased().contains("accept-encoding: \($0)") } ?? "plain"
            return .init(lines: ["Cache-Control: max-age=60", "Vary: Accept-Encoding"], body: coding)
        }
        origin.hold(true)
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        let wishes = ["gzip", "br", ""]
        let clients = (0..<60).map { _ in cache.connect() }
        for (number, client) in clients.enumerated() { client.get("/a", "Accept-Encoding: \(wishes[number % 3])") }
        #expect(cache.node.untilWaiting(59) == 59)
        origin.hold(false)
        for (number, client) in clients.enumerated() {
            #expect(client.answer()?.text == ["gzip", "br", "plain"][number % 3])
        }
        #expect(origin.asked.count == 3)
        #expect(cache.node.flightCount == 0)
    }

    @Test func whoWaitsForAServerThatFailsGetsWhatIsKept() throws {
        let origin = Origin { _ in .init(lines: ["Cache-Control: max-age=60", "Age: 61", "ETag: \"a\""], body: "old") }
        let cache = try CacheUnderTest(origin: origin)
        defer { cache.end() }
        #expect(cache.get("/")?.text == "old")
        origin.answer { _ in .init(status: 503, lines: [], body: "down") }
        origin.hold(true)
        let clients = (0..<50).map { _ in cache.connect() }
        for client in clients { client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n") }
        #expect(cache.node.untilWaiting(49) == 49)
        origin.hold(false)
        for client in clients {
            let answer = client.answer()
            #expect(answer?.text == "old")
            #expect(answer?["Cache-Status"]?.contains("detail=stale-if-error") == true)
        }
        #expect(origin.asked.count == 2)
    }
}

extension CacheNode {
    /// Waits until so many requests wait for what others have asked for.
    func untilWaiting(_ count: Int) -> Int {
        _ = eventually { waitingCount >= count }
        return waitingCount
    }
}
