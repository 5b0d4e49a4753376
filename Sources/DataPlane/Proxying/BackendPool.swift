import HTTPEngine
import Snapshots

/// A backend as a loop uses it. State belongs to one event loop.
final class BackendPool {
    let policy: BackendPolicy
    let servers: [ServerPool]
    var budget: RetryBudget
    private let loop: LoopContext
    private var balancer: Balancer
    private var candidates: [Balancer.Candidate]

    init(_ policy: BackendPolicy, loop: LoopContext) {
        self.policy = policy
        self.loop = loop
        servers = policy.servers.map { ServerPool($0, policy, loop: loop) }
        budget = RetryBudget(now: loop.clock.monotonic)
        balancer = Balancer(policy)
        candidates = Array(repeating: Balancer.Candidate(weight: 0, active: 0), count: servers.count)
    }

    /// The server for a request.
    /// - Parameters:
    ///   - wanted: the one that the path names: it is asked while it is there.
    ///   - tried: places of those that have failed it.
    ///   - key: of a consistent hash.
    /// - Returns: nil: there is none that could be asked.
    func choose(wanted: Int? = nil, tried: [Int], key: UInt64, random: (Int) -> Int) -> Int? {
        let now = loop.clock.monotonic
        if let wanted, !tried.contains(wanted), servers[wanted].server.health.isUp(now: now) { return wanted }
        if servers.count == 1 {
            // There is no other: one that fails is asked all the same, unless checks say that it is down.
            return servers[0].server.health.isKnownDown ? nil : 0
        }
        var hasAny = false
        for index in servers.indices {
            let health = servers[index].server.health
            let isWanted = health.isUp(now: now) && !tried.contains(index)
            candidates[index].weight = isWanted ? health.weight(of: servers[index].server.weight, now: now) : 0
            candidates[index].active = servers[index].active
            hasAny = hasAny || isWanted
        }
        if hasAny { return balancer.choose(candidates, key: key, random: random) }
        // All that is left are those that failed before: the one that has been left alone longest may have come back.
        return servers.indices.filter { !servers[$0].server.health.isKnownDown && !tried.contains($0) }
            .min { servers[$0].server.health.returnsAt < servers[$1].server.health.returnsAt }
    }

    /// When a server may be there again, in seconds: for `Retry-After`.
    var retryAfterSeconds: Int64 { policy.checks.map { max($0.every * Int64($0.healthy) / 1000, 1) } ?? 1 }
}
