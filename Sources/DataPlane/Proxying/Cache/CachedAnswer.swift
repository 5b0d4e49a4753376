import Caching
import HTTPEngine
import Model
import Snapshots

/// The answer that a client gets from what is stored.
struct CachedAnswer {
    let object: CachedObject
    let ask: CacheAsk
    let order: PassageOrder
    let bodies: EncodedBodies
    let status: CacheStatus
    let now: Timestamp

    /// Comes with what was sent where it is encoded.
    var response: (Response, EncodedCount?) {
        let stored = object.stored.response
        let place = object.place
        let size = place?.size ?? object.bodyCount
        let start = place?.range.lowerBound ?? 0
        switch Selection(ask.fields, isHead: ask.method == "HEAD", of: stored, size: size, now: now) {
        case .whole:
            let whole = WholeAnswer(object, order, bodies)
            return (make(UInt16(stored.status), whole.head, whole.body, whole.body.count), whole.encoded)
        case .notModified:
            return (make(304, WholeAnswer.notModified(object, order, bodies.stock, without: Self.ofContent), .empty, nil), nil)
        case .failed: return (make(412, CachedHead(object, order, lines: []), .empty, nil), nil)
        case .part(let range):
            var head = CachedHead(object, order, without: ["content-range"])
            if WholeAnswer.varies(object, order, bodies.stock) { head.change { $0.varying() } }
            head.add("Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)\r\n")
            return (make(206, head, object.body(range.lowerBound - start..<range.upperBound - start), range.count), nil)
        case .parts(let ranges): return (several(ranges, of: size, from: start), nil)
        case .unsatisfiable:
            return (make(416, CachedHead(object, order, lines: Array("Content-Range: bytes */\(size)\r\n".utf8)), .empty, nil), nil)
        }
    }

    /// As `multipart/byteranges` (RFC 9110 §14.6).
    private func several(_ ranges: [Range<Int>], of size: Int, from start: Int) -> Response {
        // The boundary must not stand in the body: a digest of it cannot be placed there on purpose.
        let boundary = object.bodyDigest.hex.prefix(40)
        let type = object.stored.response.fields.single("content-type").map { "Content-Type: \(String(decoding: $0, as: UTF8.self))\r\n" }
        var pieces: [Body] = []
        for range in ranges {
            let place = ContentRange(range, of: size).text
            pieces.append(.bytes(Array("\r\n--\(boundary)\r\n\(type ?? "")Content-Range: \(place)\r\n\r\n".utf8)))
            pieces.append(object.body(range.lowerBound - start..<range.upperBound - start))
        }
        pieces.append(.bytes(Array("\r\n--\(boundary)--\r\n".utf8)))
        var head = CachedHead(object, order, without: ["content-range", "content-type"])
        if WholeAnswer.varies(object, order, bodies.stock) { head.change { $0.varying() } }
        head.add("Content-Type: multipart/byteranges; boundary=\(boundary)\r\n")
        return make(206, head, .parts(pieces), nil)
    }

    /// With how long it is still fresh.
    var said: CacheStatus {
        var said = status
        said.remaining = object.remaining(now: now)
        return said
    }

    private func make(_ code: UInt16, _ head: CachedHead, _ body: Body, _ declared: Int?) -> Response {
        let isHead = order.exchange.head.method == .head
        return Response(
            status: code, fields: head.fields(said.about(Int(code)), now: now), body: isHead ? .empty : body,
            declaredLength: isHead ? declared : nil,
            date: object.stored.response.date.milliseconds / 1000)
    }

    /// What a `304` says nothing of (RFC 9110 §15.4.5): the client has it.
    private static let ofContent: Set<String> = ["content-type", "content-encoding", "content-language", "content-range"]
}

extension CachedObject {
    /// How long it is still fresh; negative: it is stale.
    func remaining(now: Timestamp) -> Duration {
        let remaining = stored.response.lifetime.duration - stored.response.age(at: now)
        return isMarkedStale ? min(.zero, remaining) : remaining
    }

    var wholeBody: HTTPEngine.Body { body(0..<bodyCount) }

    func body(_ range: Range<Int>) -> HTTPEngine.Body {
        switch body {
        case .memory(let bytes): range.count == bytes.count ? .bytes(bytes) : .bytes(Array(bytes[range]))
        case .file(let file, let place): .file(file, place.lowerBound + range.lowerBound..<place.lowerBound + range.upperBound)
        }
    }
}
