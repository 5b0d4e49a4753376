import HTTPEngine
import Snapshots

// After `101` both sides speak another protocol (RFC 9110 §7.8): bytes are passed as they come, both ways. Of a WebSocket it is known
// where its frames end, so that it can be ended between two of them.
extension Passage {
    func upgraded(_ head: UpstreamHead, _ base: UnsafePointer<UInt8>, rest: UnsafeRawBufferPointer) {
        guard let order, let connection, phase == .waiting else { return }
        let isWebSocket = head.upgrade.map { Self.isWebSocket($0.bytes(from: base)) } ?? false
        if order.isConnect, !isWebSocket || !isProven(head, base) { return failed(.answer(.notUpgraded)) }
        phase = .tunnel
        noteStatus(order.isConnect ? 200 : 101)
        webSocket = isWebSocket ? WebSocketRelay() : nil
        let exchange = order.exchange
        let block = proxy.block
        AnswerLines(head: head, base: base, order: order, clock: proxy.loop.clock).write(into: block)
        block.add("Connection: Upgrade\r\nUpgrade: ")
        if let upgrade = head.upgrade { block.add(upgrade.bytes(from: base)) }
        block.add("\r\n")
        let lines = UnsafeBufferPointer(start: block.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count: block.count)
        connection.setDeadline(seconds: tunnelSeconds)
        exchange.beginTunnel(
            StreamedHead(status: 101, reason: head.reason.bytes(from: base), lines: lines, framing: .unknown), reader: self,
            isWebSocket: isWebSocket)
        if order.isConnect { sendEarly() }
        if !rest.isEmpty { tunnelReceived(rest) }
    }

    /// Whether the server has answered our key, and that once.
    private func isProven(_ head: UpstreamHead, _ base: UnsafePointer<UInt8>) -> Bool {
        guard let wanted = webSocketKey?.answer else { return false }
        var answers = 0
        var isRight = true
        head.forEachField(in: base) { name, value in
            guard name.bytes(from: base).elementsEqual("sec-websocket-accept".utf8, by: { $0 == $1 || $0 | 0x20 == $1 }) else { return }
            answers += 1
            if !value.bytes(from: base).elementsEqual(wanted) { isRight = false }
        }
        return answers == 1 && isRight
    }

    /// Over HTTP/2 a client can send before it was answered: as much as its window takes.
    func keepEarly(_ bytes: UnsafeRawBufferPointer, _ exchange: Exchange) {
        // An answer that goes on to the client is a refusal.
        if phase == .streaming { return }
        early.append(contentsOf: bytes)
        exchange.holdBody()
    }

    private func sendEarly() {
        guard phase == .tunnel, let connection, let order else { return }
        let bytes = early
        early = []
        if !bytes.isEmpty { bytes.withUnsafeBytes { sendThroughTunnel($0, to: connection) } }
        if phase == .tunnel, !connection.isCongested { order.exchange.resumeBody() }
        if phase == .tunnel, hasEndedEarly { clientEndsTunnel(connection) }
    }

    private static func isWebSocket(_ upgrade: UnsafeBufferPointer<UInt8>) -> Bool {
        upgrade.elementsEqual("websocket".utf8) { byte, lower in byte == lower || byte | 0x20 == lower }
    }

    /// How long both sides may be silent.
    private var tunnelSeconds: Int64 { pool?.policy.limits.tunnelSeconds ?? 0 }

    /// How long each side of a WebSocket may take to answer our close frame.
    private static var answerSeconds: Int64 { 2 }

    func tunnelMoves() {
        if webSocket?.isConcluding != true { connection?.setDeadline(seconds: tunnelSeconds) }
    }

    /// From the client.
    func sendThroughTunnel(_ bytes: UnsafeRawBufferPointer, to connection: any UpstreamCarrier) {
        tunnelMoves()
        guard let passed = webSocket?.take(bytes, from: .client) else {
            connection.send(bytes)
            return holdClient(connection)
        }
        if passed.count > 0 { connection.send(UnsafeRawBufferPointer(rebasing: bytes[..<passed.count])) }
        if passed.isLast { tellServer(connection) }
        holdClient(connection)
        settleConclusion()
    }

    private func holdClient(_ connection: any UpstreamCarrier) {
        if connection.isCongested { order?.exchange.holdBody() }
    }

    /// From the server.
    func tunnelReceived(_ bytes: UnsafeRawBufferPointer) {
        guard let order, phase == .tunnel else { return }
        tunnelMoves()
        let passed = webSocket?.take(bytes, from: .server)
        let passing = passed?.count ?? bytes.count
        if passing > 0 {
            count(passing)
            order.exchange.send(UnsafeRawBufferPointer(rebasing: bytes[..<passing]))
        }
        if passed?.isLast == true { tellClient(order.exchange) }
        if phase == .tunnel, order.exchange.isCongested { connection?.setReading(false) }
        settleConclusion()
    }

    /// The server has said all it will say; the client hears that as the end of its connection.
    func tunnelEnded() {
        guard let order, phase == .tunnel else { return }
        if webSocket?.tellClient() == true { tellClient(order.exchange) }
        guard phase == .tunnel else { return }
        dropConnection()
        end()
        order.exchange.finish()
    }

    /// The client has said all it will say.
    func clientEndsTunnel(_ connection: any UpstreamCarrier) {
        connection.finishSending()
        webSocket?.ended(.client)
        settleConclusion()
    }

    // MARK: Its end at a limit

    /// The server is told between two frames, then the client, and both have a moment to answer (RFC 6455 §7.1.2).
    /// - Parameter isHurried: whether there is no time to wait for the server's answer.
    func concludeTunnel(isHurried: Bool) {
        guard phase == .tunnel, let order, let connection, webSocket != nil else { return }
        connection.setDeadline(seconds: Self.answerSeconds)
        if webSocket?.conclude() == true { tellServer(connection) }
        if isHurried, webSocket?.tellClient() == true { tellClient(order.exchange) }
        settleConclusion()
    }

    /// Both were silent for too long, or have not answered our close frames in time.
    func tunnelExpired() {
        guard let order, webSocket?.isServerAnswering == true else {
            // A frame that still moves has the time that is left of the limit.
            if webSocket?.isEndingFrame == true { return }
            return tunnelEnded()
        }
        if webSocket?.tellClient() == true { tellClient(order.exchange) }
        if phase == .tunnel { connection?.setDeadline(seconds: Self.answerSeconds) }
    }

    private func tellClient(_ exchange: Exchange) {
        guard phase == .tunnel else { return }
        WebSocketClose.toClient.withUnsafeBytes { exchange.send($0) }
        connection?.setDeadline(seconds: Self.answerSeconds)
    }

    private func tellServer(_ connection: any UpstreamCarrier) {
        WebSocketClose.toServer(mask: UInt32(truncatingIfNeeded: proxy.random(1 << 32))).withUnsafeBytes { connection.send($0) }
        // What the client still says is not passed on any more: nothing holds it back.
        order?.exchange.resumeBody()
    }

    private func settleConclusion() {
        if phase == .tunnel, webSocket?.isOver == true { tunnelEnded() }
    }
}
