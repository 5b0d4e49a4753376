import Glibc

/// Comparisons of bytes in place.
enum Bytes {
    @inline(__always)
    static func equal(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ count: Int) -> Bool { memcmp(a, b, count) == 0 }

    static func equal(_ a: UnsafeBufferPointer<UInt8>, _ text: StaticString) -> Bool {
        guard a.count == text.utf8CodeUnitCount else { return false }
        guard let start = a.baseAddress else { return true }
        return equal(start, text.utf8Start, a.count)
    }

    /// Whether `a` holds `text`, which is in lower case, in any case.
    static func contains(_ a: UnsafeBufferPointer<UInt8>, _ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard a.count >= count else { return false }
        for start in 0...(a.count - count) {
            var same = true
            for index in 0..<count {
                let byte = a[start + index]
                if (byte &- 0x41 < 26 ? byte | 0x20 : byte) != text.utf8Start[index] {
                    same = false
                    break
                }
            }
            if same { return true }
        }
        return false
    }
}
