import Caching
import HTTPEngine
import Model
import Snapshots

/// A stored response as an answer that is made once a second and sent many times, to requests that say nothing which could ask for another.
/// State belongs to one event loop.
///
/// While neither the second nor the cache's version have moved it is the answer. When one has, `renewed` looks whether it still is.
package final class PreparedHit {
    /// Larger bodies in memory are not copied behind a head: one block for each loop and second would cost more than it spares.
    private static let longestBody = 64 << 10
    /// What selects another part or status of what is stored, or has nothing to do with it.
    private static let conditions =
        KnownField.ifNoneMatch.bit | KnownField.ifMatch.bit | KnownField.ifModifiedSince.bit | KnownField.ifUnmodifiedSince.bit
        | KnownField.range.bit | KnownField.upgrade.bit

    private let cache: SharedCache
    private let head: CachedHead
    private let body: HTTPEngine.Body
    /// For logs.
    package let encoded: EncodedCount?
    /// Fields that a request must not have.
    private let excluded: UInt32
    /// What it must say in `Accept-Encoding`; nil: anything.
    private let acceptEncoding: [UInt8]?
    private let isSecure: Bool
    private var second: Int64
    private var version: Int

    /// - Parameters:
    ///   - version: of the cache, from before the object was found.
    /// - Returns: nil where more of a request decides than is looked at here.
    init?(
        _ object: CachedObject, _ ask: CacheAsk, _ order: PassageOrder, _ bodies: EncodedBodies, _ cache: SharedCache, version: Int,
        _ clock: LoopClock
    ) {
        let exchange = order.exchange
        guard order.mayRepeat, exchange.head.method == .get, exchange.head.present & Self.conditions == 0, !ask.policy.obeysRequests,
            // What a trusted proxy says is in the key, and not looked at here.
            order.policy.trusted.isEmpty,
            let bypassed = ask.policy.bypassedFields
        else { return nil }
        let whole = WholeAnswer(object, order, bodies)
        if !whole.isSettled { return nil }
        if case .bytes(let bytes) = whole.body, bytes.count > Self.longestBody { return nil }
        switch object.stored.variant.values.keys.sorted() {
        case []: acceptEncoding = whole.isForAll ? nil : exchange.joined(.acceptEncoding)
        case ["accept-encoding"]: acceptEncoding = exchange.joined(.acceptEncoding)
        default: return nil
        }
        guard object.remaining(now: clock.now) > .zero else { return nil }
        excluded = Self.conditions | bypassed
        isSecure = exchange.isSecure
        second = clock.second
        encoded = whole.encoded
        (self.cache, head, body, self.version) = (cache, whole.head, whole.body, version)
    }

    /// The answer of this second.
    package func response(now: Timestamp) -> PreparedResponse {
        var status = CacheStatus()
        status.isHit = true
        status.remaining = head.object.remaining(now: now)
        let stored = head.object.stored.response
        return PreparedResponse(
            Response(
                status: UInt16(stored.status), fields: head.fields(status, now: now), body: body,
                date: stored.date.milliseconds / 1000))
    }

    /// Whether it answers this request, could it be right at all.
    @inline(__always)
    package func fits(_ exchange: Exchange) -> Bool {
        guard exchange.head.present & excluded == 0, exchange.head.framing == .none, exchange.isSecure == isSecure else { return false }
        guard let acceptEncoding else { return true }
        guard let said = exchange[.acceptEncoding] else { return acceptEncoding.isEmpty }
        return said.elementsEqual(acceptEncoding) && !exchange.head.isRepeated(.acceptEncoding)
    }

    /// Whether nothing has happened since it was made.
    @inline(__always)
    package func isCurrent(_ clock: borrowing LoopClock) -> Bool { second == clock.second && version == cache.version }

    /// - Returns: the answer from now on; nil: the object is not what a request gets any more, or not without a question.
    package func renewed(_ clock: LoopClock) -> PreparedResponse? {
        let version = cache.version
        guard cache.isStill(head.object), head.object.remaining(now: clock.now) > .zero else { return nil }
        (self.version, second) = (version, clock.second)
        return response(now: clock.now)
    }
}

extension CachePolicy {
    /// The fields whose presence may make a request one that passes the cache by; nil: more than presence, or more than is known of it.
    fileprivate var bypassedFields: UInt32? {
        var bits: UInt32 = 0
        for kind in bypass {
            switch kind {
            case .cookie: bits |= KnownField.cookie.bit
            case .header(let name):
                guard let known = KnownField.allCases.first(where: { $0.name.description == name }) else { return nil }
                bits |= known.bit
            }
        }
        return bits
    }
}
