import Caching
import HTTPEngine
import Snapshots

// What is stored as an answer, and what the log is told of it.
extension CacheDoor {
    func sendHit(_ object: CachedObject, to order: PassageOrder, _ ask: CacheAsk) {
        var status = CacheStatus()
        status.isHit = true
        send(object, to: order, ask, status)
    }

    /// - Parameter asked: who was, for this answer.
    func send(
        _ object: CachedObject, to order: PassageOrder, _ ask: CacheAsk, _ status: CacheStatus, asked: PassageOrder.Asked? = nil
    ) {
        let answer = CachedAnswer(object: object, ask: ask, order: order, bodies: bodies, status: status, now: now)
        let (response, encoded) = answer.response
        order.encoded = encoded
        report(order, status: response.status, bytes: response.body.count, answer.said.result, asked)
        order.exchange.source = nil
        order.exchange.respond(response)
    }

    func report(
        _ order: PassageOrder, status: UInt16, bytes: Int, _ said: CacheStatus, _ asked: PassageOrder.Asked? = nil,
        failure: PassageFailure? = nil
    ) {
        order.guardWord = said.guardWord
        report(order, status: status, bytes: bytes, said.result, asked, failure: failure)
    }

    func report(
        _ order: PassageOrder, status: UInt16, bytes: Int, _ result: CacheStatus.Result, _ asked: PassageOrder.Asked? = nil,
        failure: PassageFailure? = nil
    ) {
        order.cacheResult = result
        proxy.listener?.passageEnds(
            PassageReport(
                order: order, status: status, bytes: bytes, server: asked?.server ?? "", tries: asked?.tries ?? 0, failure: failure))
    }

    func tell(_ finding: GuardFinding) { proxy.listener?.guardFinds(finding) }
}
