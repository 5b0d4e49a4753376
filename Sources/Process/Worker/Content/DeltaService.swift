import Logging
import Model
import Releases
import ServiceLifecycle
import State

/// Makes the deltas between the releases of the sites that want them, whenever which releases are live has changed: one core at
/// most is used.
struct DeltaService: Service {
    let store: ReleaseStore
    let sites: [SiteName]
    let logger: Logger
    let follow: @Sendable () async -> Void

    func run() async throws {
        var done: DeltaPlan?
        for await _ in Ticks(every: .seconds(2)).cancelOnGracefulShutdown() {
            do {
                let plan = DeltaPlan(sites: try sites.map { try store.database.releases($0) })
                if plan == done { continue }
                try await cancelWhenGracefulShutdown { try await perform(plan) }
                done = plan
            } catch is CancellationError {
                return
            } catch {
                // Serving does without; the next turn tries again.
                logger.warning("deltas could not be made: \(error)")
            }
        }
    }

    private func perform(_ plan: DeltaPlan) async throws {
        for release in Set(plan.moves.flatMap { [$0.to] + $0.from }) { try store.offerDictionaries(release) }
        for move in plan.moves {
            try await DeltaMaker(store: store, staging: "deltas-node").run(move) { await follow() }
        }
    }
}
