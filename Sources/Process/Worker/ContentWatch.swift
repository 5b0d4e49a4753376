import Logging
import ServiceLifecycle
import State
import Synchronization

/// Makes this generation follow what another one changes. While several live, each looks at the state's version every five
/// milliseconds (20 µs a look, less than half a percent of a core): a page may be asked of one and what it names of another, and a
/// publish takes longer from its names to its page. One that is alone is told of every change by whoever makes it.
struct ContentWatch: Service {
    let database: StateDatabase
    let company: Company
    let follow: @Sendable () async -> Void

    static let interval = Duration.milliseconds(5)
    /// Until it sees that it is not alone any more.
    static let alone = Duration.milliseconds(20)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var seen: Int64?
            while (try? await Task.sleep(for: company.isThere ? Self.interval : Self.alone)) != nil {
                guard company.isThere, let version = try? database.contentVersion(), version != seen else { continue }
                seen = version
                await follow()
            }
        }
    }
}

/// Whether other generations live.
final class Company: Sendable {
    private let count = Mutex(0)

    var isThere: Bool { count.withLock { $0 > 0 } }

    func set(_ others: Int) { count.withLock { $0 = others } }
}
