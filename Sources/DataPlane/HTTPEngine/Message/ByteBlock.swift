/// Where heads and small pieces of messages are put together before they are sent. One for a loop, used for one message at a time.
package final class ByteBlock {
    /// The longest head of either side with what is added to it, and a piece of the loop's read block.
    private static let capacity = 192 * 1024
    private let base: UnsafeMutablePointer<UInt8>
    package private(set) var count = 0

    package init() {
        base = .allocate(capacity: Self.capacity)
    }

    deinit {
        base.deallocate()
    }

    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Where the next bytes are to be written: `added` says how many they were.
    @inline(__always)
    package var place: UnsafeMutablePointer<UInt8> { base + count }

    package func begin() { count = 0 }

    package func has(room: Int) -> Bool { count + room <= Self.capacity }

    package func added(_ bytes: Int) { count += bytes }

    /// - Precondition: has room. Who adds what a peer sent asks first.
    @inline(__always)
    package func add(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        precondition(has(room: bytes.count), "a block without room")
        UnsafeMutableRawPointer(base + count).copyMemory(from: start, byteCount: bytes.count)
        count += bytes.count
    }

    @inline(__always)
    package func add(_ bytes: UnsafeBufferPointer<UInt8>) { add(UnsafeRawBufferPointer(bytes)) }

    package func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

    @inline(__always)
    package func add(_ text: StaticString) { add(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)) }

    package func add(byte: UInt8) {
        base[count] = byte
        count += 1
    }

    package func add(decimal value: UInt64) { add(value, radix: 10) }

    package func add(hexadecimal value: UInt64) { add(value, radix: 16) }

    private func add(_ value: UInt64, radix: UInt64) {
        let start = count
        var rest = value
        repeat {
            let digit = UInt8(truncatingIfNeeded: rest % radix)
            add(byte: digit < 10 ? 0x30 + digit : 0x57 + digit)
            rest /= radix
        } while rest > 0
        var (low, high) = (start, count - 1)
        while low < high {
            (base[low], base[high]) = (base[high], base[low])
            low += 1
            high -= 1
        }
    }

    /// An address as fields say it: `192.0.2.1`, `2001:db8:0:0:0:0:0:1`, `unix:`.
    package func add(_ peer: PeerAddress) {
        if peer.isMapped {
            for shift in [24, 16, 8, 0] as [UInt64] {
                add(decimal: peer.low >> shift & 255)
                if shift > 0 { add(byte: UInt8(ascii: ".")) }
            }
        } else if peer.high == 0, peer.low == 0 {
            add("unix:")
        } else {
            for index in 0..<8 {
                if index > 0 { add(byte: UInt8(ascii: ":")) }
                add(hexadecimal: (index < 4 ? peer.high : peer.low) >> UInt64(48 - 16 * (index & 3)) & 0xffff)
            }
        }
    }
}
