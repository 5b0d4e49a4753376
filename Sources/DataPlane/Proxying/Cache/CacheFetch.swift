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
final class CacheFetch: AnswerTaker {
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

    /// Longer bodies are not held to be looked at: they go on as nobody's to keep, and are stored when they have proven true.
    private static let longestSpool = GuardedContent.longest

    let door: CacheDoor
    let ask: CacheAsk
    let order: PassageOrder
    let stored: CachedObject?
    private let conditions: Caching.FieldLines
    let ifError: Bool
    var status = CacheStatus()

    var aim = Aim.whole
    var mode = Mode.asking
    private(set) var isLead = false
    var hasClient = true
    private var request: DetachedRequest?
    private var requestedAt = Timestamp(milliseconds: 0)
    /// The same by the cache's own clock.
    private var askedAt = Timestamp(milliseconds: 0)
    var answer: OriginResponse?
    private(set) var claim: NameClaim?
    private(set) var isEventStream = false
    /// Of what its client gets, where that is encoded, and what it has got of it.
    var encoding: AnswerEncoder?
    var collected: [UInt8]?
    var spool: [UInt8] = []
    private var hasher: ContentHasher?
    var writing: CacheWriting?
    /// The one that answers.
    private(set) var server: UpstreamServer?
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
        door.proxy.pass(PassageOrder(request.exchange, for: order, taker: self, cacheStatus: said))
    }

    // MARK: AnswerTaker

    /// Those who wait with the client take the answer alone.
    func informed(_ hints: EarlyHints) {
        if hasClient { order.exchange.inform(hints) }
    }

    func began(
        _ head: UpstreamHead, _ base: UnsafePointer<UInt8>, from server: UpstreamServer?, _ body: UnsafeRawBufferPointer, isLast: Bool
    ) {
        self.server = server
        let answer = make(Int(head.status), Caching.FieldLines(head, base).forwarded)
        self.answer = answer
        isEventStream = head.isEventStream
        status.forwardStatus = Int(head.status)
        if answer.status == 206, beginPart(answer, declared: head.declaredLength) {
            took(body, isLast: isLast)
            return
        }
        switch CacheOutcome(answer, to: ask.storing, stored: stored?.stored.response, ifError: ifError) {
        case .renewed:
            renew(answer)
            return isLast ? over() : ()
        case .stale:
            bridge()
            return isLast ? over() : ()
        case .askAgain:
            askAgain()
            return isLast ? over() : ()
        case .stored: isStorable = true
        case .relayed: isStorable = false
        }
        claim = ask.method == "GET" ? door.claim(ask) : nil
        if claim != nil, (head.declaredLength ?? 0) <= UInt64(Self.longestSpool) {
            mode = .spooling
            _ = beginEncoding(headLines(answer.fields), declared: head.declaredLength, mayEncode: true)
            land(isStorable ? nil : .forNobody)
        } else {
            let isWhole = isLast && body.isEmpty
            beginStreaming(declared: head.declaredLength, isWhole: isWhole)
            if isWhole { return over() }
        }
        took(body, isLast: isLast)
    }

    func make(_ status: Int, _ fields: Caching.FieldLines) -> OriginResponse {
        OriginResponse(
            status: status, fields: fields, requestedAt: requestedAt, receivedAt: door.now, defaultLifetime: ask.policy.defaultLifetime)
    }

    func took(_ body: UnsafeRawBufferPointer, isLast: Bool) {
        switch mode {
        case .asking, .discarding: break
        case .joining:
            spool.append(contentsOf: body)
            if isLast { endJoining() }
        case .spooling:
            spool.append(contentsOf: body)
            _ = encoded(body)
            if spool.count > Self.longestSpool { return streamWhatIsSpooled(isLast: isLast) }
            if isLast { endSpool() }
        case .streaming:
            hasher?.update(body)
            store(body)
            sent += body.count
            let piece = encoded(body, isLast: isLast)
            if isLast, !endStreaming() { return cutOff() }
            if hasClient, isLast || !piece.isEmpty { order.exchange.send(piece, isLast: isLast) }
        }
        if isLast { over() }
    }

    /// Nothing more comes from the server.
    func over() {
        endEncoding()
        mode = .discarding
        request = nil
    }

    func ended(trailers: [UInt8]) {
        switch mode {
        case .streaming:
            let isEncoded = encoding != nil
            let rest = isEncoded ? encodedEnd() : UnsafeRawBufferPointer(start: nil, count: 0)
            guard endStreaming() else { return cutOff() }
            guard hasClient else { break }
            if !rest.isEmpty { order.exchange.send(rest) }
            order.exchange.finish(trailers: isEncoded ? EncodableLines.trailers(trailers) : trailers)
        case .spooling: endSpool()
        case .joining: endJoining()
        case .asking, .discarding: break
        }
        over()
    }

    func failed(_ failure: PassageFailure, _ response: Response) {
        writing?.abandon()
        writing = nil
        let mode = mode
        defer { over() }
        switch mode {
        case .discarding: break
        case .streaming:
            land(.forNobody)
            guard hasClient else { return }
            release()
            door.report(reported(), status: UInt16(answer?.status ?? 502), bytes: encoding?.count ?? sent, status)
            order.exchange.abort()
        case .asking, .spooling, .joining:
            if let rejected { return rejected.isLie && refusesMismatch ? refuse() : relay(rejected.answer, rejected.body) }
            if ifError, stored != nil { return bridge() }
            land(.failed(failure))
            guard hasClient else { return }
            release()
            door.report(order, status: response.status, bytes: response.body.count, status)
            order.exchange.respond(response)
        }
    }

    var isCongested: Bool { mode == .streaming && hasClient && order.exchange.isCongested }

    // MARK: What is stored stays

    private func renew(_ answer: OriginResponse) {
        guard let stored else { return }
        let since = stored.stored.provisionalSince
        var answer = answer
        if let since {
            let settle = ask.policy.guarding?.settle ?? .seconds(600)
            let verdict = GuardVerdict(unchangedSince: since, settle: settle, now: door.now)
            answer = make(answer.status, verdict.fields(answer.fields))
        }
        finish(door.node.cache.renew(stored, by: answer, at: askedAt))
    }

    private func bridge() {
        guard let stored else { return }
        status.detail = CacheStatus.staleIfError
        finish(stored, .standsIn(stored))
    }

    func finish(_ object: CachedObject, _ outcome: CacheNode.Landing.Outcome = .stored) {
        mode = .discarding
        land(outcome)
        guard hasClient else { return }
        release()
        door.send(object, to: order, ask, status)
    }

    func askAgain() {
        mode = .discarding
        let again = CacheFetch(door, ask, order, stored: nil, conditions: FieldLines(), ifError: false, why: .stale)
        again.begin(isLead: isLead, hasClient: hasClient)
    }

    // MARK: Streaming

    /// - Parameter isWhole: whether no body follows: then it is stored before the client has it, as with the last piece of a body.
    ///   - mayEncode: whether it may be encoded for its client.
    func beginStreaming(declared: UInt64?, isWhole: Bool = false, mayEncode: Bool = true) {
        mode = .streaming
        guard let answer else { return }
        var fields = answer.fields
        if claim != nil {
            hasher = ContentHasher()
            fields = GuardVerdict.mismatch.fields(fields)
        }
        if isStorable { openWriting(answer) }
        if isLead, writing != nil { door.node.answers(ask.key, now: door.now) }
        land(writing == nil ? .forNobody : nil)
        // What is held against its name on the way may yet turn out to be none to keep.
        status.isStored = writing != nil && claim == nil
        if isWhole { _ = endStreaming() }
        guard hasClient else { return }
        let date = "Date: \(HTTPEngine.HTTPDate.text(secondsSince1970: answer.date.milliseconds / 1000))\r\n"
        let (lines, isEncoded) = beginEncoding(
            Array(date.utf8) + headLines(fields), declared: declared, mayEncode: mayEncode && !isWhole)
        let framing: StreamedHead.Framing =
            answer.status == 204 || answer.status == 304
            ? .none(declared: nil) : isEncoded ? .unknown : declared.map { .length($0) } ?? .unknown
        lines.withUnsafeBufferPointer { lines in
            order.exchange.begin(
                StreamedHead(
                    status: UInt16(answer.status), reason: UnsafeBufferPointer(start: nil, count: 0), lines: lines, framing: framing,
                    isEventStream: isEventStream), isLast: isWhole)
        }
    }

    func openWriting(_ answer: OriginResponse, since: Timestamp? = nil) {
        let whole = JoinedPart.whole(answer) ?? answer
        let kept = make(whole.status, whole.fields.stored(whole.directives))
        let tags = CacheTags.of(answer.fields) + CacheTags.groups(answer.fields, of: ask.origin) + ask.policy.tags
        writing = try? door.node.cache.write(
            kept.status == 206 ? ask.key.ofParts : ask.key, kept, request: ask.fields, tags: tags + [CacheTags.site(ask.policy.site)],
            provisionalSince: since, now: askedAt)
    }

    /// - Returns: those of the answer but for its date, which each way of answering adds by itself.
    func headLines(_ fields: Caching.FieldLines) -> [UInt8] {
        let replaced = order.replacedFields.map { String(decoding: $0, as: UTF8.self) } + ["content-length", "age", "date"]
        var out = fields.without(order).wire(without: replaced)
        if let age = answer?.age(at: door.now), age >= .seconds(1) { out += Array("Age: \(age.components.seconds)\r\n".utf8) }
        return out + order.responseLines + Array("Via: 1.1 tandem\r\nCache-Status: \(status.about(answer?.status ?? 0).text)\r\n".utf8)
    }

    func store(_ body: UnsafeRawBufferPointer) {
        do { try writing?.append(body) } catch { writing = nil }
    }

    /// What was longer than it said goes on from here piece by piece.
    private func streamWhatIsSpooled(isLast: Bool) {
        let piece = spool
        spool = []
        // Megabytes in one go would hold up other clients.
        endEncoding()
        beginStreaming(declared: nil, mayEncode: false)
        piece.withUnsafeBytes { took($0, isLast: isLast) }
    }

    /// - Returns: whether the last of it may go to the client.
    private func endStreaming() -> Bool {
        let digests = hasher?.finalize()
        let isRefused = digests.map(isRefused) ?? false
        if hasClient {
            release()
            door.report(reported(), status: UInt16(answer?.status ?? 0), bytes: encoding?.count ?? sent, status)
        }
        guard let writing else {
            land(.forNobody)
            return !isRefused
        }
        self.writing = nil
        if case .part = aim, answer?.status == 206 {
            endPart(writing)
        } else if let digests, let claim, !claim.matches(digests) {
            writing.abandon()
            land(.forNobody)
        } else {
            do {
                keepEncoded(beside: try door.node.cache.finish(writing))
                land(.stored)
            } catch { land(.forNobody) }
        }
        return !isRefused
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
        endEncoding()
        // Nobody holds the server back any more.
        if let request { request.exchange.source?.resume(request.exchange) }
    }
}
