import Glibc
import HTTPEngine
import Snapshots

/// One request's way to a server and its answer's way back. State belongs to one event loop.
///
/// ```
///  choosing ─▶ connecting ─▶ waiting (for the head) ─▶ streaming ─▶ over
///     ▲            │             │                        │ 101: a tunnel, both ways as they come
///     └── again ───┴─────────────┘                        └─ cut off where it fails
/// ```
/// Nothing of a body is kept but what another try may need: its first 64 KB, and only while there may be one. The client holds back
/// the server and the server the client: what cannot be passed on is not read.
final class Passage: BodyReader, AnswerSource {
    enum Phase {
        case over, connecting, waiting, streaming, tunnel
    }

    /// Bytes of a body that another try may need.
    static let replayLimit = 64 * 1024

    unowned let proxy: Proxy
    var order: PassageOrder?
    var pool: BackendPool?
    var connection: (any UpstreamCarrier)?
    var phase = Phase.over
    /// The server that is asked.
    var target: ServerPool?
    /// Those that have failed it.
    var tried: [ServerPool] = []
    /// How often it was asked before.
    var earlierTries = 0
    /// A server has gone away without looking at it.
    var wasUnprocessed = false
    /// The next connection must be a new one: an idle one had been ended by its server.
    var needsFresh = false
    var isRepeatable = false
    /// What has come of the body, for the next try; what was not sent yet is its end.
    var replay: [UInt8] = []
    var canReplay = true
    var isChunked = false
    var hasBody = false
    /// Whether the client's body is whole.
    var bodyHasEnded = false
    /// Whether the request is with the connection to its end.
    private(set) var hasSentAll = false
    private(set) var status: UInt16 = 0
    private(set) var bytesToClient = 0
    /// What the server has to answer where a client came over HTTP/2.
    var webSocketKey: WebSocketKey?
    /// What such a client has sent before the server had answered.
    var early: [UInt8] = []
    /// Whether that was all.
    var hasEndedEarly = false
    /// Of a tunnel; nil: what it carries is no WebSocket.
    var webSocket: WebSocketRelay?
    /// Of an answer that is a stream of events.
    var events: EventStreamEnd?
    /// Of an answer that is encoded on its way.
    var encoding: AnswerEncoder?
    /// Who keeps what the client is sent.
    private var copy: AnswerCopy?
    /// Of the connection, before it was given back.
    private(set) var serverName = ""

    init(_ proxy: Proxy) {
        self.proxy = proxy
    }

    /// Begins.
    func begin(_ order: PassageOrder, _ pool: BackendPool) {
        self.order = order
        self.pool = pool
        let exchange = order.exchange
        phase = .connecting
        isRepeatable = order.isConnect || Self.isIdempotent(exchange)
        hasBody = exchange.head.framing != .none
        isChunked = exchange.head.framing == .chunked
        bodyHasEnded = !hasBody
        canReplay = true
        hasSentAll = false
        status = 0
        bytesToClient = 0
        needsFresh = false
        webSocketKey = nil
        early = []
        hasEndedEarly = false
        earlierTries = 0
        wasUnprocessed = false
        webSocket = nil
        events = nil
        exchange.source = self
        if order.isConnect {
            exchange.readBody(self)
        } else if hasBody {
            exchange.readBody(self, limit: order.maximumBody)
        } else {
            exchange.suspend()
        }
        pool.budget.requestBegins()
        ask()
    }

    /// RFC 9110 §9.2.2.
    private static func isIdempotent(_ exchange: Exchange) -> Bool {
        if exchange.head.method != .other { return true }
        let name = exchange.bytes(exchange.head.methodName)
        return ["OPTIONS", "PUT", "DELETE", "TRACE"].contains { name.elementsEqual($0.utf8) }
    }

    // MARK: Asking

