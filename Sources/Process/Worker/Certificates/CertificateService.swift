import Certificates
import Logging
import Model
import ServiceLifecycle

/// Looks once a second whether certificates have changed where they come from. Polling two `stat` calls each, since what
/// certbot and mounted secrets change is where a link leads, which a watch on the file does not see.
struct CertificateService: Service {
    let listeners: [ListenerCertificates]
    let logger: Logger
    let now: @Sendable () -> Timestamp

    func run() async throws {
        var listeners = listeners
        for await _ in Ticks(every: .seconds(1)).cancelOnGracefulShutdown() {
            for index in listeners.indices {
                for outcome in listeners[index].refresh(now: now()) { report(outcome) }
            }
        }
    }

    private func report(_ outcome: ListenerCertificates.Outcome) {
        switch outcome {
        case .replaced(let label, let pair):
            logger.notice("\(label): a new certificate is served, valid until \(pair.notAfter)", metadata: ["names": "\(pair.names)"])
        case .refused(let label, let fault):
            logger.error("\(label): the new certificate is refused, the one from before is served on: \(fault)")
        }
    }
}
