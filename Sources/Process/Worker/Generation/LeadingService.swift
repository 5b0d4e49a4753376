import Admin
import Handover
import Logging
import Model
import Rollouts
import ServiceLifecycle

/// Runs what only the leading generation does, for as long as this one leads.
struct LeadingService: Service {
    let leadership: Leadership
    let controller: RolloutController
    /// Whether counting has begun: the first generation does that before it serves.
    let hasBegun: Bool
    let encodings: EncodingService
    let deltas: DeltaService
    let collection: CollectionService
    let administration: AdminServer?
    let link: SupervisorLink
    let logger: Logger
    let now: @Sendable () -> Timestamp
    let follow: @Sendable () async -> Void

    func run() async throws {
        await withThrowingTaskGroup(of: Void.self) { duties in
            for await turn in leadership.turns.cancelOnGracefulShutdown() {
                switch turn {
                case .leads(let succession):
                    link.leads(true)
                    begin(succession)
                    await follow()
                    duties.addTask { try await encodings.run() }
                    duties.addTask { try await deltas.run() }
                    duties.addTask { try await collection.run() }
                    if let administration { duties.addTask { try await administer(administration) } }
                case .givesUp:
                    duties.cancelAll()
                    // Each ends with an error or without: it was told to.
                    while case .some = await duties.nextResult() {}
                    link.leads(false)
                    do { try controller.yield(now: now()) } catch { logger.warning("leases were not given back: \(error)") }
                    link.say(.yielded)
                }
            }
        }
    }

    private func begin(_ succession: Succession) {
        if hasBegun, succession == .afterGap { return }
        do {
            try controller.begin(now: now(), succeeds: succession == .afterYield)
        } catch {
            // Each turn of the rollouts tries again and says so.
            logger.error("rollouts wait for the state: \(error)")
        }
    }

    private static let bindPatience = 1000

    /// The address is free once the generation before has given up: that has been said, and may take a moment to be so.
    private func administer(_ server: AdminServer) async throws {
        for attempt in 1... {
            do {
                return try await server.run()
            } catch {
                if Task.isCancelled || Task.isShuttingDownGracefully { return }
                guard attempt < Self.bindPatience else { return logger.error("the admin API cannot listen on its address: \(error)") }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }
}
