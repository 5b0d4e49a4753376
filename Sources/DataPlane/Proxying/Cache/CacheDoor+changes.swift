import Caching
import HTTPEngine
import Model
import Snapshots

// What an answer that passes the cache by says of what is stored.
extension CacheDoor {
    /// - Parameter stored: what a request for the same would have been answered with.
    /// - Returns: what hears of the answer's head, and gives what takes a copy of it; nil: it says nothing.
    func whatItChanges(_ ask: CacheAsk, _ stored: CachedObject?) -> ((UpstreamHead, UnsafePointer<UInt8>) -> AnswerCopy?)? {
        let requestedAt = now
        if !Invalidation.isSafe(ask.method) {
            let askedAt = node.cache.stamp(requestedAt)
            return { [weak self] head, base in
                guard let self else { return nil }
                let (status, fields) = (Int(head.status), Caching.FieldLines(head, base))
                // A stream of events ends when its time is over, and not where it is whole.
                let posted =
                    head.isEventStream ? nil : whatIsPosted(ask, status: status, fields, requestedAt: requestedAt, askedAt: askedAt)
                invalidate(ask, Invalidation(ask.method, origin: ask.origin, target: ask.visible, status: status, fields: fields))
                return posted.flatMap { copy(of: $0, ask) }
            }
        }
        guard ask.method == "HEAD", let stored, claim(ask) == nil else { return nil }
        let askedAt = node.cache.stamp(requestedAt)
        return { [weak self] head, base in
            guard let self, head.status == 200 else { return nil }
            let fields = Caching.FieldLines(head, base)
            guard Freshening.isConfirmed(stored.stored.response.fields, size: stored.bodyCount, byHead: fields) else {
                node.cache.markStale(stored)
                return nil
            }
            let answer = OriginResponse(
                status: 200, fields: fields, requestedAt: requestedAt, receivedAt: now, defaultLifetime: ask.policy.defaultLifetime)
            _ = node.cache.renew(stored, by: answer, at: askedAt)
            return nil
        }
    }

    /// What cannot be written to the log holds here all the same.
    private func invalidate(_ ask: CacheAsk, _ change: Invalidation) {
        for target in change.targets {
            let plain = CacheKey(origin: change.origin, target: target)
            let keys = [plain, CacheKey(origin: change.origin, target: target, release: ask.qualifier)]
            // What is on its way was asked for before the change.
            if keys.contains(where: { node.cache.hasAny($0) || node.isFetching($0) }) {
                try? node.cache.purge(Purge(.url(plain.text), at: now))
            }
        }
        for group in change.groups { try? node.cache.purge(Purge(.group(CacheTags.group(group, of: change.origin)), at: now)) }
    }
}

extension Caching.FieldLines {
    init(_ head: UpstreamHead, _ base: UnsafePointer<UInt8>) {
        var lines: [Line] = []
        head.forEachField(in: base) { name, value in
            lines.append(Line(String(decoding: name.bytes(from: base), as: UTF8.self), Array(value.bytes(from: base))))
        }
        self.init(lines)
    }
}
