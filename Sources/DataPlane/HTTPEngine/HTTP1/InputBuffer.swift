/// Bytes that have come and wait: a head in pieces, or requests behind an answer that is not out yet. Holds no memory
/// while it is empty, so that an idle connection costs none.
package struct InputBuffer: ~Copyable {
    private var storage: UnsafeMutablePointer<UInt8>?
    private var capacity = 0
    private var start = 0
    private var end = 0

    package init() {}

    package var count: Int { end - start }
    package var isEmpty: Bool { start == end }

    /// The first byte.
    /// - Precondition: not empty.
    package var base: UnsafePointer<UInt8> {
        guard let storage else { preconditionFailure("an empty buffer has no base") }
        return UnsafePointer(storage + start)
    }

    package mutating func append(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
        reserve(count)
        guard let storage else { return }
        (storage + end).update(from: bytes, count: count)
        end += count
    }

    private mutating func reserve(_ more: Int) {
        if capacity - end >= more { return }
        let held = count
        var size = max(capacity, 1024)
        while size < held + more { size *= 2 }
        let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
        if let storage {
            fresh.update(from: storage + start, count: held)
            storage.deallocate()
        }
        storage = fresh
        capacity = size
        start = 0
        end = held
    }

    package mutating func removeFirst(_ count: Int) {
        // It may have been emptied by the end of the connection while its bytes were being looked at.
        start = min(start + count, end)
        if start == end { removeAll() }
    }

    package mutating func removeAll() {
        storage?.deallocate()
        storage = nil
        capacity = 0
        start = 0
        end = 0
    }

    deinit {
        storage?.deallocate()
    }
}
