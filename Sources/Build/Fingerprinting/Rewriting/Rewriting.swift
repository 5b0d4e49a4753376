/// Changes of a file by span: what no edit covers stays byte for byte, whatever its encoding.
struct Rewriting: Sendable {
    struct Edit: Hashable, Sendable {
        /// Empty: an insertion.
        var span: Range<Int>
        var bytes: [UInt8]
    }

    private var edits: [Edit] = []

    var isEmpty: Bool { edits.isEmpty }
    var count: Int { edits.count }

    mutating func replace(_ span: Range<Int>, with bytes: [UInt8]) { edits.append(Edit(span: span, bytes: bytes)) }

    mutating func insert(_ bytes: [UInt8], at offset: Int) { edits.append(Edit(span: offset..<offset, bytes: bytes)) }

    /// - Precondition: spans lie within `bytes` and do not overlap.
    func apply(to bytes: [UInt8]) -> [UInt8] {
        // Stable, so that several insertions at one place keep their order.
        let sorted = edits.enumerated().sorted { ($0.element.span.lowerBound, $0.offset) < ($1.element.span.lowerBound, $1.offset) }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + edits.reduce(0) { $0 + $1.bytes.count })
        var at = 0
        for (_, edit) in sorted {
            precondition(edit.span.lowerBound >= at && edit.span.upperBound <= bytes.count, "edits overlap or leave the file")
            out += bytes[at..<edit.span.lowerBound]
            out += edit.bytes
            at = edit.span.upperBound
        }
        out += bytes[at...]
        return out
    }
}
