import Logging
import Model
import ServiceLifecycle
import Settings

/// Looks once a second whether the files have changed with which backends are asked over TLS, as is done for listeners.
struct BackendCredentialsService: Service {
    let credentials: [BackendCredentials]
    let logger: Logger
    let now: @Sendable () -> Timestamp

    func run() async throws {
        for await _ in Ticks(every: .seconds(1)).cancelOnGracefulShutdown() {
            for each in credentials { report(each.refresh(now: now()), each.label) }
        }
    }

    private func report(_ outcome: BackendCredentials.Outcome, _ label: String) {
        switch outcome {
        case .same: break
        case .replaced: logger.notice("\(label): connections that begin now use the new certificate and authorities")
        case .refused(let faults):
            let reasons = faults.faults.map(\.message).joined(separator: "; ")
            logger.error("\(label): the new certificate or authorities are refused, those from before are used on: \(reasons)")
        }
    }
}
