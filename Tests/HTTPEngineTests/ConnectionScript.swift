@testable import HTTPEngine

/// Everything one connection's input means, with the pieces of a body put together: what must not depend on how it was split.
struct ConnectionScript: Equatable {
    enum Step: Equatable {
        case request(ParsedHead)
        case body([UInt8])
        case end
        case refused(Refusal)
    }

    var steps: [Step] = []

    /// Feeds `bytes` to a machine up to each of `pieces`, and to the end; what is not consumed is kept, as a connection does.
    init(_ bytes: [UInt8], pieces: [Int] = [], limits: EngineLimits = EngineLimits()) {
        var machine = HTTP1Machine()
        var head = RequestHead()
        var at = 0
        var body: [UInt8] = []
        var isInBody = false
        func end() {
            if !body.isEmpty { steps.append(.body(body)) }
            body = []
            isInBody = false
            steps.append(.end)
        }
        for piece in pieces + [bytes.count] {
            while true {
                if isInBody, machine.endsWithoutInput() {
                    end()
                    continue
                }
                let copy = OwnedBytes(bytes[at..<piece])
                let event = machine.next(copy.base, count: copy.count, limits: limits, into: &head)
                if case .needsMore(let consumed) = event {
                    precondition(consumed <= copy.count, "consumes what there is")
                    at += consumed
                    break
                }
                switch event {
                case .needsMore: break
                case .request(let length):
                    precondition(length <= copy.count && head.liesWithin(length), "spans lie in the head")
                    steps.append(.request(ParsedHead(head, copy.base)))
                    isInBody = head.framing != .none
                    at += length
                case .body(let offset, let count):
                    precondition(offset + count <= copy.count, "a body lies in the bytes")
                    body += (offset..<(offset + count)).map { copy.base[$0] }
                    at += offset + count
                case .end(let consumed):
                    at += consumed
                    end()
                case .refused(let refusal):
                    if !body.isEmpty { steps.append(.body(body)) }
                    steps.append(.refused(refusal))
                    return
                }
            }
        }
        if !body.isEmpty { steps.append(.body(body)) }
    }
}

extension RequestHead {
    /// Whether every span lies in the head's `count` bytes.
    func liesWithin(_ count: Int) -> Bool {
        let spans = [methodName, target, authority, fields] + KnownField.allCases.compactMap { self[$0] }
        return spans.allSatisfy { Int($0.start) + Int($0.count) <= count }
    }
}
