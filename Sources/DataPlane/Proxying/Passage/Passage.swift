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
    var hasSentAll = false
    var status: UInt16 = 0
    var bytesToClient = 0
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
    var copy: AnswerCopy?
    /// Of the connection, before it was given back.
    var serverName = ""

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

    // MARK: AnswerSource

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

    var asked: PassageOrder.Asked { PassageOrder.Asked(server: serverName, tries: earlierTries + 1) }

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
            order.asked = asked
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
