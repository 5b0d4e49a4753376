import Handover
import Synchronization

/// Whether this generation moves rollouts, frees bytes and makes encodings. Of those that live one does, and a supervisor says
/// which: the one before gives up first. Fencing numbers of the leases keep out what one that hung would still write.
final class Leadership: Sendable {
    enum Turn: Sendable {
        case leads(Succession)
        case givesUp
    }

    let turns: AsyncStream<Turn>
    private let turn: AsyncStream<Turn>.Continuation
    private let leads = Mutex(false)

    init() {
        (turns, turn) = AsyncStream.makeStream()
    }

    var isLeading: Bool { leads.withLock { $0 } }

    func take(_ next: Turn) {
        leads.withLock { if case .leads = next { $0 = true } else { $0 = false } }
        turn.yield(next)
    }
}
