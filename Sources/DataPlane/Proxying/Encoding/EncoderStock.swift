import Compression
import HTTPEngine
import Model
import Snapshots

/// The encoders of one event loop, to which its state belongs: lent for an answer, used again, and never more than their memory allows.
/// An answer for which none is left goes as it came.
final class EncoderStock {
    /// Bytes of all encoders of a loop at most, at work or kept: 489 answers with gzip, 75 with brotli, 204
    /// with zstd, more than 1,000 streams of events.
    static let budget = 128 << 20
    /// How many are kept while nobody uses them.
    private static let spareLimit = 6

    /// Where all of them write, one at a time.
    let output = PieceBuffer()
    private var memo = PreferenceMemo()
    private var spare: [StreamEncoder] = []
    /// Bytes of all that there are.
    private(set) var weight = 0

    /// - Parameter isLasting: whether the answer goes on until somebody ends it.
    /// - Returns: nil where there is none to be had.
    func take(_ coding: Coding, _ policy: CompressionPolicy, isLasting: Bool) -> AnswerEncoder? {
        let codec = coding.codec
        if let place = spare.lastIndex(where: { $0.codec == codec && $0.level == policy.level && $0.isCompact == isLasting }) {
            return AnswerEncoder(coding, spare.remove(at: place), output)
        }
        let needed = StreamEncoder.weight(codec, isCompact: isLasting)
        while weight + needed > Self.budget, let one = spare.popLast() { weight -= Self.weight(of: one) }
        guard weight + needed <= Self.budget, let fresh = StreamEncoder(codec, level: policy.level, isCompact: isLasting) else {
            return nil
        }
        weight += needed
        return AnswerEncoder(coding, fresh, output)
    }

    /// It is not used any more, whether or not its answer is whole.
    func put(_ encoder: StreamEncoder) {
        if spare.count < Self.spareLimit, encoder.reset() {
            spare.append(encoder)
        } else {
            weight -= Self.weight(of: encoder)
        }
    }

    private static func weight(of encoder: StreamEncoder) -> Int { StreamEncoder.weight(encoder.codec, isCompact: encoder.isCompact) }

    /// What a client is told and sent.
    /// - Parameters:
    ///   - lines: what it would be told otherwise, in wire form.
    ///   - length: bytes that the answer says it has; nil: it does not say.
    func choose(
        _ policy: CompressionPolicy, _ order: PassageOrder, status: UInt16, _ lines: EncodableLines, length: UInt64?
    ) -> EncodingChoice {
        let exchange = order.exchange
        if status == 304 {
            let path = exchange.bytes(exchange.head.target)
            return EncodingChoice.varies(policy, notModified: lines, path: path) ? .identity : .asIs
        }
        return EncodingChoice(
            policy, status: status, lines: lines, length: length, accepted: accepted(by: exchange),
            // Of a cache's visitors it counts what its route says.
            isForbidden: order.policy.cache?.obeysRequests ?? true && Self.forbidsTransforming(exchange))
    }

    private func accepted(by exchange: Exchange) -> EncodingPreference {
        if exchange.head.isRepeated(.acceptEncoding) {
            return exchange.joined(.acceptEncoding).withUnsafeBufferPointer { EncodingPreference($0) }
        }
        return memo.find(exchange[.acceptEncoding])
    }

    private static func forbidsTransforming(_ exchange: Exchange) -> Bool {
        var found = false
        exchange.head.forEachField(in: exchange.base) { name, value in
            let bytes = exchange.bytes(name)
            if bytes.count == 13, bytes.elementsEqual("cache-control".utf8, by: { $0 == $1 || $0 | 0x20 == $1 }) {
                found = found || EncodableLines.forbids(exchange.bytes(value))
            }
            return true
        }
        return found
    }
}

extension Coding {
    fileprivate var codec: Codec {
        switch self {
        case .brotli: .brotli
        case .zstd: .zstd
        case .gzip: .gzip
        }
    }
}
