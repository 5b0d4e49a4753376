import HTTPEngine

// Answers that go on until somebody ends them are ended when their generation's time is over (`processes.md`, Drain).
extension Passage {
    func conclude(_ exchange: Exchange, isHurried: Bool) {
        switch phase {
        case .tunnel: concludeTunnel(isHurried: isHurried)
        case .streaming: concludeEvents()
        case .over, .connecting, .waiting: break
        }
    }

    /// The head of a stream of events has come.
    func watchEvents(_ head: UpstreamHead, _ base: UnsafePointer<UInt8>, _ body: UnsafeRawBufferPointer) {
        var isEncoded = false
        head.forEachField(in: base) { name, _ in
            if name.bytes(from: base).elementsEqual("content-encoding".utf8, by: { $0 == $1 || $0 | 0x20 == $1 }) { isEncoded = true }
        }
        events = EventStreamEnd(isEncoded: isEncoded)
        _ = events?.take(body)
    }

    /// Ends it behind the last whole event; its client asks again, and elsewhere.
    private func concludeEvents() {
        events?.conclude()
        guard let events, events.isAtBoundary else { return }
        dropConnection()
        receiveEnd(trailers: [])
    }
}
