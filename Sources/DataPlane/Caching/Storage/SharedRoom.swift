import Synchronization

/// Bytes of all responses that are on their way into a cache and not found yet: together never more than the cache itself may have. Else
/// answers without an end, which nobody evicts, would fill the disk.
final class WritingRoom: Sendable {
    private let capacity: Int
    private let taken = Atomic<Int>(0)

    /// - Parameter capacity: bytes.
    init(capacity: UInt64) { self.capacity = Int(clamping: capacity) }

    /// - Returns: false where there is no room for so many more; nothing is taken then.
    func take(_ count: Int) -> Bool {
        if taken.add(count, ordering: .relaxed).newValue <= capacity { return true }
        taken.subtract(count, ordering: .relaxed)
        return false
    }

    func give(_ count: Int) { taken.subtract(count, ordering: .relaxed) }
}
