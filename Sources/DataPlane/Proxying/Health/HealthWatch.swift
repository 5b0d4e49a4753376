import HTTPEngine
import Snapshots

/// Asks the servers of backends that want it, each at its time: whichever loop looks first takes the turn, so that a server is asked
/// once however many loops there are, and goes on being asked when one ends. State belongs to one event loop.
final class HealthWatch {
    private var running: [HealthCheck] = []

    func look(at backend: BackendPolicy, loop: LoopContext) {
        guard let checks = backend.checks else { return }
        for server in backend.servers where server.health.takeTurn(now: loop.clock.monotonic, every: checks.every) {
            let check = HealthCheck(server, of: backend, loop: loop) { [unowned self] check, finding in
                ended(check)
                _ = server.health.checked(
                    isGood: finding == .good, healthy: checks.healthy, unhealthy: checks.unhealthy, now: loop.clock.monotonic)
            }
            running.append(check)
            check.begin()
        }
    }

    private func ended(_ check: HealthCheck) { running.removeAll { $0 === check } }
}
