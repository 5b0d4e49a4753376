import Logging
import ServiceLifecycle
import State

/// Makes this generation follow what changes while several live, also when nobody says so: a supervisor that has died tells nothing.
/// Each looks at the state's version twenty times a second (20 µs a look); one that is alone is told of every change by whoever makes
/// it.
struct ContentWatch: Service {
    let database: StateDatabase
    let company: Company
    let follow: @Sendable () async -> Void

    static let interval = Duration.milliseconds(50)

    func run() async throws {
        var seen: Int64?
        for await _ in Ticks(every: Self.interval).cancelOnGracefulShutdown() {
            guard company.isThere, let version = try? database.contentVersion(), version != seen else { continue }
            seen = version
            await follow()
        }
    }
}
