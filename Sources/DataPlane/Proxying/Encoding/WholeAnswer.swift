import Caching
import HTTPEngine
import Model
import Snapshots

/// A stored response as a client gets it that asks for all of it: as it is stored, or encoded.
struct WholeAnswer {
    let head: CachedHead
    let body: HTTPEngine.Body
    let encoded: EncodedCount?
    /// Whether every client gets the same.
    let isForAll: Bool
    /// Whether the next one will get the same: not where it is still being encoded.
    let isSettled: Bool

    init(_ object: CachedObject, _ order: PassageOrder, _ bodies: EncodedBodies) {
        var head = CachedHead(object, order)
        let status = UInt16(object.stored.response.status)
        guard let policy = order.policy.compression,
            case let choice = Self.choice(policy, head, status, object, order, bodies.stock), choice != .asIs
        else {
            (self.head, body, encoded, isForAll, isSettled) = (head, object.wholeBody, nil, true, true)
            return
        }
        isForAll = false
        if case .encoded(let coding) = choice, let made = bodies.body(of: object, in: coding, policy) {
            head.change { choice.lines($0, status: status, asked: []) }
            (self.head, body, encoded, isSettled) = (head, made, EncodedCount(coding, plain: object.bodyCount), true)
        } else {
            head.change { $0.varying() }
            (self.head, body, encoded, isSettled) = (head, object.wholeBody, nil, choice == .identity)
        }
    }

    /// The head of a `304` about it.
    /// - Parameter without: fields that it does not repeat.
    static func notModified(_ object: CachedObject, _ order: PassageOrder, _ stock: EncoderStock, without: Set<String>) -> CachedHead {
        var head = CachedHead(object, order, without: without)
        if varies(object, order, stock) {
            let asked = order.exchange.joined(.ifNoneMatch)
            head.change { $0.notModified(asked: asked) }
        }
        return head
    }

    /// Whether its whole might go out in another coding.
    static func varies(_ object: CachedObject, _ order: PassageOrder, _ stock: EncoderStock) -> Bool {
        guard let policy = order.policy.compression else { return false }
        return choice(policy, CachedHead(object, order), UInt16(object.stored.response.status), object, order, stock) != .asIs
    }

    private static func choice(
        _ policy: CompressionPolicy, _ head: CachedHead, _ status: UInt16, _ object: CachedObject, _ order: PassageOrder,
        _ stock: EncoderStock
    ) -> EncodingChoice {
        head.constant.withUnsafeBufferPointer {
            stock.choose(policy, order, status: status, EncodableLines($0), length: UInt64(object.bodyCount))
        }
    }
}