    func ask() {
        guard let pool, let order else { return }
        phase = .connecting
        let chosen = pool.choose(
            wanted: order.server, tried: tried, passedOver: order.passedOver, key: order.hashKey, random: proxy.random)
        guard let chosen else { return failed(.noServer) }
        target = chosen
        serverName = chosen.server.name
        chosen.active += 1
        if chosen.speaksHTTP2 { return askOverHTTP2(chosen) }
        let client = chosen.headerVersion == nil ? nil : clientAddresses(order)
        if !needsFresh, let idle = chosen.take(isRepeatable: isRepeatable && canReplay, client: client) {
            connection = idle
            idle.passage = self
            return sendRequest(idle)
        }
        needsFresh = false
        let fresh = UpstreamConnection(pool: chosen, client: client)
        connection = fresh
        fresh.passage = self
        guard fresh.open() else { return failed(.connect(errno)) }
        if fresh.isConnected { return sendRequest(fresh) }
        fresh.setDeadline(seconds: pool.policy.limits.connectSeconds)
    }

    /// Who asks, as a header in front of the connection says it; nil: a client of a Unix socket.
    private func clientAddresses(_ order: PassageOrder) -> ProxyHeader.Addresses? {
        let source = ForwardedClient.of(order.exchange, trusted: order.policy.trusted)
        if source == .local { return nil }
        let destination = order.exchange.localAddress
        // A request of the cache's own comes to no address.
        let nowhere = PeerAddress(high: 0, low: 0xffff_0000_0000, port: 0)
        return ProxyHeader.Addresses(source: source, destination: destination == .local ? nowhere : destination)
    }

    /// One connection carries many: this request joins one that has room for it, or the next.
    private func askOverHTTP2(_ chosen: ServerPool) {
        needsFresh = false
        guard let pool, let stream = chosen.stream() else { return failed(.connect(errno)) }
        connection = stream
        stream.passage = self
        if stream.isConnected { return sendRequest(stream) }
        stream.setDeadline(seconds: pool.policy.limits.connectSeconds)
    }

    func connected(_ connection: any UpstreamCarrier) { sendRequest(connection) }

    private func sendRequest(_ connection: any UpstreamCarrier) {
        guard let pool, let order, let target else { return }
        phase = .waiting
        let exchange = order.exchange
        webSocketKey = order.isConnect ? WebSocketKey(random: proxy.random) : nil
        let request = UpstreamRequest(
            exchange: exchange, route: order.route, server: target.server, target: order.target, lines: order.requestLines,
            pinField: order.pinField, isUpgrade: order.isUpgrade, webSocketKey: webSocketKey, random: proxy.random)
        request.write(into: proxy.block)
        connection.begin(
            proxy.block.bytes, isHead: exchange.head.method == .head, mayUpgrade: order.isUpgrade, hasBody: hasBody)
        if !replay.isEmpty {
            replay.withUnsafeBytes { connection.sendBody($0, isChunked: isChunked, proxy.block) }
            if !canReplay { replay = [] }
        }
        if bodyHasEnded { endRequest(connection) } else { connection.setDeadline(seconds: pool.policy.limits.idleSeconds) }
        if hasBody, !connection.isCongested { exchange.resumeBody() }
    }

    private func endRequest(_ connection: any UpstreamCarrier) {
        if hasBody, let order {
            let lines = order.exchange.trailers
            let trailers =
                isChunked && !lines.isEmpty
                ? UpstreamRequest.trailers(lines, policy: order.policy, pinField: order.pinField) : []
            connection.endBody(isChunked: isChunked, trailers: trailers, proxy.block)
        }
        hasSentAll = true
        if phase == .waiting, let pool { connection.setDeadline(seconds: pool.policy.limits.firstByteSeconds) }
    }

    // MARK: The client's body

