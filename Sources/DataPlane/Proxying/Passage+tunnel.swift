import HTTPEngine
import Snapshots

// After `101` both sides speak another protocol (RFC 9110 §7.8): bytes are passed as they come, both ways.
extension Passage {
    func upgraded(_ head: UpstreamHead, _ base: UnsafePointer<UInt8>, rest: UnsafeRawBufferPointer) {
        guard let order, let connection, phase == .waiting else { return }
        phase = .tunnel
        noteStatus(101)
        let exchange = order.exchange
        let block = proxy.block
        AnswerLines(head: head, base: base, order: order, clock: proxy.loop.clock).write(into: block)
        block.add("Connection: Upgrade\r\nUpgrade: ")
        if let upgrade = head.upgrade { block.add(upgrade.bytes(from: base)) }
        block.add("\r\n")
        let lines = UnsafeBufferPointer(start: block.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count: block.count)
        connection.setDeadline(seconds: tunnelSeconds)
        exchange.beginTunnel(
            StreamedHead(status: 101, reason: head.reason.bytes(from: base), lines: lines, framing: .unknown), reader: self)
        if !rest.isEmpty { tunnelReceived(rest) }
    }

    /// How long both sides may be silent.
    var tunnelSeconds: Int64 { pool?.policy.limits.tunnelSeconds ?? 0 }

    func tunnelReceived(_ bytes: UnsafeRawBufferPointer) {
        guard let order, phase == .tunnel else { return }
        connection?.setDeadline(seconds: tunnelSeconds)
        count(bytes.count)
        order.exchange.send(bytes)
        if phase == .tunnel, order.exchange.isCongested { connection?.setReading(false) }
    }

    /// The server has said all it will say; the client hears that as the end of its connection.
    func tunnelEnded() {
        guard let order, phase == .tunnel else { return }
        dropConnection()
        end()
        order.exchange.finish()
    }
}
