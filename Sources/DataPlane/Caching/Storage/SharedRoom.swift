import Synchronization

/// Bytes that many things may take together and no more: whatever comes from servers without an end, or for many clients at once, would fill
/// disk or memory otherwise.
package final class SharedRoom: Sendable {
    private let capacity: Int
    private let taken = Atomic<Int>(0)

    /// - Parameter capacity: bytes.
    package init(capacity: UInt64) { self.capacity = Int(clamping: capacity) }

    /// - Returns: false where there is no room for so many more; nothing is taken then.
    func take(_ count: Int) -> Bool {
        if taken.add(count, ordering: .relaxed).newValue <= capacity { return true }
        taken.subtract(count, ordering: .relaxed)
        return false
    }

    func give(_ count: Int) { taken.subtract(count, ordering: .relaxed) }
}

/// What one of them has taken, until it is let go. Belongs to one event loop.
package final class RoomShare {
    private let room: SharedRoom
    private var count = 0

    package init(of room: SharedRoom) { self.room = room }

    deinit { room.give(count) }

    /// - Returns: false where there is no room for so many bytes more.
    package func take(_ more: Int) -> Bool {
        guard room.take(more) else { return false }
        count += more
        return true
    }
}