    func received(_ bytes: UnsafeRawBufferPointer, of exchange: Exchange) {
        guard phase != .over else { return }
        if order?.isConnect == true, phase != .tunnel { return keepEarly(bytes, exchange) }
        if canReplay, replay.count + bytes.count > Self.replayLimit || phase == .streaming || phase == .tunnel { canReplay = false }
        if phase == .connecting {
            // Kept in any case, until there is a connection to send it over.
            replay.append(contentsOf: bytes)
            if replay.count >= Self.replayLimit { exchange.holdBody() }
            return
        }
        guard let connection else { return }
        if phase == .tunnel { return sendThroughTunnel(bytes, to: connection) }
        connection.sendBody(bytes, isChunked: isChunked, proxy.block)
        if canReplay { replay.append(contentsOf: bytes) } else if !replay.isEmpty { replay = [] }
        if connection.isCongested { exchange.holdBody() }
        if let pool, phase != .streaming { connection.setDeadline(seconds: pool.policy.limits.idleSeconds) }
    }

    func ended(_ exchange: Exchange) {
        guard phase != .over else { return }
        bodyHasEnded = true
        if order?.isConnect == true, phase != .tunnel {
            hasEndedEarly = true
            return
        }
        guard phase != .connecting, let connection else { return }
        if phase == .tunnel { clientEndsTunnel(connection) } else { endRequest(connection) }
    }

    func broken(_ exchange: Exchange) { giveUp() }

    func serverTakesMore() { order?.exchange.resumeBody() }

    // MARK: The answer

    /// What comes before the answer goes on (RFC 9110 §15.2), but `100`: who waited for that has had it from here.
    func receiveInterim(_ head: UpstreamHead, _ base: UnsafePointer<UInt8>) {
        guard let order, phase == .waiting, head.status > 101 else { return }
        AnswerLines(head: head, base: base, order: order, clock: proxy.loop.clock).writeInterim(into: proxy.block)
        var fields = FieldLines()
        fields.add(lines: Array(proxy.block.bytes))
        let hints = EarlyHints(fields, status: head.status, reason: head.reason.bytes(from: base))
        if let taker = order.taker { return taker.informed(hints) }
        order.exchange.inform(hints)
    }

    func receive(_ head: UpstreamHead, _ base: UnsafePointer<UInt8>, _ body: UnsafeRawBufferPointer, isLast: Bool) {
        guard let order, let pool, phase == .waiting else { return }
        // What is no WebSocket would look like one to a client that takes any 2xx for it.
        if order.isConnect, (200..<300).contains(head.status) { return failed(.answer(.notUpgraded)) }
        if pool.policy.retry.statuses.contains(head.status), mayRepeat(.status(head.status)) { return again(.status(head.status)) }
        target?.server.health.succeeded(now: proxy.loop.clock.monotonic)
        phase = .streaming
        status = head.status
        copy = order.answered?(head, base)
        if head.isEventStream, !isLast { watchEvents(head, base, body) }
        if let taker = order.taker {
            if isLast { end() } else { connection?.setDeadline(seconds: pool.policy.limits.idleSeconds) }
            taker.began(head, base, from: target?.server, body, isLast: isLast)
            return hold(for: taker)
        }
        let exchange = order.exchange
        let lines = AnswerLines(head: head, base: base, order: order, clock: proxy.loop.clock)
        lines.write(into: proxy.block)
        let block = UnsafeBufferPointer(start: proxy.block.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count: proxy.block.count)
        let streamed = StreamedHead(
            status: head.status, reason: head.reason.bytes(from: base), lines: block, framing: lines.framing,
            isEventStream: head.isEventStream)
        copy?.took(body, isLast: isLast)
        if let policy = order.policy.compression {
            if isLast { return begin(streamed, body, isLast: true, policy) }
            connection?.setDeadline(seconds: pool.policy.limits.idleSeconds)
            begin(streamed, body, isLast: false, policy)
            if exchange.isCongested, phase == .streaming { connection?.setReading(false) }
            return
        }
        bytesToClient += body.count
        if isLast {
            end()
            return exchange.begin(streamed, body, isLast: true)
        }
        connection?.setDeadline(seconds: pool.policy.limits.idleSeconds)
        exchange.begin(streamed, body)
        if exchange.isCongested, phase == .streaming { connection?.setReading(false) }
    }

