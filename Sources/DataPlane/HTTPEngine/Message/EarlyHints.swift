/// A head that goes out before the answer's own (`103`, RFC 8297), in the forms of both protocols. Made once, sent often.
package final class EarlyHints: Sendable {
    /// For HTTP/1.1.
    let head: [UInt8]
    /// For HTTP/2: a header block.
    let block: [UInt8]

    /// - Parameter fields: what the client may act on before the answer is there.
    package init(_ fields: FieldLines) {
        head = Array("HTTP/1.1 103 Early Hints\r\n".utf8) + fields.bytes + [0x0d, 0x0a]
        var block: [UInt8] = []
        HPACKEncoder.append(status: 103, to: &block)
        fields.bytes.withUnsafeBufferPointer { HTTP2ResponseHead.append(lines: $0, to: &block) }
        self.block = block
    }
}
