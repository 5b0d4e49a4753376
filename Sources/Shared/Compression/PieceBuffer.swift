/// Bytes that an encoder has made, until they are sent. Used again and again: it grows to the largest piece there was and stays so.
///
/// What one piece of input becomes is bounded by that piece and what the encoder holds of earlier ones, so that this is bounded too.
package final class PieceBuffer {
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    package private(set) var count = 0

    package init(capacity: Int = 64 << 10) {
        self.capacity = capacity
        base = .allocate(capacity: capacity)
    }

    deinit { base.deallocate() }

    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    package func removeAll() { count = 0 }

    /// Where the next bytes go, with room for at least a few thousand: `added` says how many they were.
    var room: (place: UnsafeMutablePointer<UInt8>, count: Int) {
        if capacity - count < 4096 { grow() }
        return (base + count, capacity - count)
    }

    func added(_ bytes: Int) { count += bytes }

    private func grow() {
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
        capacity *= 2
    }
}
