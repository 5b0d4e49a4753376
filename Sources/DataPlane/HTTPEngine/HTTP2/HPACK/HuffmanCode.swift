/// The Huffman code of HPACK (RFC 7541 §5.2, Appendix B).
///
/// The code is canonical, so the lengths alone define it: codes are numbered by length and then by symbol. Decoding walks a
/// table by four bits at a time; the shortest code has five, so that a step gives one symbol at most. 256 inner nodes of the
/// code's tree × 16 steps × 4 bytes: 16 KB, once in a process.
// Immutable after init: hence unchecked.
final class HuffmanCode: @unchecked Sendable {
    static let shared = HuffmanCode()

    /// Bits of each symbol's code; the last is the end of a string, which is never sent.
    private static let lengths: [UInt8] = [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ]
    private static let endOfString = 256

    private struct Code {
        var bits: UInt32
        var length: Int
    }

    /// Four bits further from a node.
    private struct Step {
        var node: UInt8
        var symbol: UInt8
        var flags: UInt8

        static let emits: UInt8 = 1
        /// A string may end here: what follows the last symbol is less than a byte of ones (RFC 7541 §5.2).
        static let accepts: UInt8 = 2
        /// The code of the end of a string was met: an error (same section).
        static let fails: UInt8 = 4
    }

    private let codes: [Code]
    private let steps: UnsafeMutablePointer<Step>

    private init() {
        let symbols = (0...Self.endOfString).sorted { (Self.lengths[$0], $0) < (Self.lengths[$1], $1) }
        var all = Array(repeating: Code(bits: 0, length: 0), count: symbols.count)
        var next: UInt32 = 0
        var length = 0
        for symbol in symbols {
            next <<= UInt32(Int(Self.lengths[symbol]) - length)
            length = Int(Self.lengths[symbol])
            all[symbol] = Code(bits: next, length: length)
            next += 1
        }
        codes = all
        steps = Self.makeSteps(all)
    }

    deinit {
        steps.deallocate()
    }

    /// Builds the tree of codes and then, for each inner node, where each four bits lead.
    private static func makeSteps(_ codes: [Code]) -> UnsafeMutablePointer<Step> {
        // Children of inner nodes: another inner node, a symbol as -1 - symbol, or nil while the tree grows.
        var children: [(Int?, Int?)] = [(nil, nil)]
        // Ones from the root: how far a node is from it on that path only.
        var ones: [Int?] = [0]
        for (symbol, code) in codes.enumerated() {
            var node = 0
            for bit in stride(from: code.length - 1, through: 0, by: -1) {
                let isOne = code.bits >> UInt32(bit) & 1 == 1
                if bit == 0 {
                    if isOne { children[node].1 = -1 - symbol } else { children[node].0 = -1 - symbol }
                } else if let child = isOne ? children[node].1 : children[node].0 {
                    node = child
                } else {
                    children.append((nil, nil))
                    ones.append(isOne ? ones[node].map { $0 + 1 } : nil)
                    let child = children.count - 1
                    if isOne { children[node].1 = child } else { children[node].0 = child }
                    node = child
                }
            }
        }
        let steps = UnsafeMutablePointer<Step>.allocate(capacity: children.count * 16)
        for start in children.indices {
            for nibble in 0..<16 {
                var node = start
                var step = Step(node: 0, symbol: 0, flags: 0)
                for bit in stride(from: 3, through: 0, by: -1) {
                    let child = (nibble >> bit & 1 == 1 ? children[node].1 : children[node].0) ?? 0
                    node = max(child, 0)
                    if child == -1 - endOfString {
                        step.flags |= Step.fails
                    } else if child < 0 {
                        step.flags |= Step.emits
                        step.symbol = UInt8(-1 - child)
                    }
                }
                step.node = UInt8(node)
                if let count = ones[node], count < 8 { step.flags |= Step.accepts }
                (steps + start * 16 + nibble).initialize(to: step)
            }
        }
        return steps
    }

    /// Decodes a string.
    /// - Parameter output: has room for `count * 8 / 5` bytes.
    /// - Returns: bytes written; nil when it is no valid string.
    func decode(_ bytes: UnsafePointer<UInt8>, count: Int, into output: UnsafeMutablePointer<UInt8>) -> Int? {
        var node = 0
        var written = 0
        var flags = Step.accepts
        for index in 0..<count {
            let byte = bytes[index]
            let first = steps[node * 16 + Int(byte >> 4)]
            if first.flags & Step.emits != 0 {
                output[written] = first.symbol
                written += 1
            }
            let second = steps[Int(first.node) * 16 + Int(byte & 15)]
            if second.flags & Step.emits != 0 {
                output[written] = second.symbol
                written += 1
            }
            if (first.flags | second.flags) & Step.fails != 0 { return nil }
            node = Int(second.node)
            flags = second.flags
        }
        return flags & Step.accepts == 0 ? nil : written
    }

    /// Bytes that `bytes` take in this code.
    func encodedCount(_ bytes: some Collection<UInt8>) -> Int {
        (bytes.reduce(0) { $0 + codes[Int($1)].length } + 7) / 8
    }

    func encode(_ bytes: some Collection<UInt8>, into output: inout [UInt8]) {
        var pending: UInt64 = 0
        var bits = 0
        for byte in bytes {
            let code = codes[Int(byte)]
            pending = pending << UInt64(code.length) | UInt64(code.bits)
            bits += code.length
            while bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: pending >> UInt64(bits)))
            }
        }
        // Filled up with the first bits of the end of a string, which are ones.
        if bits > 0 { output.append(UInt8(truncatingIfNeeded: pending << UInt64(8 - bits)) | UInt8(0xff) >> UInt8(bits)) }
    }
}
