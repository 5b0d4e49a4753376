/// Handshakes under way, in the order of their coming, which is that of their deadlines. State belongs to one event loop.
struct HandshakeLine {
    private struct Entry {
        weak var connection: EpollConnection?
        var deadline: Int64
    }

    private var entries: [Entry] = []
    private var first = 0
    /// How many are under way.
    private(set) var count = 0

    mutating func append(_ connection: EpollConnection, deadline: Int64) {
        entries.append(Entry(connection: connection, deadline: deadline))
        count += 1
    }

    mutating func oneIsOver() { count -= 1 }

    /// Takes the one that began first.
    mutating func oldest() -> EpollConnection? { next { _ in true } }

    /// Takes those whose time is over.
    mutating func expired(at second: Int64) -> [EpollConnection] {
        var found: [EpollConnection] = []
        while let connection = next(where: { $0 <= second }) { found.append(connection) }
        return found
    }

    /// Those that are over are passed over.
    private mutating func next(where isDue: (Int64) -> Bool) -> EpollConnection? {
        defer {
            if first > 1024 || first == entries.count {
                entries.removeFirst(first)
                first = 0
            }
        }
        while first < entries.count, isDue(entries[first].deadline) {
            let connection = entries[first].connection
            first += 1
            if let connection, connection.isInHandshake { return connection }
        }
        return nil
    }
}
