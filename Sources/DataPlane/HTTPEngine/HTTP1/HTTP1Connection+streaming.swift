import Glibc

// Answers whose body comes piece by piece (RFC 9112 §7.1 where the length is not known). Pieces go straight to the client; what it
// does not take is copied and waits.
extension HTTP1Connection {
    /// How the body of a streamed answer is delimited.
    enum StreamFraming: Hashable {
        case none
        /// Bytes still to come.
        case length(UInt64)
        case chunked
        case untilClose
    }

    /// Bytes that wait for a client before who sends them is told to wait.
    static let congestion = 64 * 1024

    func deliver(_ step: StreamStep) {
        guard phase == .open else { return }
        switch step {
        case .begin(let head, let body, let isLast): begin(head, body, isLast: isLast)
        case .send(let body, let isLast): sendPiece(body, isLast: isLast)
        case .finish(let trailers): finishStream(trailers)
        case .tunnel(let head): beginTunnel(head)
        case .abort: abortStream()
        }
    }

    private func begin(_ head: StreamedHead, _ body: UnsafeRawBufferPointer, isLast: Bool) {
        // A client that waits for 100 Continue may or may not send its body after a final status (RFC 9110 §10.1.1).
        let isUnreadable = isInBody && exchange.head.expectsContinue
        streamCloses = !exchange.head.keepsAlive || isUnreadable || loop.isDraining || (inputHasEnded && input.isEmpty)
        switch head.framing {
        case .none: streamFraming = .none
        case .length(let length): streamFraming = exchange.head.method == .head ? .none : .length(length)
        case .unknown where exchange.head.method == .head: streamFraming = .none
        case .unknown where exchange.head.minorVersion == 0:
            streamFraming = .untilClose
            streamCloses = true
        case .unknown: streamFraming = .chunked
        }
        let block = loop.answerBlock
        block.begin()
        writeHead(head, into: block)
        writePiece(body, isLast: isLast, into: block)
        afterPiece(isLast: isLast)
    }

    private func writeHead(_ head: StreamedHead, into block: ByteBlock) {
        block.add("HTTP/1.1 ")
        block.add(decimal: UInt64(head.status))
        block.add(byte: 0x20)
        if head.reason.isEmpty { block.add(StatusLine.phrase(head.status)) } else { block.add(head.reason) }
        block.add("\r\n")
        block.add(head.lines)
        switch head.framing {
        case .length(let length), .none(declared: let length?):
            block.add("Content-Length: ")
            block.add(decimal: length)
            block.add("\r\n")
        case .unknown where streamFraming == .chunked: block.add("Transfer-Encoding: chunked\r\n")
        case .none(declared: nil), .unknown: break
        }
        if streamCloses {
            block.add("Connection: close\r\n")
        } else if exchange.head.minorVersion == 0 {
            block.add("Connection: keep-alive\r\n")
        }
        block.add("\r\n")
    }

    private func beginTunnel(_ head: StreamedHead) {
        streamFraming = .untilClose
        streamCloses = true
        isTunnel = true
        let block = loop.answerBlock
        block.begin()
        block.add("HTTP/1.1 101 Switching Protocols\r\n")
        block.add(head.lines)
        block.add("\r\n")
        write(block.bytes)
        guard phase == .open else { return }
        // What came behind the request belongs to the other protocol.
        if !isProcessing, !input.isEmpty {
            let early = UnsafeRawBufferPointer(start: input.base, count: input.count)
            exchange.bodyReader?.received(early, of: exchange)
            input.removeAll()
        }
        afterPiece(isLast: false)
    }

    /// Bytes of the other protocol have come.
    func receiveTunnel(_ bytes: UnsafeRawBufferPointer) {
        exchange.bodyReader?.received(bytes, of: exchange)
        if phase == .open { settle() }
    }

    private func sendPiece(_ body: UnsafeRawBufferPointer, isLast: Bool) {
        let block = loop.answerBlock
        block.begin()
        writePiece(body, isLast: isLast, into: block)
        afterPiece(isLast: isLast)
    }

    /// Writes what stands in the block and, behind it, the piece in its framing.
    private func writePiece(_ body: UnsafeRawBufferPointer, isLast: Bool, into block: ByteBlock) {
        var piece = body
        switch streamFraming {
        case .none: piece = UnsafeRawBufferPointer(start: nil, count: 0)
        case .length(let remaining):
            // More than was announced never leaves: the client would take it for the next answer.
            if UInt64(piece.count) > remaining { piece = UnsafeRawBufferPointer(rebasing: piece[..<Int(remaining)]) }
            streamFraming = .length(remaining - UInt64(piece.count))
        case .chunked:
            if !piece.isEmpty {
                block.add(hexadecimal: UInt64(piece.count))
                block.add("\r\n")
            }
        case .untilClose: break
        }
        let tail: StaticString =
            streamFraming == .chunked ? (piece.isEmpty ? (isLast ? "0\r\n\r\n" : "") : isLast ? "\r\n0\r\n\r\n" : "\r\n") : ""
        if block.has(room: piece.count + tail.utf8CodeUnitCount) {
            block.add(piece)
            block.add(tail)
            write(block.bytes)
        } else {
            write(block.bytes)
            write(piece)
            write(UnsafeRawBufferPointer(start: tail.utf8Start, count: tail.utf8CodeUnitCount))
        }
    }

    private func afterPiece(isLast: Bool) {
        guard phase == .open else { return }
        if isLast { return endStream() }
        // Who has seen that it is full is told when it is not: until then it stays so, whatever has gone out meanwhile.
        if output.byteCount > Self.congestion { exchange.isCongested = true }
        if !isProcessing { settle() }
    }

    private func finishStream(_ trailers: [UInt8]) {
        if streamFraming == .chunked {
            let block = loop.answerBlock
            block.begin()
            block.add("0\r\n")
            if block.has(room: trailers.count + 2) { trailers.withUnsafeBytes { block.add($0) } }
            block.add("\r\n")
            write(block.bytes)
            guard phase == .open else { return }
        }
        endStream()
    }

    private func endStream() {
        // Less than was announced: only the end of the connection can say so.
        if case .length(let missing) = streamFraming, missing > 0 { return abortStream() }
        exchange.isAnswered = true
        exchange.isStreaming = false
        let closes = streamCloses || loop.isDraining || (isInBody && isTooLongToDiscard) || isDiscardFull
        if !isInBody { exchange.end() }
        if closes { finish() }
        if !isProcessing { resume() }
    }

    /// What waits goes out no more, so that the cut is seen as one.
    func abortStream() {
        output.removeAll()
        // Where the end of the connection is the end of the answer, a plain end would say that all is well.
        if exchange.isStreaming, streamFraming == .untilClose { transport.abort() } else { transport.close() }
    }

    /// Writes past the queue where that is empty.
    private func write(_ bytes: UnsafeRawBufferPointer) {
        guard phase == .open, !bytes.isEmpty else { return }
        var rest = bytes
        if output.isEmpty, !isWriting {
            let sent = transport.send(bytes)
            if sent < 0 { return transport.close() }
            loop.sentBytes &+= UInt64(sent)
            moved += sent
            rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
        }
        if !rest.isEmpty { output.append(copying: rest) }
    }

    /// The queue has become shorter.
    func relieve() {
        guard exchange.isCongested, output.byteCount <= Self.congestion / 4 else { return }
        exchange.isCongested = false
        exchange.source?.resume(exchange)
    }
}
