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

    struct Stream {
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
    static let connectionWindow = 1024 * 1024
    static let interimLimit = 32
    /// Before the server has said how many it takes.
    private static let firstStreams = 100
    static let lastStream: UInt32 = 0x3fff_ffff

    private let limits: EngineLimits
    let isSecure: Bool
    private var reader: HTTP2FrameReader
    var decoder = HPACKDecoder()
    var heads: HTTP2ClientHead
    var settings = HTTP2Settings()
    var hasSettings = false
    var mustAnnounceTable = false
    var streams: [UInt32: Stream] = [:]
    var nextStream: UInt32 = 1
    var sendWindow = 65_535
    var receiveWindow = HTTP2ClientMachine.connectionWindow
    var isOver = false
    /// Bytes for the socket.
    package var output = InputBuffer()
    package internal(set) var head = UpstreamHead()
    /// No stream is opened any more.
    package internal(set) var isGoingAway = false
    private var pings: RateBudget
    private var settingsFrames: RateBudget
    private var emptyFrames: RateBudget
    var windowUpdates: RateBudget
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
}
