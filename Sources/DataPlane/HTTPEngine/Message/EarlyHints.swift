/// A head that goes out before the answer's own (RFC 9110 §15.2), in the forms of both protocols. Made once, sent often.
package final class EarlyHints: Sendable {
    /// For HTTP/1.1.
    let head: [UInt8]
    /// For HTTP/2: a header block.
    let block: [UInt8]

    /// - Parameters:
    ///   - fields: what the client may act on before the answer is there.
    ///   - status: 102 to 199; `103` are hints (RFC 8297).
    ///   - reason: words behind the status, for HTTP/1.1 alone.
    package init(_ fields: FieldLines, status: UInt16 = 103, reason: some Sequence<UInt8> = "Early Hints".utf8) {
        head = Array("HTTP/1.1 \(status) ".utf8) + Array(reason) + [0x0d, 0x0a] + fields.bytes + [0x0d, 0x0a]
        var block: [UInt8] = []
        HPACKEncoder.append(status: status, to: &block)
        fields.bytes.withUnsafeBufferPointer { HTTP2ResponseHead.append(lines: $0, to: &block) }
        self.block = block
    }
}
