import HTTPEngine

// Bodies as HTTP/1.1 frames them (RFC 9112 §7.1).
extension UpstreamConnection {
    func sendBody(_ bytes: UnsafeRawBufferPointer, isChunked: Bool, _ block: ByteBlock) {
        guard isChunked else { return send(bytes) }
        block.begin()
        block.add(hexadecimal: UInt64(bytes.count))
        block.add("\r\n")
        if block.has(room: bytes.count + 2) {
            block.add(bytes)
            block.add("\r\n")
            return send(block.bytes)
        }
        send(block.bytes)
        send(bytes)
        send(UnsafeRawBufferPointer(start: ("\r\n" as StaticString).utf8Start, count: 2))
    }

    func endBody(isChunked: Bool, trailers: [UInt8], _ block: ByteBlock) {
        guard isChunked else { return }
        block.begin()
        block.add("0\r\n")
        block.add(trailers)
        block.add("\r\n")
        send(block.bytes)
    }
}
