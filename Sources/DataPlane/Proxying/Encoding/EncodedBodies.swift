import Caching
import Compression
import HTTPEngine
import Model
import Snapshots

/// Bodies of stored responses in other codings: made once, and kept beside them in the cache by the digest of what they were made of.
/// State belongs to one event loop.
///
/// What is stored is what the origin sent, once, held against its name and validated as such. An encoded body is nothing but a shorter way
/// to send it: it has no fields and no lifetime of its own, nobody finds it but through the response whose bytes it encodes, and eviction
/// may take it alone. So a `304`, a purge and the guard need not know of it.
///
/// ```
///  asked for ─┬─ kept: sent
///             ├─ up to 128 KB: made while the client waits (2 ms), kept, sent
///             └─ larger: sent as it is; made in slices between other work, kept, sent from then on
/// ```
final class EncodedBodies {
    /// Bytes that are encoded in one go: a loop has other clients.
    private static let slice = 128 << 10
    /// Larger ones go as they are.
    static let longest = 16 << 20
    /// How many are made side by side at most.
    private static let workLimit = 16

    private let cache: SharedCache
    private let loop: LoopContext
    let stock: EncoderStock
    private var works: [Work] = []
    /// Bytes that have been made on their way to clients, and are to be kept when they are whole.
    private(set) var collected = 0
    /// Of those at most: with more under way, what was made of the rest is made again when it is asked for.
    static let mostCollected = 32 << 20

    private struct Work {
        let object: CachedObject
        let key: CacheKey
        var encoder: AnswerEncoder
        var at = 0
        var bytes: [UInt8] = []
    }

    init(_ cache: SharedCache, _ loop: LoopContext, _ stock: EncoderStock) {
        (self.cache, self.loop, self.stock) = (cache, loop, stock)
    }

    /// - Returns: nil where it is not to be had, or not yet.
    func body(of object: CachedObject, in coding: Coding, _ policy: CompressionPolicy) -> HTTPEngine.Body? {
        let key = CacheKey(encoded: coding.token, of: object.bodyDigest)
        if let kept = cache.find(key, request: FieldLines()) { return kept.wholeBody }
        guard object.bodyCount <= Self.longest, works.count < Self.workLimit, !works.contains(where: { $0.key == key }),
            let encoder = stock.take(coding, policy, isLasting: false)
        else { return nil }
        var work = Work(object: object, key: key, encoder: encoder)
        if object.bodyCount > Self.slice {
            works.append(work)
            wake()
            return nil
        }
        defer { stock.put(work.encoder.encoder) }
        guard encodeSlice(&work) else { return nil }
        return keep(work.bytes, under: key, beside: object)
    }

    /// - Returns: whether so many bytes more may be held back for keeping; who may gives them up with `forgets`.
    func mayCollect(_ count: Int) -> Bool {
        guard collected + count <= Self.mostCollected else { return false }
        collected += count
        return true
    }

    func forgets(_ count: Int) { collected -= count }

    /// What has been encoded on the way to a client serves others too.
    func keep(_ bytes: [UInt8], in coding: Coding, beside object: CachedObject) {
        _ = keep(bytes, under: CacheKey(encoded: coding.token, of: object.bodyDigest), beside: object)
    }

    /// - Returns: the bytes as a body: what cannot be kept can be sent all the same.
    private func keep(_ bytes: [UInt8], under key: CacheKey, beside object: CachedObject) -> HTTPEngine.Body {
        let now = cache.stamp(loop.clock.now)
        let response = OriginResponse(status: 200, fields: FieldLines(), requestedAt: now, receivedAt: now)
        do throws(CacheFault) {
            guard let writing = try cache.write(key, response, request: FieldLines(), tags: object.stored.tags, now: now) else {
                return .bytes(bytes)
            }
            let written: Result<Void, CacheFault> = bytes.withUnsafeBytes { raw in
                do throws(CacheFault) { return .success(try writing.append(raw)) } catch { return .failure(error) }
            }
            try written.get()
            return try cache.finish(writing).wholeBody
        } catch {
            return .bytes(bytes)
        }
    }

    /// Goes on with the one that has waited longest.
    func turn() {
        guard !works.isEmpty else { return }
        var work = works.removeFirst()
        if encodeSlice(&work) {
            if work.at < work.object.bodyCount {
                works.append(work)
            } else {
                stock.put(work.encoder.encoder)
                _ = keep(work.bytes, under: work.key, beside: work.object)
            }
        } else {
            stock.put(work.encoder.encoder)
        }
        if !works.isEmpty { wake() }
    }

    private func wake() { loop.mailbox?.post { $0.handler.turn($0) } }

    /// - Returns: false where it cannot go on.
    private func encodeSlice(_ work: inout Work) -> Bool {
        let end = min(work.at + Self.slice, work.object.bodyCount)
        guard let plain = work.object.bytes(work.at..<end) else { return false }
        let isLast = end == work.object.bodyCount
        let made: Result<[UInt8], CodecError> = plain.withUnsafeBytes { raw in
            do throws(CodecError) { return .success(Array(try work.encoder.take(raw, isLast: isLast))) } catch { return .failure(error) }
        }
        guard case .success(let bytes) = made else { return false }
        work.bytes += bytes
        work.at = end
        return true
    }
}
