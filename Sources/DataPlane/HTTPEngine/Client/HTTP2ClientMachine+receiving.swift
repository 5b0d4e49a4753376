// What comes from the server, frame by frame.
extension HTTP2ClientMachine {
    mutating func fail(_ code: HTTP2ErrorCode, _ fault: HTTP2Fault) -> Event {
        sayEnd(code)
        return .failed(fault)
    }

    /// Whether it is one that was opened from here at some time.
    private func wasOpened(_ id: UInt32) -> Bool { id & 1 == 1 && id < nextStream }

    mutating func receiveHeaders(_ id: UInt32, _ block: UnsafeBufferPointer<UInt8>, _ endsStream: Bool) -> Event {
        guard wasOpened(id) else { return fail(.protocolError, .idleStream) }
        let before = streams[id]
        let outcome = heads.read(
            block, &decoder, into: &head, areTrailers: before?.hasHead ?? false, endsStream: endsStream, isHead: before?.isHead ?? false)
        if case .broken = outcome { return fail(.compressionError, .badBlock) }
        // One that was given up here: what is under way for it means nothing.
        guard var stream = before else { return .handled }
        switch outcome {
        case .head where head.status < 200:
            stream.interims += 1
            streams[id] = stream
            if stream.interims <= Self.interimLimit { return .interim(stream: id) }
            reset(id, .enhanceYourCalm)
            return .broken(stream: id, .tooManyInterim)
        case .head:
            stream.hasHead = true
            switch head.framing {
            case .length(let length): stream.promised = length
            case .none: stream.promised = 0
            case .chunked, .untilClose: break
            }
            streams[id] = stream
            if endsStream { end(id, stream) }
            return .head(stream: id, isLast: endsStream)
        case .trailers(let lines):
            if let promised = stream.promised, promised > 0 { return malformed(id, .truncated) }
            end(id, stream)
            return .trailers(stream: id, lines)
        case .malformed(let fault): return malformed(id, fault)
        case .broken: return .handled
        }
    }

    private mutating func malformed(_ id: UInt32, _ fault: UpstreamFault) -> Event {
        reset(id, .protocolError)
        return .broken(stream: id, fault)
    }

    /// The answer is whole. What is left of the request nobody wants.
    private mutating func end(_ id: UInt32, _ stream: Stream) {
        if stream.hasSentEnd { streams[id] = nil } else { reset(id, .noError) }
    }

    mutating func receiveData(_ id: UInt32, _ bytes: UnsafeRawBufferPointer, _ charged: Int, _ endsStream: Bool) -> Event {
        guard wasOpened(id) else { return fail(.protocolError, .idleStream) }
        receiveWindow -= charged
        guard receiveWindow >= 0 else { return fail(.flowControlError, .windowExceeded) }
        if receiveWindow <= Self.connectionWindow / 2 {
            credit(0, Self.connectionWindow - receiveWindow)
            receiveWindow = Self.connectionWindow
        }
        guard var stream = streams[id] else { return .handled }
        guard stream.hasHead else { return malformed(id, .badStatusLine) }
        stream.receiveWindow -= charged
        guard stream.receiveWindow >= 0 else {
            reset(id, .flowControlError)
            return .broken(stream: id, .brokenHTTP2)
        }
        if let promised = stream.promised {
            guard UInt64(bytes.count) <= promised else { return malformed(id, .badContentLength) }
            stream.promised = promised - UInt64(bytes.count)
        }
        streams[id] = stream
        // Padding is taken at once.
        if charged > bytes.count { consumed(charged - bytes.count, on: id) }
        if endsStream {
            if let promised = stream.promised, promised > 0 { return malformed(id, .truncated) }
            end(id, streams[id] ?? stream)
        }
        return .data(stream: id, bytes, isLast: endsStream)
    }

    mutating func receiveWindow(_ id: UInt32, _ increment: Int) -> Event {
        if id == 0 {
            guard increment > 0 else { return fail(.protocolError, .noIncrement) }
            sendWindow += increment
            return sendWindow <= HTTP2Settings.largestWindow ? .windows : fail(.flowControlError, .windowTooLarge)
        }
        guard wasOpened(id) else { return fail(.protocolError, .idleStream) }
        guard var stream = streams[id] else { return .handled }
        stream.sendWindow += increment
        guard increment > 0, stream.sendWindow <= HTTP2Settings.largestWindow else {
            reset(id, increment > 0 ? .flowControlError : .protocolError)
            return .broken(stream: id, .brokenHTTP2)
        }
        streams[id] = stream
        return .windows
    }

    mutating func receiveReset(_ id: UInt32, _ code: UInt32) -> Event {
        guard wasOpened(id) else { return fail(.protocolError, .idleStream) }
        guard streams.removeValue(forKey: id) != nil else { return .handled }
        return code == HTTP2ErrorCode.refusedStream.rawValue ? .unprocessed(stream: id) : .broken(stream: id, .resetStream)
    }

    mutating func receiveSettings(_ payload: UnsafeBufferPointer<UInt8>) -> Event {
        let before = settings
        do throws(HTTP2ErrorCode) {
            try settings.apply(payload)
        } catch { return fail(error, .badSetting) }
        hasSettings = true
        if settings.hasSmallTable, !before.hasSmallTable { mustAnnounceTable = true }
        // All open streams follow (RFC 9113 §6.9.2).
        let change = settings.initialWindow - before.initialWindow
        for id in streams.keys where change != 0 {
            guard var stream = streams[id] else { continue }
            stream.sendWindow += change
            if stream.sendWindow > HTTP2Settings.largestWindow { return fail(.flowControlError, .windowTooLarge) }
            streams[id] = stream
        }
        add(HTTP2Frame(.settings, flags: HTTP2Frame.Flag.ack, length: 0), [])
        return .settings
    }
}

extension HTTP2ClientMachine {
    /// Whether the rest of a stream stands in these bytes, in one frame of data.
    package static func isRest(of stream: UInt32, _ base: UnsafePointer<UInt8>, count: Int) -> Bool {
        guard count >= HTTP2Frame.headCount else { return false }
        let frame = HTTP2Frame(base)
        return frame.kind == .data && frame.stream == stream && frame.has(HTTP2Frame.Flag.endStream)
            && count - HTTP2Frame.headCount >= frame.length
    }
}
