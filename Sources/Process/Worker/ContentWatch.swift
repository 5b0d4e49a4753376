import Logging
import ServiceLifecycle
import State
import Synchronization

/// Makes this generation follow what another one changes. While several live, each looks at the state's version twenty times a
/// second (20 µs a look); one that is alone is told of every change by whoever makes it.
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

/// Whether other generations live.
final class Company: Sendable {
    private let count = Mutex(0)

    var isThere: Bool { count.withLock { $0 > 0 } }

    func set(_ others: Int) { count.withLock { $0 = others } }
}
