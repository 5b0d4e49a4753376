/// The hash of a name's bytes as the manifest's slots hold it. Part of the format: it never changes within a version.
///
/// Eight bytes a step, folded by a 64 × 64 → 128-bit multiplication (the construction of wyhash). It need not resist an
/// adversary: names in an index are the operator's, and a request only probes.
package enum NameHash {
    private static let seed: UInt64 = 0x9e37_79b9_7f4a_7c15
    private static let step: UInt64 = 0xd6e8_feb8_6659_fd93
    private static let last: UInt64 = 0xa076_1d64_78bd_642f

    @inline(__always)
    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    package static func of(_ name: UnsafeRawBufferPointer) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: name.count)
        var at = 0
        let count = name.count
        while count - at >= 8 {
            let word = UInt64(littleEndian: name.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            hash = fold(hash ^ word, step)
            at += 8
        }
        var tail: UInt64 = 0
        var shift: UInt64 = 0
        while at < count {
            tail |= UInt64(name[at]) << shift
            shift += 8
            at += 1
        }
        return fold(hash ^ tail, last)
    }
}
