import Discovery
import Glibc
import Logging
import ServiceLifecycle
import Snapshots

/// Looks up the names of backends' servers while they are in use, each backend at its time, on threads that may block.
struct DiscoveryService: Service {
    let backends: [DiscoveredBackend]
    let finder: Finder
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                for backend in backends { group.addTask { await follow(backend) } }
            }
        }
    }

    private func follow(_ backend: DiscoveredBackend) async {
        var backend = backend
        // Said once, not at each look.
        var lost: Set<Int> = []
        for await _ in Ticks(every: .seconds(1)) {
            for (index, whereabouts) in backend.roster.due(now: Self.now) {
                let finder = finder
                let finding = await BlockingWork.run { finder.find(whereabouts) }
                if Task.isCancelled { return }
                let change = backend.take(finding, at: index, now: Self.now)
                if finding != nil {
                    lost.remove(index)
                } else if lost.insert(index).inserted {
                    logger.warning("backend \(backend.policy.name): \(whereabouts) is not found, what was known stays")
                }
                if change.isEmpty { continue }
                logger.notice(
                    "backend \(backend.policy.name): its servers have changed",
                    metadata: ["joined": "\(change.joined)", "left": "\(change.left)"])
            }
        }
    }

    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// A backend some of whose servers stand behind names.
struct DiscoveredBackend: Sendable {
    let policy: BackendPolicy
    private(set) var roster: BackendRoster

    init(_ policy: BackendPolicy, _ roster: BackendRoster) {
        self.policy = policy
        self.roster = roster
    }

    /// Takes what was found, and hands it to the loops.
    mutating func take(_ finding: Finding?, at index: Int, now: Int64) -> BackendRoster.Change {
        let before = roster.servers
        let change = roster.take(finding, at: index, now: now)
        let after = roster.servers
        if before.count != after.count || !zip(before, after).allSatisfy({ $0 === $1 }) { policy.replaceServers(after) }
        return change
    }
}
