import Caching
import HTTPEngine
import Model
import Names
import Snapshots

/// A response on its way from a server into the cache, and to the client whose request brought it.
///
/// ```
///              ┌─ discarding   a 304, or a failure that what is stored stands in for
///  asking ─────┼─ streaming    to the client piece by piece, and into the cache where it may
///              ├─ spooling     under a name that says what it holds: looked at whole before anybody gets it
///              └─ joining      the rest of what is here in part
/// ```
/// The server is asked with a request of the cache's own: a client that leaves takes nothing from those who wait with it.
final class CacheFetch {
    enum Mode {
        case asking, discarding, streaming, spooling, joining
    }

    /// What of the target is asked for.
    enum Aim {
        case whole
        /// What the client's `Range` names.
        case part
        case rest(of: CachedObject)
    }

    /// What nobody gets is read up to here, so that the connection can be used again.
    static let longestDropped = 64 << 10

    /// Longer bodies are not held to be looked at: they go on as nobody's to keep, and are stored when they have proven true. So do those
    /// that find no room.
    static let longestSpool = GuardedContent.longest
    /// So much of a body needs none: what is usual for a name is always looked at.
    static let freeSpool = 64 << 10

    let door: CacheDoor
    let ask: CacheAsk
    let order: PassageOrder
    let stored: CachedObject?
    private let conditions: Caching.FieldLines
    let ifError: Bool
    var status = CacheStatus()

    var aim = Aim.whole
    var mode = Mode.asking
    var isLead = false
    var hasClient = true
    var request: DetachedRequest?
    /// What the server is asked for, and who that is.
    var passing: PassageOrder?
    var asked: PassageOrder.Asked? { passing?.asked }
    var requestedAt = Timestamp(milliseconds: 0)
    /// The same by the cache's own clock.
    var askedAt = Timestamp(milliseconds: 0)
    var answer: OriginResponse?
    var claim: NameClaim?
    var isEventStream = false
    /// Of what its client gets, where that is encoded, and what it has got of it.
    var encoding: AnswerEncoder?
    var collected: [UInt8]?
    var spool: [UInt8] = []
    /// The room that the spool takes. What waits for a slow client takes it still.
    var share: RoomShare?
    /// What was looked at, on its way to such a client.
    var relayed: RelayedBody?
    var hasher: ContentHasher?
    var writing: CacheWriting?
    /// The one that answers.
    var server: UpstreamServer?
    /// What another server said that cannot be, for when no other has anything better.
    var rejected: Rejected?

    struct Rejected {
        let answer: OriginResponse
        let body: [UInt8]
        /// Whether it said that all is well.
        let isLie: Bool
    }
    var isStorable = false
    /// Bytes of the body that the client was sent.
    var sent = 0
    /// Bytes that came and that nobody gets.
    var dropped = 0
    /// Whether others are still to be told.
    private var mayLand = true

    init(
        _ door: CacheDoor, _ ask: CacheAsk, _ order: PassageOrder, stored: CachedObject?, conditions: Caching.FieldLines, ifError: Bool,
        why: CacheStatus.Forward
    ) {
        self.door = door
        self.ask = ask
        self.order = order
        self.stored = stored
        self.conditions = conditions
        self.ifError = ifError
        status.forward = why
    }

    /// - Parameters:
    ///   - isLead: whether others may be waiting for it.
    ///   - hasClient: whether it answers the order's exchange; else it only renews what is stored.
    func begin(isLead: Bool, hasClient: Bool = true) {
        self.isLead = isLead
        self.hasClient = hasClient
        requestedAt = door.now
        askedAt = door.node.cache.stamp(requestedAt)
        let exchange = order.exchange
        guard let request = try? DetachedRequest(head: ask.head(conditions: conditions), on: door.proxy.loop, peer: exchange.peer) else {
            // What came in can be written again; should it be too long with our conditions, it goes by.
            land(.forNobody)
            if hasClient { door.proxy.pass(order) }
            return
        }
        self.request = request
        if hasClient { exchange.source = self }
        let said = Array("Cache-Status: \(status.text)\r\n".utf8)
        let passing = PassageOrder(request.exchange, for: order, taker: self, cacheStatus: said)
        self.passing = passing
        door.proxy.pass(passing)
    }

    // MARK: The end

    /// Tells those who wait, once.
    func land(_ outcome: CacheNode.Landing.Outcome?) {
        guard isLead, mayLand, let outcome else { return }
        mayLand = false
        door.landed(ask.key, outcome)
    }

    /// The client's exchange is about to be answered, and asks nothing of this any more.
    func release() { order.exchange.source = nil }
}

extension CacheFetch: AnswerSource {
    func resume(_ exchange: Exchange) {
        if relayed != nil { return relayMore() }
        if let request { request.exchange.source?.resume(request.exchange) }
    }

    /// What ends before its time is nobody's to keep.
    func conclude(_ exchange: Exchange, isHurried: Bool) {
        writing?.abandon()
        writing = nil
        land(.forNobody)
        if let request { request.exchange.source?.conclude(request.exchange, isHurried: isHurried) }
    }

    /// The client has gone. What comes is stored all the same, for those who wait and those who will ask.
    func abandoned(_ exchange: Exchange) {
        hasClient = false
        if relayed == nil {
            let status = mode == .streaming ? answer.map { UInt16($0.status) } : nil
            door.report(
                reported(), status: status ?? PassageReport.clientHasGone, bytes: encoding?.count ?? sent, self.status, asked)
        }
        relayed = nil
        endEncoding()
        if mode == .streaming ? isForNobody : mode == .spooling && !isStorable { return leaveServer() }
        // Nobody holds the server back any more.
        if let request { request.exchange.source?.resume(request.exchange) }
    }
}
