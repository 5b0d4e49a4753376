import Caching
import HTTPEngine
import Model
import Snapshots

/// What the cache would do with a request, without doing it: for people who ask why.
package struct CacheForecast: Sendable {
    /// What is kept for it.
    package struct Entry: Sendable {
        package let status: Int
        package let age: Duration
        /// Negative: it is stale.
        package let remaining: Duration
        package let isMarkedStale: Bool
        package let isProvisional: Bool
        package let tags: [String]
    }

    /// What the guard makes of the name.
    package enum Guarding: Hashable, Sendable {
        case off
        /// The name says nothing of its content.
        case silent
        /// The digits, or the token, that it has.
        /// - Parameter isDemanded: other content cannot be what it means.
        case claims(String, isDemanded: Bool, isProvable: Bool, refuses: Bool)
    }

    /// Behind a space the release, where servers belong to it.
    package let key: String
    package let isPassedBy: Bool
    package let plan: CachePlan
    package let entry: Entry?
    /// Whether something is kept for other requests of the URL.
    package let hasVariants: Bool
    /// Of the route, for all that it keeps.
    package let tags: [String]
    package let guarding: Guarding

    package init(_ order: PassageOrder, _ policy: CachePolicy, _ node: CacheNode, now: Timestamp) {
        let ask = CacheAsk(order, policy)
        let found = node.cache.find(ask.key, request: ask.fields)
        key = ask.key.text
        isPassedBy = policy.bypasses(ask.fields) || order.exchange.head.framing != .none || order.isUpgrade
        hasVariants = found == nil && node.cache.hasVariants(ask.key)
        plan = CachePlan(
            method: ask.method, request: ask.fields, obeying: policy.obeysRequests ? .requests : .none,
            stored: found.map { .init($0.stored.response, isMarkedStale: $0.isMarkedStale) }, hasVariants: hasVariants, now: now)
        entry = found.map { found in
            Entry(
                status: found.stored.response.status, age: found.stored.response.age(at: now), remaining: found.remaining(now: now),
                isMarkedStale: found.isMarkedStale, isProvisional: found.stored.provisionalSince != nil, tags: found.stored.tags)
        }
        tags = policy.tags
        guarding = Self.guarding(ask, policy, node)
    }

    private static func guarding(_ ask: CacheAsk, _ policy: CachePolicy, _ node: CacheNode) -> Guarding {
        guard let guarding = policy.guarding else { return .off }
        let reader = ClaimReader(rules: guarding.guardRules, declared: guarding.declared, isAuto: guarding.isAuto)
        guard let claim = reader.claim(origin: ask.origin, target: ask.target) else { return .silent }
        return .claims(
            claim.digits, isDemanded: claim.mustMatch(isFamilyProven: node.families.contains(claim.family)), isProvable: claim.isProvable,
            refuses: guarding.refusesMismatch)
    }
}