    func receive(_ piece: UnsafeRawBufferPointer, isLast: Bool) {
        guard let order, let pool, phase == .streaming else { return }
        var (body, isLast) = (piece, isLast)
        if events != nil, let last = events?.take(piece), !isLast {
            // The event that its end waited for is whole.
            dropConnection()
            (body, isLast) = (UnsafeRawBufferPointer(rebasing: piece[..<last]), true)
        }
        if let taker = order.taker {
            if isLast { end() } else { connection?.setDeadline(seconds: pool.policy.limits.idleSeconds) }
            taker.took(body, isLast: isLast)
            return hold(for: taker)
        }
        copy?.took(body, isLast: isLast)
        if encoding != nil {
            connection?.setDeadline(seconds: pool.policy.limits.idleSeconds)
            return sendEncoded(body, isLast: isLast)
        }
        let exchange = order.exchange
        bytesToClient += body.count
        if isLast {
            end()
            return exchange.send(body, isLast: true)
        }
        connection?.setDeadline(seconds: pool.policy.limits.idleSeconds)
        exchange.send(body)
        if exchange.isCongested, phase == .streaming { connection?.setReading(false) }
    }

    private func hold(for taker: any AnswerTaker) {
        if taker.isCongested, phase == .streaming { connection?.setReading(false) }
    }

    func receiveEnd(trailers: [UInt8]) {
        guard let order, phase == .streaming else { return }
        copy?.ended()
        if encoding != nil { return endEncoded(trailers: trailers) }
        end()
        if let taker = order.taker { return taker.ended(trailers: trailers) }
        order.exchange.finish(trailers: trailers)
    }

    func resume(_ exchange: Exchange) {
        guard let connection, let pool else { return }
        connection.setReading(true)
        if phase == .tunnel { return tunnelMoves() }
        connection.setDeadline(seconds: pool.policy.limits.idleSeconds)
    }

    func abandoned(_ exchange: Exchange) { giveUp() }

    /// The client has gone: so has the reason to go on.
    private func giveUp() {
        guard phase != .over else { return }
        if status == 0 { status = PassageReport.clientHasGone }
        dropConnection()
        end()
    }

    func noteStatus(_ status: UInt16) { self.status = status }

    func count(_ bytes: Int) { bytesToClient += bytes }

    // MARK: The end

    /// The connection is done with this request.
    func leave(_ connection: any UpstreamCarrier) {
        guard self.connection === connection else { return }
        self.connection = nil
        connection.passage = nil
        target?.active -= 1
    }

    func dropConnection() {
        guard let connection else { return }
        leave(connection)
        connection.close()
    }

    /// The report is written before the last bytes are given to the exchange, which may begin its next request in the same call.
    func end(_ failure: PassageFailure? = nil) {
        if encoding != nil { endEncoding() }
        guard let order else { return }
        phase = .over
        // A taker reports of itself what its client got.
        if order.taker == nil {
            proxy.listener?.passageEnds(
                PassageReport(
                    order: order, status: status, bytes: bytesToClient, server: serverName, tries: earlierTries + 1, failure: failure))
        }
        self.order = nil
        pool = nil
        target = nil
        copy = nil
        tried.removeAll()
        replay = []
        order.exchange.source = nil
        proxy.recycle(self)
    }

    func answer(_ failure: PassageFailure) {
        guard let order, let pool else { return }
        let exchange = order.exchange
        if let taker = order.taker {
            let response = proxy.answer(to: failure, order, retryAfterSeconds: pool.retryAfterSeconds)
            end(failure)
            return taker.failed(failure, response)
        }
        if exchange.isStreaming {
            end(failure)
            return exchange.abort()
        }
        status = failure.status
        let response = proxy.answer(to: failure, order, retryAfterSeconds: pool.retryAfterSeconds)
        bytesToClient = exchange.head.method == .head ? 0 : response.body.count
        end(failure)
        exchange.respond(response)
    }
}
