import HTTPEngine
import Snapshots

// After `101` both sides speak another protocol (RFC 9110 §7.8): bytes are passed as they come, both ways. Of a WebSocket it is known
// where its frames end, so that it can be ended between two of them.
extension Passage {
    func upgraded(_ head: UpstreamHead, _ base: UnsafePointer<UInt8>, rest: UnsafeRawBufferPointer) {
        guard let order, let connection, phase == .waiting else { return }
        phase = .tunnel
        noteStatus(101)
        let isWebSocket = head.upgrade.map { Self.isWebSocket($0.bytes(from: base)) } ?? false
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
        if !rest.isEmpty { tunnelReceived(rest) }
    }

    private static func isWebSocket(_ upgrade: UnsafeBufferPointer<UInt8>) -> Bool {
        upgrade.elementsEqual("websocket".utf8) { byte, lower in byte == lower || byte | 0x20 == lower }
    }

    /// How long both sides may be silent.
    private var tunnelSeconds: Int64 { pool?.policy.limits.tunnelSeconds ?? 0 }

    /// How long the two sides of a WebSocket may take to answer our close frames.
    private static var answerSeconds: Int64 { 2 }

    func tunnelMoves() {
        if webSocket?.isConcluding != true { connection?.setDeadline(seconds: tunnelSeconds) }
    }

    /// From the client.
    func sendThroughTunnel(_ bytes: UnsafeRawBufferPointer, to connection: UpstreamConnection) {
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

    private func holdClient(_ connection: UpstreamConnection) {
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
        dropConnection()
        end()
        order.exchange.finish()
    }

    /// The client has said all it will say.
    func clientEndsTunnel(_ connection: UpstreamConnection) {
        connection.finishSending()
        webSocket?.ended(.client)
        settleConclusion()
    }

    // MARK: Its end at a limit

    /// Both sides are told between two frames, and have a moment to answer (RFC 6455 §7.1.2).
    func concludeTunnel(_ exchange: Exchange) {
        guard phase == .tunnel, let told = webSocket?.conclude() else { return }
        if told.client { tellClient(exchange) }
        if told.server, phase == .tunnel, let connection { tellServer(connection) }
        settleConclusion()
    }

    private func tellClient(_ exchange: Exchange) {
        guard phase == .tunnel else { return }
        WebSocketClose.toClient.withUnsafeBytes { exchange.send($0) }
    }

    private func tellServer(_ connection: UpstreamConnection) {
        WebSocketClose.toServer(mask: UInt32(truncatingIfNeeded: proxy.random(1 << 32))).withUnsafeBytes { connection.send($0) }
        // What the client still says is not passed on any more: nothing holds it back.
        order?.exchange.resumeBody()
    }

    private func settleConclusion() {
        guard phase == .tunnel, let webSocket, webSocket.isConcluding else { return }
        if webSocket.isOver { return tunnelEnded() }
        if webSocket.isWaitingForAnswers, !isWaitingForAnswers {
            isWaitingForAnswers = true
            connection?.setDeadline(seconds: Self.answerSeconds)
        }
    }
}
