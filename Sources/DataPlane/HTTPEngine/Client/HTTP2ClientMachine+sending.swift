// What goes to the server.
extension HTTP2ClientMachine {
    mutating func add(_ frame: HTTP2Frame, _ payload: [UInt8]) {
        payload.withUnsafeBytes { add(frame, $0) }
    }

    mutating func add(_ frame: HTTP2Frame, _ payload: UnsafeRawBufferPointer) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: HTTP2Frame.headCount) { head in
            guard let base = head.baseAddress else { return }
            frame.write(to: base)
            output.append(base, HTTP2Frame.headCount)
        }
        if let base = payload.baseAddress { output.append(base.assumingMemoryBound(to: UInt8.self), payload.count) }
    }

    mutating func credit(_ stream: UInt32, _ count: Int) {
        add(HTTP2Frame(.windowUpdate, stream: stream, length: 4), HTTP2Connection.bytes(UInt32(count)))
    }

    /// Opens a stream.
    /// - Parameter request: a head of HTTP/1.1, well formed.
    /// - Returns: its number.
    /// - Precondition: `hasRoom`.
    package mutating func open(_ request: UnsafeRawBufferPointer, isHead: Bool, hasBody: Bool) -> UInt32 {
        let id = nextStream
        nextStream += 2
        streams[id] = Stream(
            sendWindow: settings.initialWindow, receiveWindow: Self.streamWindow, isHead: isHead, hasSentEnd: !hasBody)
        var block = HTTP2ClientHead.block(request, isSecure: isSecure)
        if mustAnnounceTable { block.insert(HPACKEncoder.emptyTable, at: 0) }
        mustAnnounceTable = false
        addBlock(block, id, endsStream: !hasBody)
        return id
    }

    private mutating func addBlock(_ block: [UInt8], _ id: UInt32, endsStream: Bool) {
        var rest = block[...]
        var kind = HTTP2Frame.Kind.headers
        var flags = endsStream ? HTTP2Frame.Flag.endStream : 0
        repeat {
            let piece = rest.prefix(HTTP2FrameReader.maximumFrame)
            rest = rest.dropFirst(piece.count)
            if rest.isEmpty { flags |= HTTP2Frame.Flag.endHeaders }
            add(HTTP2Frame(kind, flags: flags, stream: id, length: piece.count), Array(piece))
            (kind, flags) = (.continuation, 0)
        } while !rest.isEmpty
    }

    /// Sends bytes of a body, as far as both windows let it.
    /// - Returns: how many were taken.
    package mutating func send(_ bytes: UnsafeRawBufferPointer, on id: UInt32) -> Int {
        guard var stream = streams[id], !stream.hasSentEnd else { return bytes.count }
        var taken = 0
        while taken < bytes.count {
            let room = min(stream.sendWindow, sendWindow, settings.maximumFrame, HTTP2FrameReader.maximumFrame)
            guard room > 0 else { break }
            let end = min(taken + room, bytes.count)
            add(HTTP2Frame(.data, stream: id, length: end - taken), UnsafeRawBufferPointer(rebasing: bytes[taken..<end]))
            stream.sendWindow -= end - taken
            sendWindow -= end - taken
            windowUpdates.add(2)
            taken = end
        }
        streams[id] = stream
        return taken
    }

    /// Ends a request.
    /// - Parameter trailers: whole field lines.
    package mutating func finish(_ id: UInt32, trailers: [UInt8] = []) {
        guard var stream = streams[id], !stream.hasSentEnd else { return }
        stream.hasSentEnd = true
        streams[id] = stream
        if trailers.isEmpty {
            add(HTTP2Frame(.data, flags: HTTP2Frame.Flag.endStream, stream: id, length: 0), [])
        } else {
            addBlock(HTTP2ResponseHead.block(trailers: trailers), id, endsStream: true)
        }
    }

    /// Gives a stream up, unless it is over.
    package mutating func reset(_ id: UInt32, _ code: HTTP2ErrorCode = .cancel) {
        guard streams.removeValue(forKey: id) != nil else { return }
        add(HTTP2Frame(.reset, stream: id, length: 4), HTTP2Connection.bytes(code.rawValue))
    }

    /// Those that the server has not looked at: they are over.
    package mutating func takeUnprocessed(above last: UInt32) -> [UInt32] {
        let found = streams.keys.filter { $0 > last }.sorted()
        for id in found { streams[id] = nil }
        return found
    }

    /// Bytes of an answer were taken by whoever they are for.
    package mutating func consumed(_ count: Int, on id: UInt32) {
        guard var stream = streams[id] else { return }
        stream.credit += count
        if stream.credit >= Self.streamWindow / 2 {
            credit(id, stream.credit)
            stream.receiveWindow += stream.credit
            stream.credit = 0
        }
        streams[id] = stream
    }

    /// Says that nothing more comes (RFC 9113 §6.8).
    package mutating func sayEnd(_ code: HTTP2ErrorCode = .noError) {
        if isOver { return }
        isOver = true
        add(HTTP2Frame(.goAway, length: 8), [0, 0, 0, 0] + HTTP2Connection.bytes(code.rawValue))
    }
}
