// Answers: a small one becomes frames at once, any other waits for its turn.
extension HTTP2Connection {
    /// Bytes of an answer's body that are sent at once, without looking at other streams: what is prepared in memory.
    private static let smallBody = PreparedResponse.inlineLimit

    func bodyIsWanted(_ exchange: Exchange) {
        guard exchange.head.expectsContinue else { return }
        exchange.head.expectsContinue = false
        // `:status: 100`
        inform([0x08, 0x03, 0x31, 0x30, 0x30], on: exchange)
    }

    func inform(_ hints: EarlyHints, on exchange: Exchange) {
        guard hints.block.count < HTTP2FrameReader.maximumFrame else { return }
        inform(hints.block, on: exchange)
    }

    /// A head in front of the answer's (RFC 9113 §8.1).
    private func inform(_ block: [UInt8], on exchange: Exchange) {
        if phase != .open { return }
        let block = mustAnnounceTable ? [HPACKEncoder.emptyTable] + block : block
        mustAnnounceTable = false
        inTurn { output.add(HTTP2Frame(.headers, flags: HTTP2Frame.Flag.endHeaders, stream: exchange.stream, length: block.count), block) }
    }

    @inline(__always)
    func respond(_ prepared: PreparedResponse, to exchange: Exchange) {
        precondition(!exchange.isAnswered, "answered twice")
        exchange.isAnswered = true
        if phase != .open { return }
        prepared.http2.setDate(loop.clock)
        let stream = find(exchange.stream)
        beginTurn()
        let bodyCount = exchange.head.method == .head ? 0 : prepared.bodyCount
        if !writeAtOnce(prepared, bodyCount, exchange.stream, stream?.sendWindow ?? settings.initialWindow) {
            queue(HTTP2Answer(prepared, hasBody: bodyCount > 0), exchange, stream)
        } else if let stream {
            stream.sendWindow -= bodyCount
            finish(stream)
        } else {
            closedStreams.add(exchange.stream, .ended)
        }
        endTurn()
    }

    func respond(_ response: Response, to exchange: Exchange) {
        precondition(!exchange.isAnswered, "answered twice")
        exchange.isAnswered = true
        if phase != .open { return }
        let block = HTTP2ResponseHead.block(response, loop.clock)
        let hasBody = exchange.head.method != .head && response.status != 304 && response.body.count > 0
        // Nobody would take it, and it must fit a batch.
        guard block.count <= limits.blockBytes else { return inTurn { reset(exchange.stream, .internalError) } }
        inTurn { queue(HTTP2Answer(response, block: block, hasBody: hasBody), exchange, find(exchange.stream)) }
    }

    func queue(_ answer: HTTP2Answer, _ exchange: Exchange, _ stream: HTTP2Stream?) {
        let stream = stream ?? open(exchange, currentPriority, hasEnded: true)
        stream.answer = answer
        answering += 1
    }

    /// Writes head and body of a small answer into the batch.
    /// - Returns: false when it must wait for its turn.
    @inline(__always)
    private func writeAtOnce(_ prepared: PreparedResponse, _ bodyCount: Int, _ id: UInt32, _ window: Int) -> Bool {
        let head = prepared.http2
        guard answering == 0, bodyCount <= Self.smallBody, bodyCount <= window, bodyCount <= sendWindow, head.count <= Self.smallBody,
            !mustAnnounceTable, makeRoom(head.count + bodyCount + 2 * HTTP2Frame.headCount)
        else { return false }
        let place = output.place
        let isAll = bodyCount == 0
        HTTP2Frame(
            .headers, flags: HTTP2Frame.Flag.endHeaders | (isAll ? HTTP2Frame.Flag.endStream : 0), stream: id, length: head.count
        ).write(to: place)
        (place + HTTP2Frame.headCount).update(from: head.block, count: head.count)
        output.added(HTTP2Frame.headCount + head.count)
        if isAll { return true }
        let data = place + HTTP2Frame.headCount + head.count
        HTTP2Frame(.data, flags: HTTP2Frame.Flag.endStream, stream: id, length: bodyCount).write(to: data)
        (data + HTTP2Frame.headCount).update(from: prepared.block + prepared.headCount, count: bodyCount)
        output.added(HTTP2Frame.headCount + bodyCount)
        sendWindow -= bodyCount
        windowUpdates.add(2)
        return true
    }

    /// Makes place in the batch.
    /// - Returns: false when the transport is full.
    @inline(__always)
    func makeRoom(_ count: Int) -> Bool {
        if output.isBlocked { return false }
        if output.has(room: count) { return true }
        flush()
        return phase == .open && !output.isBlocked && output.has(room: count)
    }

    /// An answer is out.
    func finish(_ stream: HTTP2Stream) {
        if stream.answer != nil {
            stream.answer = nil
            answering -= 1
        }
        if stream.hasEnded { return remove(stream, .ended) }
        // What the client still sends is of no use, and it is told so (RFC 9113 §8.1) when that is much or late: some clients
        // lose an answer whose reset comes with it (curl 7.88), and a small body is over by itself.
        if stream.isGivenUp { reset(stream.id, .noError) } else { reopen(stream) }
    }
}
