import Caching
import HTTPEngine
import Model
import Snapshots

/// The cache in front of a loop's proxy: answers from what is stored, or has it fetched. State belongs to one event loop.
package final class CacheDoor {
    /// So long everybody waits for what another has asked for.
    private static let longestWait = Duration.seconds(5)
    /// So often who has waited waits again, where what came was for other requests (`Vary`): one for each coding or language asks, not all
    /// who want it.
    private static let mostRounds = 5

    unowned let proxy: Proxy
    let node: CacheNode
    private let number: Int
    private(set) lazy var bodies = EncodedBodies(node.cache, proxy.loop, proxy.encoders)
    private var waiting: [CacheKey: [Waiting]] = [:]
    private var readers: [GuardPolicy: ClaimReader] = [:]
    /// Fetches that no client waits for.
    private var refreshes: Set<CacheKey> = []

    /// One whose answer another has asked for. Its exchange says here that its client has gone.
    private final class Waiting: AnswerSource {
        let order: PassageOrder
        let policy: CachePolicy
        let since: Timestamp
        /// How often it has waited before.
        let round: Int
        private(set) var hasGone = false
        private weak var door: CacheDoor?

        init(_ order: PassageOrder, _ policy: CachePolicy, round: Int, in door: CacheDoor) {
            self.order = order
            self.policy = policy
            self.round = round
            since = door.now
            self.door = door
        }

        func resume(_ exchange: Exchange) {}

        func abandoned(_ exchange: Exchange) {
            hasGone = true
            door?.report(order, status: PassageReport.clientHasGone, bytes: 0, .collapsed)
        }
    }

    /// - Returns: nil for a proxy whose loop nobody can wake.
    package init?(_ proxy: Proxy, _ node: CacheNode) {
        guard let mailbox = proxy.loop.mailbox else { return nil }
        self.proxy = proxy
        self.node = node
        number = node.register(mailbox)
    }

    var now: Timestamp { proxy.loop.clock.now }

    // MARK: Requests

    package func answer(_ order: PassageOrder, _ policy: CachePolicy) { answer(order, policy, round: 0, isCollapsed: false) }

    private func answer(_ order: PassageOrder, _ policy: CachePolicy, round: Int, isCollapsed: Bool) {
        let ask = CacheAsk(order, policy)
        // A body says what no key does.
        if policy.bypasses(ask.fields) || order.exchange.head.framing != .none || order.isUpgrade {
            return pass(order, ask, ask.method == "GET" || ask.method == "HEAD" ? .bypass : .method)
        }
        let version = node.cache.version
        let found = node.cache.find(ask.key, request: ask.fields)
        let plan = CachePlan(
            method: ask.method, request: ask.fields, obeying: policy.obeysRequests ? .requests : .none,
            stored: found.map { .init($0.stored.response, isMarkedStale: $0.isMarkedStale) },
            hasVariants: found == nil && node.cache.hasVariants(ask.key), now: now)
        switch (plan, found) {
        case (.answer(isRevalidated: false), .some(let found)) where !isCollapsed && found.isAskedAgain(in: proxy.loop.clock.second):
            if let hit = PreparedHit(found, ask, order, bodies, node.cache, version: version, proxy.loop.clock) {
                let response = hit.response(now: now)
                proxy.listener?.passageRepeats(order, hit, response)
                report(order, status: response.status, bytes: response.bodyCount, .hit)
                order.exchange.source = nil
                order.exchange.respond(response)
            } else {
                sendHit(found, to: order, ask)
            }
        case (.answer(let isRevalidated), .some(let found)):
            if isCollapsed {
                var status = CacheStatus()
                (status.forward, status.isCollapsed) = (.uriMiss, true)
                send(found, to: order, ask, status)
            } else {
                sendHit(found, to: order, ask)
            }
            if isRevalidated { refresh(ask, order, found) }
        case (.fetch(let why, let conditions, let ifError), _):
            order.exchange.suspend()
            let fetch =
                found == nil && conditions.lines.isEmpty
                ? whatIsMissing(order, ask, why)
                : CacheFetch(self, ask, order, stored: found, conditions: conditions, ifError: ifError, why: why)
            guard round == 0 || (found == nil && round < Self.mostRounds) else { return fetch.begin(isLead: false) }
            switch node.join(ask.key, loop: number, now: now) {
            case .lead: fetch.begin(isLead: true)
            case .alone: fetch.begin(isLead: false)
            case .wait: wait(order, policy, ask.key, round: round)
            }
        case (.part, _): answerPart(order, ask)
        case (.onlyStored, _): answerNothingStored(order)
        case (.pass(let why), _): pass(order, ask, why, found)
        case (.answer, nil): pass(order, ask, .miss)
        }
    }

    func pass(_ order: PassageOrder, _ ask: CacheAsk, _ why: CacheStatus.Forward, _ stored: CachedObject? = nil) {
        var status = CacheStatus()
        status.forward = why
        order.cacheStatus = Array("Cache-Status: \(status.text)\r\n".utf8)
        order.cacheResult = status.result
        if !order.isConnect { order.answered = whatItChanges(ask, stored) }
        proxy.pass(order)
    }

    private func answerNothingStored(_ order: PassageOrder) {
        var fields = HTTPEngine.FieldLines()
        fields.add("Content-Type", "text/plain; charset=utf-8")
        fields.add("Cache-Control", "no-store")
        fields.add("Cache-Status", "tandem; detail=only-if-cached")
        fields.add(lines: order.responseLines)
        let response = Response(status: 504, fields: fields, body: .bytes(Array("Gateway Timeout\n".utf8)))
        report(order, status: 504, bytes: response.body.count, .miss)
        order.exchange.respond(response)
    }

    func claim(_ ask: CacheAsk) -> NameClaim? {
        guard let policy = ask.policy.guarding else { return nil }
        if readers[policy] == nil {
            readers[policy] = ClaimReader(rules: policy.guardRules, declared: policy.declared, isAuto: policy.isAuto)
        }
        return readers[policy]?.claim(origin: ask.origin, target: ask.target)
    }

    // MARK: Refreshing

    private func refresh(_ ask: CacheAsk, _ order: PassageOrder, _ stored: CachedObject) {
        guard !refreshes.contains(ask.key), node.join(ask.key, loop: number, now: now) == .lead else { return }
        refreshes.insert(ask.key)
        let conditions = Freshening.conditions(stored.stored.response.fields)
        let fetch = CacheFetch(self, ask, order, stored: stored, conditions: conditions, ifError: true, why: .stale)
        fetch.begin(isLead: true, hasClient: false)
    }

    func landed(_ key: CacheKey, _ outcome: CacheNode.Landing.Outcome) {
        refreshes.remove(key)
        node.land(key, outcome, now: now)
    }

    // MARK: Waiting

    private func wait(_ order: PassageOrder, _ policy: CachePolicy, _ key: CacheKey, round: Int) {
        let one = Waiting(order, policy, round: round, in: self)
        order.exchange.source = one
        waiting[key, default: []].append(one)
    }

    /// Looks at what has landed, and at who has waited long enough.
    package func turn() {
        bodies.turn()
        node.cache.readPurges()
        for landing in node.takeLandings(loop: number) {
            for one in waiting.removeValue(forKey: landing.key) ?? [] { goOn(one, landing.outcome) }
        }
        let now = now
        for (key, list) in waiting {
            if list.contains(where: { now - $0.since > Self.longestWait }), node.isWorthLeaving(key, now: now) {
                // Who goes on may begin its client's next request, which may wait: for what stands further on in this list, too.
                for one in waiting.removeValue(forKey: key) ?? [] { goOn(one, .forNobody) }
            } else if list.contains(where: \.hasGone) {
                waiting[key]?.removeAll(where: \.hasGone)
            }
        }
    }

    private func goOn(_ one: Waiting, _ outcome: CacheNode.Landing.Outcome) {
        if one.hasGone { return }
        one.order.exchange.source = nil
        switch outcome {
        case .stored: answer(one.order, one.policy, round: one.round + 1, isCollapsed: true)
        case .forNobody: answer(one.order, one.policy, round: Self.mostRounds, isCollapsed: false)
        case .standsIn(let object):
            let ask = CacheAsk(one.order, one.policy)
            guard object.stored.variant.fits(ask.fields) else {
                return answer(one.order, one.policy, round: one.round + 1, isCollapsed: false)
            }
            var status = CacheStatus()
            (status.forward, status.isCollapsed, status.detail) = (.stale, true, CacheStatus.staleIfError)
            send(object, to: one.order, ask, status)
        case .failed(let failure):
            let order = one.order
            order.cacheStatus = Array("Cache-Status: tandem; fwd=uri-miss; collapsed\r\n".utf8)
            let response = proxy.answer(to: failure, order, retryAfterSeconds: 1)
            if failure == .mismatch { order.guardWord = "refused" }
            report(order, status: response.status, bytes: response.body.count, .collapsed)
            order.exchange.respond(response)
        }
    }
}
