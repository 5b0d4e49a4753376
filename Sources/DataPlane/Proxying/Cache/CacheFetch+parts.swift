import Caching
import HTTPEngine
import Model
import Snapshots

// A part on its way into the cache (RFC 9111 §3.3), and what it makes with the part that is there (§3.4).
extension CacheFetch {
    /// - Parameter declared: bytes of the body that comes.
    /// - Returns: whether it is one that was asked for. Else it is looked at as any other answer.
    func beginPart(_ answer: OriginResponse, declared: UInt64?) -> Bool {
        switch aim {
        case .whole: return false
        case .part:
            var request = ask.storing
            request.wantsPart = true
            let count = ContentRange(answer.fields).map { UInt64($0.range.count) }
            let isWhole = declared == nil || declared == count
            isStorable = isWhole && Storing(answer, to: request) == .allowed
            beginStreaming(declared: declared)
        case .rest(let part):
            guard let joined = JoinedPart(part.stored.response, answer), joined.place.isWhole, joined.back.isEmpty else {
                askAgain()
                return true
            }
            mode = .joining
        }
        return true
    }

    /// The part is all there: it takes the place of the one before, or makes one with it.
    func endPart(_ writing: CacheWriting) {
        let cache = door.node.cache
        guard let answer, let place = ContentRange(answer.fields), sent == place.range.count else { return writing.abandon() }
        let older = place.isWhole ? nil : cache.find(ask.key.ofParts, request: ask.fields)
        guard let newer = try? cache.finish(writing), let older else { return }
        guard let joined = JoinedPart(older.stored.response, newer.stored.response), joined.place.range != newer.place?.range,
            joined.place.size <= CacheDoor.longestJoined, let front = older.bytes(joined.front),
            let middle = newer.bytes(0..<newer.bodyCount),
            let back = older.bytes(joined.back)
        else { return }
        _ = keep(joined.response, front + middle + back)
    }

    func endJoining() {
        guard case .rest(let part) = aim, let answer, let joined = JoinedPart(part.stored.response, answer),
            let front = part.bytes(joined.front), front.count + spool.count == joined.place.size
        else { return askAgain() }
        let body = front + spool
        if Storing(joined.response, to: ask.storing) == .allowed, let object = keep(joined.response, body) {
            status.isStored = true
            return finish(object)
        }
        land(.forNobody)
        guard hasClient else { return }
        release()
        respond(joined.response, body)
    }

    private func keep(_ response: OriginResponse, _ body: [UInt8]) -> CachedObject? {
        openWriting(response)
        body.withUnsafeBytes { store($0) }
        guard let writing else { return nil }
        self.writing = nil
        return try? door.node.cache.finish(writing)
    }
}
