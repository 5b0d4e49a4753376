import Testing

/// One thing that RFC 9113, RFC 7541 or RFC 8441 demands of a server: what a client sends, and what must come of it.
struct Requirement: Sendable, CustomTestStringConvertible {
    enum Outcome: Sendable {
        /// GOAWAY with one of these codes, and the end of the connection (RFC 9113 §5.4.1).
        case connection([ErrorCode])
        /// RST_STREAM with one of these codes, and a connection that goes on (RFC 9113 §5.4.2).
        case stream(UInt32, [ErrorCode])
        /// One of the two, where the RFC leaves it open.
        case either(UInt32, [ErrorCode])
        /// The stream is answered with this status, to its end.
        case answer(UInt32, Int)
        /// Nothing but what a connection has anyway, and it goes on.
        case nothing
        /// What the closure finds wrong; nil: nothing.
        case check(@Sendable (Peer) -> String?)

        static func connectionError(_ codes: ErrorCode...) -> Self { .connection(codes) }
        static func streamError(_ stream: UInt32, _ codes: ErrorCode...) -> Self { .stream(stream, codes) }
        static func eitherError(_ stream: UInt32, _ codes: ErrorCode...) -> Self { .either(stream, codes) }
    }

    var section: String
    var words: String
    /// Whether both prefaces are out of the way first.
    var isGreeted = true
    var sends: [UInt8]
    var outcome: Outcome

    init(_ section: String, _ words: String, greeted isGreeted: Bool = true, _ sends: [UInt8], _ outcome: Outcome) {
        self.section = section
        self.words = words
        self.isGreeted = isGreeted
        self.sends = sends
        self.outcome = outcome
    }

    var testDescription: String { "§\(section) \(words)" }

    /// - Returns: what is wrong; nil: nothing.
    func fault(_ peer: Peer) -> String? {
        if isGreeted { peer.greet() }
        peer.send(sends)
        switch outcome {
        case .connection(let codes): return connectionFault(peer, codes)
        case .stream(let stream, let codes): return streamFault(peer, stream, codes)
        case .either(let stream, let codes):
            peer.read { $0.kind == .goAway || ($0.kind == .reset && $0.stream == stream) }
            let isStream = peer.frames.contains { $0.kind == .reset && $0.stream == stream }
            return isStream ? streamFault(peer, stream, codes) : connectionFault(peer, codes)
        case .answer(let stream, let status): return answerFault(peer, stream, status)
        case .nothing:
            peer.readAll()
            let more = peer.frames.filter { $0.kind != .ping && $0.kind != .settings && $0.kind != .windowUpdate }
            return more.isEmpty ? Self.aliveFault(peer) : "the server sent \(more)"
        case .check(let check): return check(peer)
        }
    }

    private func connectionFault(_ peer: Peer, _ codes: [ErrorCode]) -> String? {
        peer.readToEnd()
        guard let last = peer.frames.last(where: { $0.kind == .goAway }) else { return "no GOAWAY, but \(peer.frames)" }
        guard let code = ErrorCode(rawValue: last.number(4)), codes.contains(code) else {
            return "GOAWAY with \(last.number(4)), not \(codes)"
        }
        return peer.isOver ? nil : "the connection goes on"
    }

    private func streamFault(_ peer: Peer, _ stream: UInt32, _ codes: [ErrorCode]) -> String? {
        guard let reset = peer.read(until: { $0.kind == .reset && $0.stream == stream }) else { return "no RST_STREAM, but \(peer.frames)" }
        guard let code = ErrorCode(rawValue: reset.number()), codes.contains(code) else {
            return "RST_STREAM with \(reset.number()), not \(codes)"
        }
        return Self.aliveFault(peer)
    }

    private func answerFault(_ peer: Peer, _ stream: UInt32, _ status: Int) -> String? {
        guard let head = peer.read(until: { $0.kind == .headers && $0.stream == stream && $0.status != 100 }) else {
            return "no answer, but \(peer.frames)"
        }
        if head.status != status { return "status \(head.status.map(String.init) ?? "-"), not \(status)" }
        let end = peer.read { $0.stream == stream && $0.endsStream && ($0.kind == .headers || $0.kind == .data) }
        return end == nil ? "the answer has no end" : nil
    }

    /// A stream far above all others is answered.
    static func aliveFault(_ peer: Peer) -> String? {
        peer.send(Wire.get(0x7fff_fff1))
        let head = peer.read { $0.stream == 0x7fff_fff1 && $0.kind == .headers }
        return head?.status == 200 ? nil : "the connection does not go on: \(peer.frames)"
    }
}
