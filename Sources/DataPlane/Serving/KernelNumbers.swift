import Glibc

/// Random numbers of the kernel, as many at a time as one call gives (`getentropy(3)`: 256 bytes): a call for each costs a request that
/// is passed on a fifteenth of its time, since a trace begins with three of them.
struct KernelNumbers: RandomNumberGenerator {
    private static let count = 32
    private var numbers = [UInt64](repeating: 0, count: count)
    private var left = 0

    mutating func next() -> UInt64 {
        if left == 0 {
            // A kernel that has none to give yet has them one by one too.
            guard numbers.withUnsafeMutableBytes({ getentropy($0.baseAddress, $0.count) }) == 0 else { return .random(in: .min ... .max) }
            left = Self.count
        }
        left -= 1
        return numbers[left]
    }
}
