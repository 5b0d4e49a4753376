import HTTPEngine
import Model
import Snapshots

/// Passes requests on to servers and their answers back, for one event loop, to which its state belongs.
///
/// Connections to servers live in that loop beside those of the clients: a request and its answer are never handed from one thread to
/// another, and no lock is taken on their way. Each loop has connections of its own; what is known of a server's health is shared.
package final class Proxy {
    /// Requests in work that are kept to be used again.
    private static let spareLimit = 256

    package let loop: LoopContext
    let random: (Int) -> Int
    /// Where heads are written before they are sent, one at a time.
    let block = ByteBlock()
    private(set) lazy var encoders = EncoderStock()
    package weak var listener: (any PassageListener)?
    private var pools: [BackendPool?] = []
    private var spare: [Passage] = []
    private let watch = HealthWatch()

    /// - Parameter random: a number from 0 to below the bound it is given.
    package init(loop: LoopContext, random: @escaping (Int) -> Int) {
        self.loop = loop
        self.random = random
    }

    /// Passes a request on. Its answer comes later.
    package func pass(_ order: PassageOrder) {
        let passage = spare.popLast() ?? Passage(self)
        passage.begin(order, pool(of: order.backend))
    }

    /// Comes about once a second.
    /// - Parameter backends: those that are in use.
    package func turn(_ backends: [BackendPolicy]) {
        for backend in backends { watch.look(at: backend, loop: loop) }
    }

    func recycle(_ passage: Passage) {
        if spare.count < Self.spareLimit { spare.append(passage) }
    }

    private func pool(of backend: BackendPolicy) -> BackendPool {
        while pools.count <= backend.number { pools.append(nil) }
        if let pool = pools[backend.number] { return pool }
        let pool = BackendPool(backend, loop: loop)
        pools[backend.number] = pool
        return pool
    }

    /// Whether another server than these may be asked for the same, within the budget of retries.
    func mayAskAnother(_ backend: BackendPolicy, besides asked: [UpstreamServer]) -> Bool {
        guard asked.count <= backend.retry.attempts else { return false }
        let pool = pool(of: backend)
        let now = loop.clock.monotonic
        let isThere = pool.servers.contains { one in !asked.contains { $0 === one.server } && one.server.health.isUp(now: now) }
        return isThere && pool.budget.take(now: now)
    }

    /// What a client gets where no server answered.
    func answer(to failure: PassageFailure, _ order: PassageOrder, retryAfterSeconds: Int64) -> Response {
        let page = listener?.errorPage(order, status: failure.status)
        var fields = FieldLines()
        fields.add("Content-Type", page?.type ?? "text/plain; charset=utf-8")
        fields.add("Cache-Control", "no-store")
        fields.add("X-Content-Type-Options", "nosniff")
        if let page { fields.add(lines: page.fields.bytes) }
        if failure.status == 503 { fields.add("Retry-After", "\(retryAfterSeconds)") }
        fields.add(lines: order.responseLines)
        fields.add(lines: order.cacheStatus.dropLast(2) + Array("; detail=\(failure.words)\r\n".utf8))
        let words = Array("\(StatusLine.words(failure.status))\n".utf8)
        return Response(status: failure.status, fields: fields, body: page?.body ?? .bytes(words))
    }

    /// Connections that wait for requests are of use only while more requests come.
    package func closeIdle() {
        for pool in pools { pool?.servers.forEach { $0.closeIdle() } }
    }
}
