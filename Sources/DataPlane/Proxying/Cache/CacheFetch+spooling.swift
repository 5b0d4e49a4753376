import Caching
import HTTPEngine
import Model

/// A body that is whole, on its way to a client that takes it at its own pace.
struct RelayedBody {
    let bytes: [UInt8]
    var sent = 0
    /// Whether a piece is being sent: a client that takes it at once asks for the next in the middle of that.
    var isSending = false

    /// At most so much at once.
    private static let piece = 64 << 10

    var next: Range<Int> { sent..<min(sent + Self.piece, bytes.count) }
}

// Bodies that are held whole. All of a node's together take no more than its room for them, from the first byte until the last one has gone
// to a client: else a few hundred requests for names that claim something, and a server or clients that are slow, would take all memory.
extension CacheFetch {
    /// - Returns: whether there was room for it; it is held all the same.
    func holds(_ body: UnsafeRawBufferPointer) -> Bool {
        let free = max(Self.freeSpool - spool.count, 0)
        spool.append(contentsOf: body)
        if body.count <= free { return true }
        let share = share ?? RoomShare(of: door.node.spoolRoom)
        self.share = share
        return share.take(body.count - free)
    }

    /// Answers with a long body that nobody keeps. The fetch, and with it the room that it takes, stays until the client has it.
    func relay(_ response: Response, _ body: [UInt8]) {
        let date = HTTPEngine.HTTPDate.text(secondsSince1970: response.date ?? door.now.milliseconds / 1000)
        let lines = Array("Date: \(date)\r\n".utf8) + response.fields.bytes
        relayed = RelayedBody(bytes: body)
        order.exchange.source = self
        lines.withUnsafeBufferPointer { lines in
            order.exchange.begin(
                StreamedHead(
                    status: response.status, reason: UnsafeBufferPointer(start: nil, count: 0), lines: lines,
                    framing: .length(UInt64(body.count))))
        }
        relayMore()
    }

    func relayMore() {
        if relayed?.isSending == true { return }
        while let body = relayed, !order.exchange.isCongested {
            let next = body.next
            let isLast = next.upperBound == body.bytes.count
            if isLast {
                relayed = nil
                release()
            } else {
                relayed?.sent = next.upperBound
                relayed?.isSending = true
            }
            body.bytes.withUnsafeBytes { order.exchange.send(UnsafeRawBufferPointer(rebasing: $0[next]), isLast: isLast) }
            relayed?.isSending = false
        }
    }
}
