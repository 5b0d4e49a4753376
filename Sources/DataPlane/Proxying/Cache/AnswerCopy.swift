import Caching

/// Keeps an answer that is passed on, piece by piece. What does not come to its end is not kept. Belongs to one event loop.
final class AnswerCopy {
    private let cache: SharedCache
    private var writing: CacheWriting?

    init(_ cache: SharedCache, _ writing: CacheWriting) { (self.cache, self.writing) = (cache, writing) }

    /// Comes before the same bytes go to the client: whoever has seen the last of them finds the whole.
    func took(_ body: UnsafeRawBufferPointer, isLast: Bool) {
        do { try writing?.append(body) } catch { writing = nil }
        if isLast { ended() }
    }

    func ended() {
        guard let writing else { return }
        self.writing = nil
        // What a full disk refuses is not kept; the answer goes on.
        _ = try? cache.finish(writing)
    }
}
