import Glibc
import HTTPEngine
import Snapshots

// The request's way to a server.
extension Passage {
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

    func endRequest(_ connection: any UpstreamCarrier) {
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
}
