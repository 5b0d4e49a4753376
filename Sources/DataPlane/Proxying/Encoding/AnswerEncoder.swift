import Compression
import Model

/// One answer that is encoded while it comes. As a value: pieces and pauses in, pieces out. What it gives is valid until the next call to
/// any encoder of the loop.
///
/// Nothing waits here for more to come but within one read: when a server pauses, what it has said can be decoded from what was sent.
struct AnswerEncoder {
    let coding: Coding
    let encoder: StreamEncoder
    private let output: PieceBuffer
    /// Bytes that came, and what became of them.
    private(set) var plainCount = 0
    private(set) var count = 0
    /// Whether the encoder may hold something back.
    private var holds = false

    init(_ coding: Coding, _ encoder: StreamEncoder, _ output: PieceBuffer) {
        (self.coding, self.encoder, self.output) = (coding, encoder, output)
    }

    /// - Throws: `CodecError`: the answer cannot be completed.
    mutating func take(_ piece: UnsafeRawBufferPointer, isLast: Bool = false) throws(CodecError) -> UnsafeRawBufferPointer {
        plainCount += piece.count
        holds = !isLast && (holds || !piece.isEmpty)
        return try make(piece, isLast ? .end : .goOn)
    }

    /// Nothing more comes for now.
    /// - Throws: `CodecError`: the answer cannot be completed.
    mutating func pause() throws(CodecError) -> UnsafeRawBufferPointer {
        guard holds else { return Self.nothing }
        holds = false
        return try make(Self.nothing, .flush)
    }

    private static var nothing: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    private mutating func make(_ piece: UnsafeRawBufferPointer, _ step: StreamEncoder.Step) throws(CodecError) -> UnsafeRawBufferPointer {
        output.removeAll()
        try encoder.take(piece, step, into: output)
        count += output.count
        return output.bytes
    }
}

/// What an answer had and what was sent of it, for logs.
package struct EncodedCount: Hashable, Sendable {
    package var coding: Coding
    /// Bytes before it was encoded.
    package var plain: Int

    package init(_ coding: Coding, plain: Int) { (self.coding, self.plain) = (coding, plain) }
}
