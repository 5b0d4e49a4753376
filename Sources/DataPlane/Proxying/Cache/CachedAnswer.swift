import Caching
import HTTPEngine
import Model
import Snapshots

/// The answer that a client gets from what is stored.
struct CachedAnswer {
    let object: CachedObject
    let ask: CacheAsk
    let order: PassageOrder
    let status: CacheStatus
    let now: Timestamp

    var response: Response {
        let stored = object.stored.response
        let size = object.bodyCount
        switch Selection(ask.fields, of: stored, size: size, now: now) {
        case .whole: return make(UInt16(stored.status), lines(), body(0..<size), size)
        case .notModified: return make(304, lines(without: Self.ofContent), .empty, nil)
        case .failed: return make(412, [], .empty, nil)
        case .part(let range):
            let place = Array("Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)\r\n".utf8)
            return make(206, lines() + place, body(range), range.count)
        case .unsatisfiable: return make(416, Array("Content-Range: bytes */\(size)\r\n".utf8), .empty, nil)
        }
    }

    private func make(_ status: UInt16, _ lines: [UInt8], _ body: Body, _ declared: Int?) -> Response {
        var fields = HTTPEngine.FieldLines()
        fields.add(lines: lines)
        let age = object.stored.response.age(at: now)
        fields.add("Age", String(max(age.components.seconds, 0)))
        fields.add(lines: order.responseLines)
        fields.add("Via", "1.1 tandem")
        var said = self.status
        let remaining = object.stored.response.lifetime.duration - age
        said.remaining = object.isMarkedStale ? min(.zero, remaining) : remaining
        fields.add("Cache-Status", said.text)
        let isHead = order.exchange.head.method == .head
        return Response(
            status: status, fields: fields, body: isHead ? .empty : body, declaredLength: isHead ? declared : nil,
            date: object.stored.response.date.milliseconds / 1000)
    }

    private func body(_ range: Range<Int>) -> Body {
        switch object.body {
        case .memory(let bytes): range.count == bytes.count ? .bytes(bytes) : .bytes(Array(bytes[range]))
        case .file(let file, let place): .file(file, place.lowerBound + range.lowerBound..<place.lowerBound + range.upperBound)
        }
    }

    /// What a `304` says nothing of (RFC 9110 §15.4.5): the client has it.
    private static let ofContent: Set<String> = ["content-type", "content-encoding", "content-language", "content-range"]
    /// Said anew with each answer.
    private static let ownFields: Set<String> = ["date", "age", "content-length", "cache-status"]

    private func lines(without others: Set<String> = []) -> [UInt8] {
        let replaced = order.replacedFields.map { String(decoding: $0, as: UTF8.self) }
        return object.stored.response.fields.without(order.policy.response).wire(without: Self.ownFields.union(others).union(replaced))
    }
}
