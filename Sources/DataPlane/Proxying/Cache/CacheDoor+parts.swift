import Caching
import HTTPEngine
import Model
import Snapshots

// Parts of what is not stored as a whole (RFC 9111 §3.3, §3.4). They stand beside the whole, under a key of their own.
extension CacheDoor {
    /// Longer wholes are not put together: that is done in memory.
    static let longestJoined = 4 << 20

    func answerPart(_ order: PassageOrder, _ ask: CacheAsk) {
        // What proves a name is the whole alone.
        guard claim(ask) == nil else { return pass(order, ask, .partial) }
        let part = usablePart(ask)
        if let part, let place = part.place {
            switch Selection(ask.fields, of: part.stored.response, size: place.size, now: now) {
            case .notModified, .failed: return sendHit(part, to: order, ask)
            case .part(let range) where range.clamped(to: place.range) == range: return sendHit(part, to: order, ask)
            case .parts(let ranges) where ranges.allSatisfy({ $0.clamped(to: place.range) == $0 }): return sendHit(part, to: order, ask)
            case .part, .parts, .whole, .unsatisfiable: break
            }
        }
        let why: CacheStatus.Forward = part == nil ? .uriMiss : .partial
        // A condition about something that is not here is the server's to look at.
        if ask.fields.lines.contains(where: { Self.conditions.contains($0.name) }) { return pass(order, ask, why) }
        order.exchange.suspend()
        let wanted = FieldLines(ask.fields.lines.filter { $0.name == "range" || $0.name == "if-range" })
        let fetch = CacheFetch(self, ask, order, stored: nil, conditions: wanted, ifError: false, why: why)
        fetch.aim = .part
        fetch.begin(isLead: false)
    }

    private static let conditions = CachePlan.ownConditions.subtracting(["range", "if-range"])

    /// Asks for the whole, or for the rest of it where its beginning is here.
    func whatIsMissing(_ order: PassageOrder, _ ask: CacheAsk, _ why: CacheStatus.Forward) -> CacheFetch {
        guard claim(ask) == nil, let part = usablePart(ask), let place = part.place, place.range.lowerBound == 0,
            place.size <= Self.longestJoined, let tag = JoinedPart.strongTag(part.stored.response)
        else { return CacheFetch(self, ask, order, stored: nil, conditions: FieldLines(), ifError: false, why: why) }
        let rest = FieldLines([.init("range", Array("bytes=\(place.range.upperBound)-".utf8)), .init("if-range", tag)])
        let fetch = CacheFetch(self, ask, order, stored: nil, conditions: rest, ifError: false, why: .partial)
        fetch.aim = .rest(of: part)
        return fetch
    }

    private func usablePart(_ ask: CacheAsk) -> CachedObject? {
        guard let part = node.cache.find(ask.key.ofParts, request: ask.fields) else { return nil }
        let reuse = Reuse(
            part.stored.response, request: Directives(ask.fields.members("cache-control")),
            obeying: ask.policy.obeysRequests ? .requests : .none, isMarkedStale: part.isMarkedStale, now: now)
        return reuse == .fresh ? part : nil
    }
}
