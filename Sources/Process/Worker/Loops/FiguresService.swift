import HTTPEngine
import Handover
import Logging
import ServiceLifecycle

/// Tells the supervisor once a second what this generation holds, to its last connection, and the log when new ones had to wait.
struct FiguresService: Service {
    let fleet: Fleet
    let link: SupervisorLink
    /// Descriptors that this process may have open.
    let descriptors: Int
    let logger: Logger

    func run() async throws {
        var shortages = 0
        for await _ in Ticks(every: .seconds(1)).cancelOnGracefulShutdown() {
            let census = await fleet.census()
            link.say(.figures(Figures(census)), waits: false)
            if census.shortages > shortages {
                logger.warning(
                    "new connections wait: of \(descriptors) descriptors only a reserve is free, with \(census.connections) connections open"
                )
            }
            shortages = census.shortages
        }
    }
}

extension Figures {
    init(_ census: ConnectionCensus) {
        self.init()
        idle = census.idle
        requests = census.requests
        transfers = census.transfers
        webSockets = census.webSockets + census.http2WebSockets
        eventStreams = census.eventStreams + census.http2EventStreams
        http2 = census.http2
        handshakes = census.handshakes
        oldestSeconds = census.oldestSeconds
        forced = census.forced
        concluded = census.concluded
    }
}
