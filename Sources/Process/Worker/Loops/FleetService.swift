import HTTPEngine
import ServiceLifecycle
import Settings

/// Ends the loops. When the node stops, health says so first; a generation that was replaced only finishes what it holds.
struct FleetService: Service {
    let fleet: Fleet
    let keeper: SnapshotKeeper
    let lifetime: Lifetime
    let listeners: Listeners
    let drain: Configuration.Drain

    func run() async throws {
        // Cancelled: another service could not go on. There is no time then.
        try? await gracefulShutdown()
        if Task.isCancelled { fleet.endWithin(.zero) }
        if await lifetime.reason == .replaced {
            let limits = DrainLimits(
                idle: drain.idle, request: drain.request, transfer: drain.transfer, webSocket: drain.websocket)
            let cut = await fleet.retire(limits) {
                listeners.close()
                await lifetime.closed()
            }
            return await lifetime.stopped(cut: cut)
        }
        // Before health says so: who hears it is not to send more over the same connection.
        fleet.beginDraining()
        await keeper.stop()
        await lifetime.stopped(cut: await fleet.stop(notice: drain.idle, lasting: drain.websocket) { listeners.close() })
    }
}
