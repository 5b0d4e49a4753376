import HTTPEngine
import Testing

@testable import Serving

@Suite struct ArrivalWaitingTests {
    private final class Waiting {
        private var held = ArrivalWaiting()
        var nextDeadline: Int64 { held.nextDeadline }

        func add(_ request: Exchange, site: Int, until deadline: Int64) -> Bool { held.add(request, site: site, until: deadline) }
        func takeAll() -> [Exchange] { held.takeAll() }
        func takeExpired(now: Int64) -> [Exchange] { held.takeExpired(now: now) }
    }

    private func requests(_ count: Int) throws -> [DetachedRequest] { try (0..<count).map { try Asked.detached("/app-\($0).js") } }

    @Test func aSiteHasSoManyWaitersAndNoMore() throws {
        let waiting = Waiting()
        let requests = try requests(ArrivalWaiting.limit + 2)
        for request in requests.prefix(ArrivalWaiting.limit) {
            #expect(waiting.add(request.exchange, site: 0, until: 100))
        }
        #expect(!waiting.add(requests[ArrivalWaiting.limit].exchange, site: 0, until: 100))
        #expect(waiting.add(requests[ArrivalWaiting.limit + 1].exchange, site: 1, until: 100))
        #expect(waiting.takeAll().count == ArrivalWaiting.limit + 1)
        #expect(waiting.takeAll().isEmpty)
    }

    @Test func whoseTimeIsOverIsTakenOut() throws {
        let waiting = Waiting()
        #expect(waiting.nextDeadline == .max)
        #expect(waiting.takeExpired(now: .max).isEmpty)
        let requests = try requests(3)
        for (request, deadline) in zip(requests, [300, 100, 200] as [Int64]) {
            #expect(waiting.add(request.exchange, site: 0, until: deadline))
        }
        #expect(waiting.nextDeadline == 100)
        #expect(waiting.takeExpired(now: 99).isEmpty)
        #expect(waiting.takeExpired(now: 200).count == 2)
        #expect(waiting.nextDeadline == 300)
    }

    @Test func whoWaitsAgainKeepsTheFirstDeadline() throws {
        let waiting = Waiting()
        let request = try Asked.detached("/app.js")
        #expect(waiting.add(request.exchange, site: 0, until: 100))
        let again = try #require(waiting.takeAll().first)
        #expect(waiting.add(again, site: 0, until: 5000))
        #expect(waiting.nextDeadline == 100)
    }

    @Test func theRequestIsKeptWhileItWaits() throws {
        let waiting = Waiting()
        let request = try Asked.detached("/app.js", ["X-A: b"])
        #expect(waiting.add(request.exchange, site: 0, until: 100))
        #expect(String(decoding: request.exchange.bytes(request.exchange.head.target), as: UTF8.self) == "/app.js")
    }
}
