/// What the wheel looks at.
protocol TimedConnection: AnyObject {
    /// When something is due, in seconds of the loop's monotonic clock.
    var deadline: Int64 { get }
    /// The second in which the wheel looks at it next; belongs to the wheel.
    var wheelSecond: Int64 { get set }
    /// What the wheel holds instead of the connection.
    var ticket: TimerTicket { get }
    /// The deadline has passed.
    func expire()
}

/// Coarse deadlines for many connections: one slot a second, two minutes around. State belongs to one event loop.
///
/// A connection's deadline moves with every request, and moving it is one store: the wheel looks at the connection when
/// its slot comes round, and puts it where its deadline is by then. Only a deadline that comes nearer is inserted again.
/// A deadline was set within its second, so it has passed when that second is over: nobody is cut off early.
struct TimerWheel {
    private static let slotCount = 128
    private var slots: [[TimerTicket]]
    private var now: Int64

    init(now: Int64) {
        slots = Array(repeating: [], count: Self.slotCount)
        self.now = now
    }

    mutating func insert(_ connection: any TimedConnection, deadline: Int64) {
        // At least the next slot, at most once around: later deadlines are looked at early and put in again.
        let at = min(max(deadline + 1, now + 1), now + Int64(Self.slotCount) - 1)
        // One entry counts, the earliest: with several a connection would expire several times in one second.
        if connection.wheelSecond <= at, connection.wheelSecond > now { return }
        connection.wheelSecond = at
        slots[Int(at) & (Self.slotCount - 1)].append(connection.ticket)
    }

    /// Moves to `second` and returns the connections whose deadline has passed: each once, also where the loop was held up for several
    /// seconds, since whoever has moved enough by the first of them cannot have moved more by the next.
    mutating func advance(to second: Int64) -> [any TimedConnection] {
        var expired: [any TimedConnection] = []
        while now < second {
            now += 1
            let due = slots[Int(now) & (Self.slotCount - 1)]
            if due.isEmpty { continue }
            slots[Int(now) & (Self.slotCount - 1)] = []
            for ticket in due {
                guard let connection = ticket.connection, connection.wheelSecond == now else { continue }
                if connection.deadline < now { expired.append(connection) }
                insert(connection, deadline: connection.deadline < now ? second : connection.deadline)
            }
        }
        return expired
    }
}

/// What the wheel holds of a connection: it goes on when the connection has gone. A weak reference would say the same, but it
/// moves the counts of the connection's references into a table beside it, and each retain on the hot path finds them there.
package final class TimerTicket {
    /// Taken away by the connection's end.
    unowned(unsafe) var connection: (any TimedConnection)?

    init() {}
}
