import HTTPEngine
import Snapshots

/// A backend as a loop uses it. State belongs to one event loop.
final class BackendPool {
    let policy: BackendPolicy
    private(set) var servers: [ServerPool]
    /// Of the policy's servers, that these were made for.
    private var version: Int
    var budget: RetryBudget
    private let loop: LoopContext
    private var balancer: Balancer
    private var candidates: [Balancer.Candidate]
    /// Whether some are there for when others are not.
    private var hasReserve: Bool

    init(_ policy: BackendPolicy, loop: LoopContext) {
        self.policy = policy
        self.loop = loop
        version = policy.version
        let members = policy.servers
        servers = members.map { ServerPool($0, policy, loop: loop) }
        hasReserve = Self.hasReserve(members)
        budget = RetryBudget(now: loop.clock.monotonic)
        balancer = Balancer(policy.balance, members)
        candidates = Array(repeating: Balancer.Candidate(weight: 0, active: 0), count: servers.count)
    }

    /// Some servers have joined or left: those that stay keep their connections, and those that have left finish what they hold.
    private func follow() {
        version = policy.version
        let members = policy.servers
        let before = servers
        servers = members.map { member in before.first { $0.server === member } ?? ServerPool(member, policy, loop: loop) }
        for old in before where !members.contains(where: { $0 === old.server }) { old.leave() }
        balancer = Balancer(policy.balance, members)
        candidates = Array(repeating: Balancer.Candidate(weight: 0, active: 0), count: servers.count)
        hasReserve = Self.hasReserve(members)
    }

    private static func hasReserve(_ members: [UpstreamServer]) -> Bool { members.contains { $0.rank != members.first?.rank } }

    /// Of those that could be asked, the reserve waits while any of a smaller rank is there (RFC 2782).
    private func leaveReserve() {
        let first = servers.indices.lazy.filter { self.candidates[$0].weight > 0 }.map { self.servers[$0].server.rank }.min()
        for index in servers.indices where servers[index].server.rank != first { candidates[index].weight = 0 }
    }

    /// The server for a request.
    /// - Parameters:
    ///   - wanted: the one that the path names: it is asked while it is there.
    ///   - tried: those that have failed it.
    ///   - passedOver: those that have something else than what is asked for.
    ///   - key: of a consistent hash.
    /// - Returns: nil: there is none that could be asked.
    func choose(wanted: UpstreamServer? = nil, tried: [ServerPool], passedOver: [UpstreamServer] = [], key: UInt64, random: (Int) -> Int)
        -> ServerPool?
    {
        func isOut(_ one: ServerPool) -> Bool { tried.contains { $0 === one } || passedOver.contains { $0 === one.server } }
        if policy.version != version { follow() }
        let now = loop.clock.monotonic
        if let wanted, wanted.health.isUp(now: now), let found = servers.first(where: { $0.server === wanted }),
            !isOut(found)
        {
            return found
        }
        if servers.count == 1 {
            // There is no other: one that fails is asked all the same, unless checks say that it is down.
            return servers[0].server.health.isKnownDown ? nil : servers[0]
        }
        var hasAny = false
        for index in servers.indices {
            let health = servers[index].server.health
            let isWanted = health.isUp(now: now) && !isOut(servers[index])
            candidates[index].weight = isWanted ? health.weight(of: servers[index].server.weight, now: now) : 0
            candidates[index].active = servers[index].active
            hasAny = hasAny || isWanted
        }
        if hasAny, hasReserve { leaveReserve() }
        if hasAny { return balancer.choose(candidates, key: key, random: random).map { servers[$0] } }
        // All that is left are those that failed before: the one that has been left alone longest may have come back.
        return servers.filter { !$0.server.health.isKnownDown && !isOut($0) }
            .min { $0.server.health.returnsAt < $1.server.health.returnsAt }
    }

    /// When a server may be there again, in seconds: for `Retry-After`.
    var retryAfterSeconds: Int64 { policy.checks.map { max($0.every * Int64($0.healthy) / 1000, 1) } ?? 1 }
}
