import Caching
import HTTPEngine
import Model
import Snapshots

// The answer to a POST that is for later requests, too (RFC 9110 §9.3.3). It goes to its client as any that passes; a copy is kept.
extension CacheDoor {
    /// Looked at before the request clears its own target.
    /// - Parameters:
    ///   - requestedAt: when it was asked for, and `askedAt`: the same by the cache's own clock.
    /// - Returns: what is to be kept; nil: nothing.
    func whatIsPosted(
        _ ask: CacheAsk, status: Int, _ fields: Caching.FieldLines, requestedAt: Timestamp, askedAt: Timestamp
    ) -> OriginResponse? {
        let answer = OriginResponse(status: status, fields: fields.forwarded, requestedAt: requestedAt, receivedAt: now)
        guard PostedAnswer.mayBeStored(answer, to: ask.storing, origin: ask.origin, target: ask.visible), !ask.overridesTarget,
            !ask.policy.bypasses(ask.fields), claim(ask) == nil,
            // Whoever purged meanwhile meant this one, too.
            !node.cache.isPurged(ask.key, tags: tags(of: answer, ask), askedAt: askedAt)
        else { return nil }
        return OriginResponse(
            status: status, fields: answer.fields.stored(answer.directives), requestedAt: requestedAt, receivedAt: answer.receivedAt)
    }

    func copy(of answer: OriginResponse, _ ask: CacheAsk) -> AnswerCopy? {
        let writing = try? node.cache.write(
            ask.key, answer, request: ask.fields, tags: tags(of: answer, ask), now: node.cache.stamp(now))
        return writing.map { AnswerCopy(node.cache, $0) }
    }

    private func tags(of answer: OriginResponse, _ ask: CacheAsk) -> [String] {
        CacheTags.of(answer.fields) + CacheTags.groups(answer.fields, of: ask.origin) + ask.policy.tags + [CacheTags.site(ask.policy.site)]
    }
}
