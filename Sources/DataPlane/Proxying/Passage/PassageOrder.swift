import Caching
import HTTPEngine
import Snapshots

/// What is to be passed on, and how: decided by the route, once. One object, since a value of so many parts costs a request more to be
/// handed on than to be made.
package final class PassageOrder {
    package let exchange: Exchange
    package let route: ProxyRoute
    package var policy: ProxyPolicy { route.policy }
    /// The route's, or that of the visitor's release.
    package var backend: BackendPolicy
    /// What is asked for where it is not what the client sent.
    package var target: [UInt8]?
    /// The client's name for it, where dots in it were resolved; nil: what the client sent. What is kept is kept under it.
    package var visibleTarget: [UInt8]?
    /// Whole lines that go to the server.
    package var requestLines: [UInt8] = []
    /// Whole lines that go to the client.
    package var responseLines: [UInt8] = []
    /// In lower case: fields of the server's answer that give way to `responseLines`.
    package var replacedFields: [[UInt8]] = []
    /// `Cache-Status`, as a whole line.
    package var cacheStatus = PassageOrder.passedBy
    /// Nil: the route keeps nothing.
    package var cacheResult: CacheStatus.Result?
    /// For logs: what the guard found; nil: nothing.
    package var guardWord: String?
    /// 64 digits: the release whose server answers, where that depends on the visitor's.
    package var release: String?
    /// For logs: how it was chosen.
    package var releaseMeans = ""
    /// Whether the answer is for its visitor alone: no shared cache in front may keep it, whatever the server says.
    package var isPersonal = false
    /// Whether the name is a version, unknown, of something that a release has: what is not proven to be it is not found.
    package var isOwnVersion = false
    /// In lower case.
    package var pinField = ""
    package var isUpgrade = false
    /// The client asks for a WebSocket with an extended CONNECT (RFC 8441), the server with an upgrade.
    package var isConnect: Bool { exchange.head.isExtendedConnect }
    /// Bytes of a body at most; with more the request is refused.
    package var maximumBody = UInt64.max
    /// The server that the path names; nil: none, or one that there is not.
    package var server: UpstreamServer?
    /// Servers that are not to be asked: they had something else under the name.
    package var passedOver: [UpstreamServer] = []
    /// Of a consistent hash.
    package var hashKey: UInt64 = 0
    /// Who takes the answer instead of the exchange.
    package var taker: (any AnswerTaker)?
    /// Whether another request for the same, without conditions, may be answered with the same and nobody asked.
    package var mayRepeat = false
    /// Told the head of the answer, before anything of it goes to the client; gives who keeps a copy of it.
    var answered: ((UpstreamHead, UnsafePointer<UInt8>) -> AnswerCopy?)?
    /// Of an answer that was encoded on its way.
    package var encoded: EncodedCount?
    /// For whoever gets the report.
    package var site = 0
    /// For who takes the answer: the server that was asked last, and how often one was.
    var asked: Asked?

    struct Asked {
        var server: String
        var tries: Int
    }

    /// Fields by which a server says who may keep an answer.
    static let keepingFields: Set<String> = ["cache-control", "cdn-cache-control", "surrogate-control", "expires", "pragma"]

    /// Whether a field of the server's gives way to what a personal answer says. That nobody at all may keep it stays said.
    func replacesPersonal(_ name: String, _ value: some Sequence<UInt8>) -> Bool {
        guard isPersonal, Self.keepingFields.contains(name) else { return false }
        return name != "cache-control" || !String(decoding: Array(value), as: UTF8.self).lowercased().contains("no-store")
    }

    private static let passedBy = Array("Cache-Status: tandem; fwd=bypass\r\n".utf8)

    package init(_ exchange: Exchange, _ route: ProxyRoute) {
        self.exchange = exchange
        self.route = route
        backend = route.policy.backend
        responseLines = route.policy.response.lines
        replacedFields = route.policy.response.removed
        // What answers our key is not for the client (RFC 8441 §5).
        if exchange.head.isExtendedConnect {
            isUpgrade = true
            replacedFields.append(Array("sec-websocket-accept".utf8))
        }
    }

    /// What the cache asks for an order: with a request of its own, and the answer goes to it.
    init(_ exchange: Exchange, for order: PassageOrder, taker: any AnswerTaker, cacheStatus: [UInt8]) {
        self.exchange = exchange
        self.taker = taker
        self.cacheStatus = cacheStatus
        route = order.route
        backend = order.backend
        requestLines = order.requestLines
        responseLines = order.responseLines
        replacedFields = order.replacedFields
        release = order.release
        releaseMeans = order.releaseMeans
        pinField = order.pinField
        server = order.server
        passedOver = order.passedOver
        hashKey = order.hashKey
        site = order.site
    }
}

/// What became of a request that was passed on.
package struct PassageReport {
    /// As logs say it where a client did not wait: no answer was given.
    package static let clientHasGone: UInt16 = 499

    package var order: PassageOrder
    package var status: UInt16
    /// Of the body, to the client.
    package var bytes: Int
    package var server: String
    package var tries: Int
    package var failure: PassageFailure?
}

/// Takes an answer as it comes. Bytes are valid during the call.
package protocol AnswerTaker: AnyObject {
    /// A head that goes before the answer's own.
    func informed(_ hints: EarlyHints)
    /// - Parameters:
    ///   - server: whose it is: its place in the backend.
    ///   - body: its first piece.
    ///   - isLast: whether that is all.
    func began(
        _ head: UpstreamHead, _ base: UnsafePointer<UInt8>, from server: UpstreamServer?, _ body: UnsafeRawBufferPointer, isLast: Bool)
    func took(_ body: UnsafeRawBufferPointer, isLast: Bool)
    func ended(trailers: [UInt8])
    /// Nothing more comes for now.
    func pauses()
    /// There will be no more; `response` is what a client is told who has been told nothing yet.
    func failed(_ failure: PassageFailure, _ response: Response)
    /// Whether it takes no more for now: the exchange's source is told to resume.
    var isCongested: Bool { get }
}

/// Who keeps count of what was passed on.
package protocol PassageListener: AnyObject {
    /// The order is about to be answered with a hit that will answer more of its kind.
    func passageRepeats(_ order: PassageOrder, _ hit: PreparedHit, _ response: PreparedResponse)
    /// A response has been found not to be what its name says.
    func guardFinds(_ finding: GuardFinding)
    /// Comes before the last bytes go to the client: the request can still be looked at.
    func passageEnds(_ report: PassageReport)
    /// - Returns: what stands in for the words of an error that no server has answered with; nil: nothing.
    func errorPage(_ order: PassageOrder, status: UInt16) -> ErrorPage?
}

extension PassageListener {
    package func errorPage(_ order: PassageOrder, status: UInt16) -> ErrorPage? { nil }
}

/// What a site has in place of the words of an error.
package struct ErrorPage {
    let type: String
    /// Those about its content.
    let fields: HTTPEngine.FieldLines
    let body: HTTPEngine.Body

    package init(type: String, fields: HTTPEngine.FieldLines, body: HTTPEngine.Body) {
        (self.type, self.fields, self.body) = (type, fields, body)
    }
}
