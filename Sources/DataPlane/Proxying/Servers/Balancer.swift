import Glibc
import Snapshots

/// Chooses the server for a request. State belongs to one event loop: each loop spreads its own requests, which needs no lock and
/// comes to the same.
struct Balancer {
    /// What it knows of one server.
    struct Candidate {
        /// Its share, smaller while it comes back; 0: it gets nothing.
        var weight: Int
        /// Requests of this loop that it is working on.
        var active: Int
    }

    private let balance: BackendPolicy.Balance
    /// For weighted turns: what each server is owed.
    private var owed: [Int]
    /// For consistent hashes: what tells a server from others, wherever it stands in the list.
    private let seeds: [UInt64]

    init(_ balance: BackendPolicy.Balance, _ servers: [UpstreamServer]) {
        self.balance = balance
        owed = Array(repeating: 0, count: servers.count)
        seeds = servers.map { HashKey.of(($0.id ?? $0.name).utf8) }
    }

    /// - Parameters:
    ///   - candidates: by server; at least one has a weight.
    ///   - key: of a consistent hash.
    ///   - random: a number below the bound it is given.
    /// - Returns: the server's place; nil when none has a weight.
    mutating func choose(_ candidates: [Candidate], key: UInt64, random: (Int) -> Int) -> Int? {
        switch balance {
        case .roundRobin: takeTurns(candidates)
        case .leastConnections: leastBusy(candidates)
        case .randomTwo: betterOfTwo(candidates, random)
        case .consistentHash: sameForKey(candidates, key)
        }
    }

    /// Each request pays every server its weight, and the one that is owed most pays the whole back: turns are even, not in bursts.
    private mutating func takeTurns(_ candidates: [Candidate]) -> Int? {
        var best: Int?
        var total = 0
        for index in candidates.indices where candidates[index].weight > 0 {
            owed[index] += candidates[index].weight
            total += candidates[index].weight
            if let held = best, owed[held] >= owed[index] { continue }
            best = index
        }
        if let best { owed[best] -= total }
        return best
    }

    /// By requests in work for their weight; those that are equal take turns.
    private mutating func leastBusy(_ candidates: [Candidate]) -> Int? {
        var best: Int?
        for index in candidates.indices where candidates[index].weight > 0 {
            guard let held = best else {
                best = index
                continue
            }
            let mine = candidates[index].active * candidates[held].weight
            let its = candidates[held].active * candidates[index].weight
            if mine < its || (mine == its && owed[index] < owed[held]) { best = index }
        }
        if let best {
            // The one that was chosen longest ago is next.
            owed[best] = (owed.max() ?? 0) &+ 1
        }
        return best
    }

    private func betterOfTwo(_ candidates: [Candidate], _ random: (Int) -> Int) -> Int? {
        let total = candidates.reduce(0) { $0 + $1.weight }
        guard total > 0 else { return nil }
        func draw() -> Int {
            var left = random(total)
            for index in candidates.indices {
                left -= candidates[index].weight
                if left < 0 { return index }
            }
            return candidates.count - 1
        }
        let (one, other) = (draw(), draw())
        return candidates[other].active * candidates[one].weight < candidates[one].active * candidates[other].weight ? other : one
    }

    /// Weighted rendezvous: the server with the best score for the key. When one goes, only its keys move.
    private func sameForKey(_ candidates: [Candidate], _ key: UInt64) -> Int? {
        var best: (index: Int, score: Double)?
        for index in candidates.indices where candidates[index].weight > 0 {
            let mixed = HashKey.mix(key ^ seeds[index])
            let unit = (Double(mixed >> 11) + 0.5) / 9_007_199_254_740_992
            let score = -Double(candidates[index].weight) / log(unit)
            if let held = best, held.score >= score { continue }
            best = (index, score)
        }
        return best?.index
    }
}
