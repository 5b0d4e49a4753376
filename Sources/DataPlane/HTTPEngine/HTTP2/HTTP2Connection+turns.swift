// A turn: answers as frames, as far as the transport, both windows and the streams' priorities let them.
extension HTTP2Connection {
    /// Bytes that one connection may send before the loop's others have their turn.
    private static let share = 1024 * 1024

    func inTurn(_ work: () -> Void) {
        beginTurn()
        work()
        endTurn()
    }

    @inline(__always)
    func beginTurn() {
        turnDepth += 1
        if turnDepth == 1 { output.begin(loop.http2) }
    }

    /// Sends what has come together, and sets what to wait for next.
    func endTurn() {
        if turnDepth > 1 {
            turnDepth -= 1
            return
        }
        while phase == .open {
            pump()
            flush()
            // Control frames had held up the input.
            guard phase == .open, !isHeldUp, !input.isEmpty else { break }
            let before = input.count
            processInput()
            if input.count == before { break }
        }
        if phase == .finishing { flush() }
        output.end(loop.http2)
        turnDepth = 0
        settle()
    }

    /// The streams that can send something, most urgent first, until the batch is out or nothing can.
    private func pump() {
        var sent = 0
        while answering > 0, phase == .open, !output.isBlocked, let stream = nextToSend() {
            if sent >= Self.share {
                hasYielded = true
                return
            }
            let before = sendWindow
            send(stream)
            sent += before - sendWindow
        }
    }

    /// RFC 9218 §10: by urgency, then in order of the requests; incremental ones take turns, each going to the end after
    /// its piece. At most `concurrentStreams` are looked at, for 16 KB and more.
    private func nextToSend() -> HTTP2Stream? {
        var best: HTTP2Stream?
        for stream in streams {
            guard let answer = stream.answer, !answer.mustWait else { continue }
            if case .sent = answer.head, answer.remaining > 0, sendWindow <= 0 || stream.sendWindow <= 0 { continue }
            if let best, (best.priority.urgency, best.turn) < (stream.priority.urgency, stream.turn) { continue }
            best = stream
        }
        return best
    }

    private func send(_ stream: HTTP2Stream) {
        guard var answer = stream.answer else { return }
        if case .sent = answer.head {
        } else {
            guard writeHead(answer.head, stream.id, endsStream: answer.endsWithBody) else { return }
            answer.head = .sent
            stream.answer = answer
            if answer.endsWithBody { return finish(stream) }
        }
        // What is shared goes piece by piece.
        let most = stream.priority.isIncremental ? 1 : 4
        var frames = 0
        let frameLimit = min(settings.maximumFrame, HTTP2FrameReader.maximumFrame)
        while frames < most, answer.remaining > 0, sendWindow > 0, stream.sendWindow > 0 {
            guard makeRoom(frameLimit + HTTP2Frame.headCount) else { break }
            let limit = min(frameLimit, sendWindow, stream.sendWindow)
            let place = output.place
            let count = answer.take(limit, into: place + HTTP2Frame.headCount)
            // A file that has become shorter: the answer cannot be completed.
            if count == 0 { return reset(stream.id, .internalError) }
            let isLast = answer.endsWithBody
            HTTP2Frame(.data, flags: isLast ? HTTP2Frame.Flag.endStream : 0, stream: stream.id, length: count).write(to: place)
            output.added(HTTP2Frame.headCount + count)
            sendWindow -= count
            stream.sendWindow -= count
            stream.moved += count
            windowUpdates.add(2)
            frames += 1
        }
        stream.answer = answer
        if answer.isOver {
            guard frames == 0 || !answer.endsWithBody else { return finish(stream) }
            return sendEnd(stream, answer)
        }
        if answer.tail != nil { relieve(stream, answer.remaining) }
        if stream.priority.isIncremental {
            nextTurn += 1
            stream.turn = nextTurn
        }
    }

    /// What says that a body is over whose last frame could not: trailers, or an empty frame.
    private func sendEnd(_ stream: HTTP2Stream, _ answer: HTTP2Answer) {
        if let trailers = answer.tail?.trailers, !trailers.isEmpty {
            let block = HTTP2ResponseHead.block(trailers: trailers)
            guard block.count <= limits.blockBytes else { return reset(stream.id, .internalError) }
            guard block.withUnsafeBufferPointer({ writeBlock($0, stream.id, true) }) else { return }
        } else {
            guard makeRoom(HTTP2Frame.headCount) else { return }
            HTTP2Frame(.data, flags: HTTP2Frame.Flag.endStream, stream: stream.id, length: 0).write(to: output.place)
            output.added(HTTP2Frame.headCount)
        }
        finish(stream)
    }

    private func writeHead(_ head: HTTP2Answer.Head, _ id: UInt32, endsStream: Bool) -> Bool {
        switch head {
        case .sent: return true
        case .prepared(let prepared):
            prepared.setDate(loop.clock)
            return writeBlock(UnsafeBufferPointer(start: prepared.block, count: prepared.count), id, endsStream)
        case .block(let block): return block.withUnsafeBufferPointer { writeBlock($0, id, endsStream) }
        }
    }

    /// HEADERS, and CONTINUATION for what the peer does not take in one frame.
    func writeBlock(_ block: UnsafeBufferPointer<UInt8>, _ id: UInt32, _ endsStream: Bool) -> Bool {
        let limit = HTTP2FrameReader.maximumFrame
        let frames = block.count / limit + 1
        guard makeRoom(block.count + 1 + frames * HTTP2Frame.headCount) else { return false }
        var rest = block[...]
        var kind = HTTP2Frame.Kind.headers
        var first: [UInt8] = []
        if mustAnnounceTable {
            mustAnnounceTable = false
            first = [HPACKEncoder.emptyTable]
        }
        repeat {
            let piece = rest.prefix(limit - first.count)
            rest = rest.dropFirst(piece.count)
            let flags =
                (rest.isEmpty ? HTTP2Frame.Flag.endHeaders : 0) | (endsStream && kind == .headers ? HTTP2Frame.Flag.endStream : 0)
            let place = output.place
            let length = first.count + piece.count
            HTTP2Frame(kind, flags: flags, stream: id, length: length).write(to: place)
            let payload = UnsafeMutableBufferPointer(start: place + HTTP2Frame.headCount, count: length)
            let (_, next) = payload.update(from: first)
            _ = UnsafeMutableBufferPointer(rebasing: payload[next...]).update(from: piece)
            output.added(HTTP2Frame.headCount + length)
            first = []
            kind = .continuation
        } while !rest.isEmpty
        return true
    }
}
