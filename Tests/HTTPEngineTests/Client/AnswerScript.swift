@testable import HTTPEngine

/// What a client machine makes of bytes that come in pieces: splitting must never change it.
struct AnswerScript: Equatable {
    enum Step: Equatable {
        case interim(UInt16)
        case head(UInt16, UpstreamHead.Framing, lines: String, keepsAlive: Bool)
        case body([UInt8])
        case end(reusable: Bool, trailers: String)
        case upgraded
        case failed(UpstreamFault)
    }

    private(set) var steps: [Step] = []
    /// Bytes behind the answer.
    private(set) var excess = 0

    /// - Parameter pieces: where the bytes are cut.
    init(
        _ bytes: [UInt8], pieces: [Int] = [], isHead: Bool = false, mayUpgrade: Bool = false, limits: EngineLimits = EngineLimits()
    ) {
        var machine = HTTP1ClientMachine()
        var head = UpstreamHead()
        var waiting: [UInt8] = []
        machine.begin(isHead: isHead, mayUpgrade: mayUpgrade)
        let ends = Set(pieces.filter { $0 > 0 && $0 < bytes.count } + [bytes.count]).sorted()
        var start = 0
        var isOver = false
        for end in ends {
            waiting += bytes[start..<end]
            start = end
            while !isOver {
                // Their own memory: what is read beyond it shows under a sanitizer.
                let copy = OwnedBytes(waiting)
                let event = machine.next(UnsafePointer(copy.base), count: waiting.count, limits: limits, into: &head)
                if take(event, copy, head, machine, &waiting, &isOver) { break }
            }
        }
        if case .failed? = steps.last { return }
        excess = waiting.count
        if isOver { return }
        switch machine.endOfInput() {
        case .end: steps.append(.end(reusable: machine.isReusable, trailers: ""))
        case .failed(let fault):
            steps.append(.failed(fault))
            excess = 0
        default: break
        }
    }

    /// The same without the words for what was wrong: a head that never ends is looked at again only when it does.
    var withoutFaults: AnswerScript {
        var script = self
        script.steps = steps.map { if case .failed = $0 { .failed(.truncated) } else { $0 } }
        return script
    }

    init(_ text: String, pieces: [Int] = [], isHead: Bool = false, mayUpgrade: Bool = false) {
        self.init(Array(text.utf8), pieces: pieces, isHead: isHead, mayUpgrade: mayUpgrade)
    }

    /// - Returns: whether more bytes are needed.
    private mutating func take(
        _ event: HTTP1ClientMachine.Event, _ copy: OwnedBytes, _ head: UpstreamHead, _ machine: HTTP1ClientMachine,
        _ waiting: inout [UInt8], _ isOver: inout Bool
    ) -> Bool {
        switch event {
        case .needsMore(let consumed):
            waiting.removeFirst(consumed)
            return true
        case .interim(let length):
            steps.append(.interim(head.status))
            waiting.removeFirst(length)
        case .head(let length):
            var lines = [UInt8](repeating: 0, count: Int(head.fields.count))
            let count = lines.withUnsafeMutableBufferPointer { head.copyEndToEnd(from: copy.base, to: $0.baseAddress ?? copy.base) }
            let text = String(decoding: lines.prefix(count), as: UTF8.self)
            steps.append(.head(head.status, head.framing, lines: text, keepsAlive: head.keepsAlive))
            waiting.removeFirst(length)
        case .body(let offset, let count):
            let bytes = Array(UnsafeBufferPointer(start: copy.base + offset, count: count))
            if case .body(let before)? = steps.last { steps[steps.count - 1] = .body(before + bytes) } else { steps.append(.body(bytes)) }
            waiting.removeFirst(offset + count)
        case .end(let consumed):
            waiting.removeFirst(consumed)
            steps.append(.end(reusable: machine.isReusable, trailers: String(decoding: machine.trailers, as: UTF8.self)))
            isOver = true
        case .upgraded(let length):
            waiting.removeFirst(length)
            steps.append(.upgraded)
            isOver = true
        case .failed(let fault):
            steps.append(.failed(fault))
            waiting = []
            isOver = true
        }
        return isOver
    }
}
