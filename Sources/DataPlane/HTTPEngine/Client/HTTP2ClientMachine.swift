/// One HTTP/2 connection to a server (RFC 9113), as a value: bytes in, events and bytes to send out. It knows no socket, no clock but
/// what it is told, no client.
///
/// ```
///            open                  head              end of both sides
///  (nothing) ────▶ waiting ────────────▶ body ───────────────────────▶ (nothing)
///                     └── 1xx ──┘          └── reset by either side ──▶ (nothing)
/// ```
/// Each stream's window is credited as its bytes are taken (`consumed`), so that a slow client holds back its own stream; the
/// connection's at once, so that it holds back no other. A server over a limit that no honest one reaches ends the connection.
///
/// Left out: server push, which our settings forbid; priorities, which are for servers with more than one client's eyes.
package struct HTTP2ClientMachine: ~Copyable {
    package enum Event {
        case needsMore
        /// Nothing for anybody.
        case handled
        /// In `head`, over `headText`: an answer that comes before the answer.
        case interim(stream: UInt32)
        case head(stream: UInt32, isLast: Bool)
        case data(stream: UInt32, UnsafeRawBufferPointer, isLast: Bool)
        /// They end the answer.
        case trailers(stream: UInt32, [UInt8])
        /// More may be sent, on all streams or one.
        case windows
        /// The server has said how many streams it takes.
        case settings
        /// The stream has ended before its answer was whole.
        case broken(stream: UInt32, UpstreamFault)
        /// The server has not looked at it: it may be asked again, whatever its method (RFC 9113 §8.7).
        case unprocessed(stream: UInt32)
        /// No stream may be opened any more; those above `last` are `unprocessed`.
        case goingAway(last: UInt32)
        case failed(HTTP2Fault)
    }

    private struct Stream {
        var sendWindow: Int
        /// What the server may still send.
        var receiveWindow: Int
        /// Taken, and not credited.
        var credit = 0
        let isHead: Bool
        var hasHead = false
        var hasSentEnd: Bool
        var interims = 0
        /// Bytes that are still to come; nil: nobody says. An answer to `HEAD` has none, whatever it declares.
        var promised: UInt64?
    }

    /// Bytes of an answer that a stream may bring before any are taken.
    package static let streamWindow = 128 * 1024
    private static let connectionWindow = 1024 * 1024
    private static let interimLimit = 32
    /// Before the server has said how many it takes.
    private static let firstStreams = 100
    private static let lastStream: UInt32 = 0x3fff_ffff

    private let limits: EngineLimits
    private let isSecure: Bool
    private var reader: HTTP2FrameReader
    private var decoder = HPACKDecoder()
    private var heads: HTTP2ClientHead
    private var settings = HTTP2Settings()
    private var hasSettings = false
    private var mustAnnounceTable = false
    private var streams: [UInt32: Stream] = [:]
    private var nextStream: UInt32 = 1
    private var sendWindow = 65_535
    private var receiveWindow = HTTP2ClientMachine.connectionWindow
    private var isOver = false
    /// Bytes for the socket.
    package var output = InputBuffer()
    package private(set) var head = UpstreamHead()
    /// No stream is opened any more.
    package private(set) var isGoingAway = false
    private var pings: RateBudget
    private var settingsFrames: RateBudget
    private var emptyFrames: RateBudget
    private var windowUpdates: RateBudget
    private var otherFrames: RateBudget

    /// - Parameters:
    ///   - isSecure: whether the scheme is https.
    ///   - now: seconds of the loop's clock.
    package init(limits: EngineLimits, isSecure: Bool, now: Int64) {
        self.limits = limits
        self.isSecure = isSecure
        reader = HTTP2FrameReader(limits: limits.http2, isOfServer: true)
        heads = HTTP2ClientHead(limits: limits)
        pings = RateBudget(limits.http2.pings, now: now)
        settingsFrames = RateBudget(limits.http2.settings, now: now)
        emptyFrames = RateBudget(limits.http2.emptyFrames, now: now)
        windowUpdates = RateBudget(limits.http2.windowUpdates, now: now)
        otherFrames = RateBudget(limits.http2.otherFrames, now: now)
        begin()
    }

    private mutating func begin() {
        output.append(HTTP2FrameReader.preface.utf8Start, HTTP2FrameReader.preface.utf8CodeUnitCount)
        var payload: [UInt8] = []
        for (identifier, value) in [
            (HTTP2Settings.Identifier.enablePush, 0), (HTTP2Settings.Identifier.initialWindow, Self.streamWindow),
            (HTTP2Settings.Identifier.maximumFields, limits.upstreamHeadBytes),
        ] {
            payload += [UInt8(identifier >> 8), UInt8(truncatingIfNeeded: identifier)] + HTTP2Connection.bytes(UInt32(value))
        }
        add(HTTP2Frame(.settings, length: payload.count), payload)
        credit(0, Self.connectionWindow - 65_535)
    }

    /// The head that the last event told of, in the form of HTTP/1.1.
    package var headText: [UInt8] { heads.text }

    package var streamCount: Int { streams.count }

    /// Whether another stream may be opened.
    package var hasRoom: Bool {
        !isGoingAway && !isOver && nextStream <= Self.lastStream
            && streams.count < min(hasSettings ? settings.maximumStreams : Self.firstStreams, limits.http2.concurrentStreams)
    }

    // MARK: Sending

    private mutating func add(_ frame: HTTP2Frame, _ payload: [UInt8]) {
        payload.withUnsafeBytes { add(frame, $0) }
    }

    private mutating func add(_ frame: HTTP2Frame, _ payload: UnsafeRawBufferPointer) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: HTTP2Frame.headCount) { head in
            guard let base = head.baseAddress else { return }
            frame.write(to: base)
            output.append(base, HTTP2Frame.headCount)
        }
        if let base = payload.baseAddress { output.append(base.assumingMemoryBound(to: UInt8.self), payload.count) }
    }

    private mutating func credit(_ stream: UInt32, _ count: Int) {
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

    // MARK: Receiving

    /// - Parameters:
    ///   - consumed: bytes that need not be handed in again.
    ///   - now: seconds of the loop's clock.
    package mutating func next(_ base: UnsafePointer<UInt8>, count: Int, now: Int64, consumed: inout Int) -> Event {
        consumed = 0
        if isOver { return .needsMore }
        let event = reader.next(base, count: count, consumed: &consumed)
        switch event {
        case .needsMore: return .needsMore
        case .headers(let id, let block, let endsStream): return receiveHeaders(id, block, endsStream)
        case .data(let id, let bytes, let charged, let endsStream):
            if bytes.isEmpty, !endsStream, !emptyFrames.take(now: now) { return fail(.enhanceYourCalm, .emptyFrameFlood) }
            return receiveData(id, bytes, charged, endsStream)
        case .window(let id, let increment):
            return windowUpdates.take(now: now) ? receiveWindow(id, increment) : fail(.enhanceYourCalm, .windowFlood)
        case .reset(let id, let code): return receiveReset(id, code)
        case .settings(let payload):
            return settingsFrames.take(now: now) ? receiveSettings(payload) : fail(.enhanceYourCalm, .settingsFlood)
        case .ping(let data):
            guard pings.take(now: now) else { return fail(.enhanceYourCalm, .pingFlood) }
            let payload = HTTP2Connection.bytes(UInt32(data >> 32)) + HTTP2Connection.bytes(UInt32(truncatingIfNeeded: data))
            add(HTTP2Frame(.ping, flags: HTTP2Frame.Flag.ack, length: 8), payload)
            return .handled
        case .goAway(let last):
            isGoingAway = true
            return .goingAway(last: last)
        case .ignored, .priorityUpdate: return otherFrames.take(now: now) ? .handled : fail(.enhanceYourCalm, .frameFlood)
        case .streamFault(let id, let code):
            guard streams[id] != nil else { return .handled }
            reset(id, code)
            return .broken(stream: id, .brokenHTTP2)
        case .fault(let code, let fault): return fail(code, fault)
        case .settingsAcknowledged, .pong, .piece, .preface: return .handled
        }
    }

    private mutating func fail(_ code: HTTP2ErrorCode, _ fault: HTTP2Fault) -> Event {
        sayEnd(code)
        return .failed(fault)
    }

    /// Whether it is one that was opened from here at some time.
    private func wasOpened(_ id: UInt32) -> Bool { id & 1 == 1 && id < nextStream }

    private mutating func receiveHeaders(_ id: UInt32, _ block: UnsafeBufferPointer<UInt8>, _ endsStream: Bool) -> Event {
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

    private mutating func receiveData(_ id: UInt32, _ bytes: UnsafeRawBufferPointer, _ charged: Int, _ endsStream: Bool) -> Event {
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

    private mutating func receiveWindow(_ id: UInt32, _ increment: Int) -> Event {
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

    private mutating func receiveReset(_ id: UInt32, _ code: UInt32) -> Event {
        guard wasOpened(id) else { return fail(.protocolError, .idleStream) }
        guard streams.removeValue(forKey: id) != nil else { return .handled }
        return code == HTTP2ErrorCode.refusedStream.rawValue ? .unprocessed(stream: id) : .broken(stream: id, .resetStream)
    }

    private mutating func receiveSettings(_ payload: UnsafeBufferPointer<UInt8>) -> Event {
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
