import HTTPEngine

/// One question over a connection of HTTP/2 of its own, whose status is all that is wanted. State belongs to one event loop.
final class HTTP2Question {
    enum Outcome {
        case waiting
        case answered(UInt16)
        case failed
    }

    private let loop: LoopContext
    private var machine: HTTP2ClientMachine
    private var input = InputBuffer()

    init(_ loop: LoopContext, isSecure: Bool) {
        self.loop = loop
        machine = HTTP2ClientMachine(limits: loop.limits, isSecure: isSecure, now: loop.clock.monotonic / 1000)
    }

    /// - Parameter head: of HTTP/1.1.
    func ask(_ head: UnsafeRawBufferPointer) { _ = machine.open(head, isHead: false, hasBody: false) }

    /// - Returns: whether all that there was to send went: a few frames always fit a fresh socket.
    func send(over socket: OutgoingSocket) -> Bool {
        let count = machine.output.count
        if count == 0 { return true }
        let sent = socket.send(UnsafeRawBufferPointer(start: machine.output.base, count: count))
        machine.output.removeAll()
        return sent == count
    }

    func received(_ base: UnsafePointer<UInt8>, _ count: Int) -> Outcome {
        input.append(base, count)
        var consumed = 0
        while !input.isEmpty {
            let event = machine.next(input.base, count: input.count, now: loop.clock.monotonic / 1000, consumed: &consumed)
            let outcome: Outcome =
                switch event {
                case .head: .answered(machine.head.status)
                case .broken, .unprocessed, .failed: .failed
                default: .waiting
                }
            if case .waiting = outcome {} else { return outcome }
            if case .needsMore = event { return .waiting }
            input.removeFirst(consumed)
        }
        return .waiting
    }
}
