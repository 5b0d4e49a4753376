/// A checksum against bits that rot on a disk, not against people: four lanes of multiply and rotate, mixed at the end.
///
/// What must be proven has a SHA-256; this is for files that are made again when they are wrong, and that are read when a
/// server starts.
enum Checksum {
    private static let prime: UInt64 = 0x9e37_79b1_85eb_ca87
    private static let second: UInt64 = 0xc2b2_ae3d_27d4_eb4f

    static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        var lanes = SIMD4<UInt64>(seed &+ prime, seed ^ second, ~seed, seed &+ UInt64(bytes.count))
        var at = 0
        while at + 32 <= bytes.count {
            for lane in 0..<4 { lanes[lane] = mix(lanes[lane], bytes.number(UInt64.self, at: at + lane * 8)) }
            at += 32
        }
        var sum = UInt64(0)
        for lane in 0..<4 { sum = mix(sum, lanes[lane]) }
        while at < bytes.count {
            sum = mix(sum, UInt64(bytes[at]))
            at += 1
        }
        sum ^= sum >> 29
        sum = sum &* second
        return sum ^ sum >> 32
    }

    @inline(__always)
    private static func mix(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        let mixed = (lane ^ word) &* prime
        return mixed << 31 | mixed >> 33
    }
}
