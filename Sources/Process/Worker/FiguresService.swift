import Handover
import ServiceLifecycle

/// Tells the supervisor once a second what this generation holds, to its last connection.
struct FiguresService: Service {
    let fleet: Fleet
    let link: SupervisorLink

    func run() async throws {
        for await _ in Ticks(every: .seconds(1)).cancelOnGracefulShutdown() { link.say(.figures(await fleet.figures()), waits: false) }
    }
}
