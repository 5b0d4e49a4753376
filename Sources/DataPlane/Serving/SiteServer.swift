import Glibc
import HTTPEngine
import Manifests
import Model
import Names
import Proxying
import Snapshots

/// Answers the requests of one event loop from the snapshot it holds. State belongs to that loop.
///
/// A hot name is answered from the table of prepared responses before anything is resolved. Everything else goes through
/// `resolve`, in the order of the design: site by host, route by path, fingerprinted name in the union of all releases,
/// then the release for this request.
package final class SiteServer: RequestHandler, SnapshotFollower {
    private(set) var snapshot: Snapshot
    var tally = Tally()
    var log: AccessLog
    var hot: HotTable
    private var memo = PreferenceMemo()
    private var waiting = ArrivalWaiting()
    private let counters: CounterBox
    let loop: LoopContext
    let randomBucket: () -> Int
    /// Passes requests on to backends.
    private(set) lazy var proxy: Proxy = {
        var numbers = KernelNumbers()
        let proxy = Proxy(loop: loop, random: { Int.random(in: 0..<max($0, 1), using: &numbers) })
        proxy.listener = self
        return proxy
    }()
    /// Those of the snapshot that ask their servers whether they are well.
    private var backends: [BackendPolicy] = []
    /// Nil where nothing is kept.
    private(set) lazy var door: CacheDoor? = options.cache.flatMap { CacheDoor(proxy, $0) }
    private let options: Options
    private var lastBatch: Int64 = 0
    // Not static: those of another module's making are made when first used, and asking whether they are costs every request.
    private let conditions = KnownField.ifNoneMatch.bit | KnownField.ifMatch.bit | KnownField.range.bit | KnownField.availableDictionary.bit
    private let accepting = KnownField.acceptEncoding.bit
    private let passing = KnownField.via.bit

    package struct Options: Sendable {
        /// Bytes of prepared responses a loop may hold.
        package var hotBytes = 64 << 20
        /// Files a loop may hold open for them, its connections included: those take theirs from it.
        package var hotFiles = 4096
        package var logSink: (any LogSink)?
        package var logFormat = AccessLogFormat.json
        /// What routes with a cache keep, and all loops share.
        package var cache: CacheNode?

        package init() {}
    }

    /// - Parameter randomBucket: a visitor's bucket, 0…9,999.
    package init(
        loop: LoopContext, snapshot: Snapshot, counters: CounterBox, options: Options, randomBucket: @escaping () -> Int
    ) {
        self.loop = loop
        self.snapshot = snapshot
        self.counters = counters
        self.randomBucket = randomBucket
        self.options = options
        log = AccessLog(sink: options.logSink, format: options.logFormat)
        hot = HotTable(budget: options.hotBytes, files: options.hotFiles)
        tally.follow(snapshot)
        backends = snapshot.checkedBackends
    }

    /// Serves from another snapshot from the next request on; who waits for a name is asked again.
    package func follow(_ next: Snapshot) {
        guard next.number > snapshot.number else { return }
        snapshot = next
        backends = next.checkedBackends
        hot.removeAll()
        tally.follow(next)
        for exchange in waiting.takeAll() { resolve(exchange, hasWaited: true) }
        loop.nextTurn = waiting.nextDeadline
    }

    // MARK: RequestHandler

    package func handle(_ exchange: Exchange) {
        if exchange.head.method != .other, !hasConditions(exchange) {
            let preference = preference(of: exchange)
            let host = exchange.bytes(exchange.head.authority)
            let target = exchange.bytes(exchange.head.target)
            if let entry = hot.find(HotTable.hash(host, target, preference), host, target, preference),
                !entry.pointee.isDocument || !RequestPins.areIn(exchange, policy: snapshot.sites[entry.pointee.site].policy)
            {
                if entry.pointee.hit == nil { return answerHot(exchange, entry) }
                if answerHit(exchange, entry) { return }
            }
        }
        resolve(exchange, hasWaited: false)
    }

    @inline(__always)
    private func answerHot(_ exchange: Exchange, _ entry: UnsafePointer<HotTable.Entry>) {
        tally.answered(row: entry.pointee.row, isDocument: entry.pointee.isDocument)
        if entry.pointee.isNeed || log.isOn { noteHot(exchange, entry.pointee) }
        if let hints = entry.pointee.hints, PreloadUse.takesHints(exchange) { exchange.inform(hints) }
        exchange.respond(entry.pointee.response)
    }

    @inline(never)
    private func noteHot(_ exchange: Exchange, _ entry: HotTable.Entry) {
        if entry.isNeed {
            tally.needed(
                site: entry.site, release: entry.release, peer: exchange.peer, now: loop.clock.now,
                target: exchange.bytes(exchange.head.target))
        }
        guard log.isOn else { return }
        let site = snapshot.sites[entry.site]
        let means = entry.isDocument ? ReleaseChoice.Means.current : .name
        let count = exchange.head.method == .head ? 0 : entry.response.bodyCount
        writeLog(exchange, status: entry.response.status, bytes: count, site, release: entry.release, means)
    }

    package func refused(_ refusal: Refusal, peer: PeerAddress, request: Exchange?, answered: Int?) {
        tally.refused()
        guard let answered, log.isOn else { return }
        log.write(refusal, peer: peer, request: request, bytes: answered, now: loop.clock.now)
    }

    package func giveUpDescriptors() -> Bool { hot.giveUpFiles() }

    package func turn(_ loop: LoopContext) {
        hot.makeRoom(for: loop.connectionCount)
        for exchange in waiting.takeExpired(now: loop.clock.monotonic) { resolve(exchange, hasWaited: true, mayWait: false) }
        loop.nextTurn = waiting.nextDeadline
        if !backends.isEmpty { proxy.turn(backends) }
        door?.turn()
        log.handOver()
        if loop.clock.monotonic - lastBatch >= 900 || loop.isDraining {
            lastBatch = loop.clock.monotonic
            counters.put(tally.take(loop, droppedLogLines: log.takeDropped()))
        }
    }

    // MARK: Resolving

    @inline(__always)
    private func hasConditions(_ exchange: Exchange) -> Bool { exchange.head.present & conditions != 0 }

    @inline(__always)
    func preference(of exchange: Exchange) -> EncodingPreference {
        var preference = exchange.head.present & accepting == 0 ? .identityOnly : accepted(by: exchange)
        preference.isProxied = exchange.head.present & passing != 0
        return preference
    }

    private func accepted(by exchange: Exchange) -> EncodingPreference {
        if exchange.head.isRepeated(.acceptEncoding) {
            return exchange.joined(.acceptEncoding).withUnsafeBufferPointer { EncodingPreference($0) }
        }
        return memo.find(exchange[.acceptEncoding])
    }

    private func resolve(_ exchange: Exchange, hasWaited: Bool, mayWait: Bool = true) {
        if exchange.isAbandoned { return }
        let target: TargetPath
        do throws(TargetPath.Fault) {
            // OPTIONS * and CONNECT have no path; no route takes their method either.
            guard exchange.bytes(exchange.head.target).first == UInt8(ascii: "/") else {
                return methodNotAllowed(exchange, site(of: exchange))
            }
            target = try TargetPath(exchange.bytes(exchange.head.target))
        } catch {
            return answerError(exchange, ErrorAnswer(status: 400, site: site(of: exchange)))
        }
        if target.path.starts(with: "/.well-known/tandem/".utf8), WellKnown.isOurs(target.path) {
            return answerWellKnown(exchange, target)
        }
        guard let siteIndex = snapshot.site(for: exchange.bytes(exchange.head.authority)) else {
            return answerError(exchange, ErrorAnswer(status: 421, site: nil))
        }
        let site = snapshot.sites[siteIndex]
        let matched = target.path.withUnsafeBufferPointer { path in
            site.policy.routes.lazy.compactMap { route in route.path.match(path).map { (route, $0) } }.first
        }
        guard let (route, rest) = matched else { return answerError(exchange, ErrorAnswer(status: 404, site: site)) }
        if let gate = route.gate, !hasWaited, !pass(gate, exchange, target, site) { return }
        let maximumBody = route.maximumBody ?? site.policy.maximumBody
        if case .length(let length) = exchange.head.framing, length > maximumBody {
            return answerError(exchange, ErrorAnswer(status: 413, site: site))
        }
        // Any 2xx would tell the client that it has a WebSocket.
        if exchange.head.isExtendedConnect, case .respond = route.action { return methodNotAllowed(exchange, site) }
        switch route.action {
        case .redirect(let to, let status):
            redirect(exchange, site, to: to, status: status, rest: target.path[rest], target: target)
        case .proxy(let proxy):
            let order = order(exchange, target, site, siteIndex, proxy, maximumBody: maximumBody, isGated: route.gate != nil)
            if let order, !answersByName(order, target, site, mayWait: mayWait) { pass(order) }
        case .respond(let answer): finish(exchange, FixedResponse.make(answer, exchange, policy: site.policy), site)
        case .release(let fallback, let listing):
            guard exchange.head.method != .other else { return methodNotAllowed(exchange, site) }
            let request = ReleaseRequest(
                exchange: exchange, target: target, site: site, siteIndex: siteIndex, fallback: fallback,
                preference: preference(of: exchange), listing: listing, isGated: route.gate != nil)
            answerFromReleases(request, mayWait: mayWait)
        }
    }

    private func answerFromReleases(_ request: ReleaseRequest, mayWait: Bool) {
        let outcome = Resolution.resolve(request, randomBucket: randomBucket)
        switch outcome {
        case .content(let content): answer(request, content)
        case .slash(let choice): redirectToSlash(request, choice)
        case .listing(let choice, let listing): list(request, choice, listing)
        case .noRelease: answerError(request.exchange, ErrorAnswer(status: 503, site: request.site))
        case .gone: answerError(request.exchange, ErrorAnswer(status: 410, site: request.site, mayBePage: false))
        case .missing(let miss):
            if miss.mayArrive, mayWait, waits(request) { return }
            if request.site.isDamaged, miss.isSuspected {
                return answerError(request.exchange, ErrorAnswer(status: 503, site: request.site, mayBePage: false))
            }
            if miss.isSuspected {
                tally.missing(
                    MissingName(
                        site: request.site.name, name: request.pathText, client: request.exchange.peer.clientHash, at: loop.clock.now))
            }
            answerMissing(request, miss)
        }
    }

    /// Lets a request wait for a name that may be on its way.
    /// - Returns: false when too many wait already.
    func waits(_ request: ReleaseRequest) -> Bool {
        let deadline = loop.clock.monotonic + request.site.policy.arrivalWait
        guard waiting.add(request.exchange, site: request.siteIndex, until: deadline) else { return false }
        loop.nextTurn = waiting.nextDeadline
        return true
    }

    // MARK: Answers

    func answer(_ request: ReleaseRequest, _ content: Resolution.Content) {
        let release = request.site.releases[content.release]
        let answer = ContentAnswer(request: request, content: content, release: release)
        let hints = PreloadUse.hints(request, content, release)
        guard let result = answer.make(blobs: snapshot.blobs) ?? makeAgain(answer) else {
            tally.damaged(release: release.id, blob: answer.selected.blob, what: "the blob is missing or short")
            tally.failed(site: request.siteIndex, release: content.release)
            return answerError(request.exchange, ErrorAnswer(status: 503, site: request.site, mayBePage: !content.isFingerprinted))
        }
        tally.answered(row: tally.row(site: request.siteIndex, release: content.release), isDocument: !content.isFingerprinted)
        let isNeed = content.isNeed(in: request.site)
        if isNeed {
            tally.needed(
                site: request.siteIndex, release: content.release, peer: request.exchange.peer, now: loop.clock.now,
                target: request.exchange.bytes(request.exchange.head.target))
        }
        if log.isOn {
            let count = request.exchange.head.method == .head ? 0 : result.response.body.count
            writeLog(
                request.exchange, status: result.response.status, bytes: count, request.site, release: content.release, content.means)
        }
        if let hints, result.response.status == 200, PreloadUse.takesHints(request.exchange) { request.exchange.inform(hints) }
        guard result.mayBePrepared, !request.isGated, !hasConditions(request.exchange) else {
            return request.exchange.respond(result.response)
        }
        let prepared = PreparedResponse(result.response)
        remember(prepared, request, content, isNeed: isNeed, hints: hints)
        request.exchange.respond(prepared)
    }

    /// Without a descriptor for the blob an open file that only waits for requests goes.
    private func makeAgain(_ answer: ContentAnswer) -> ContentAnswer.Result? {
        guard errno == EMFILE || errno == ENFILE, giveUpDescriptors() else { return nil }
        return answer.make(blobs: snapshot.blobs)
    }

    private func remember(
        _ prepared: PreparedResponse, _ request: ReleaseRequest, _ content: Resolution.Content, isNeed: Bool, hints: EarlyHints?
    ) {
        let host = request.exchange.bytes(request.exchange.head.authority)
        let target = request.exchange.bytes(request.exchange.head.target)
        hot.insert(
            HotTable.Entry(
                key: Array(host) + Array(target), preference: request.preference, response: prepared,
                isDocument: !content.isFingerprinted, site: request.siteIndex, release: content.release,
                row: tally.row(site: request.siteIndex, release: content.release), isNeed: isNeed, hints: hints),
            hash: HotTable.hash(host, target, request.preference), connections: loop.connectionCount)
    }

    private func answerMissing(_ request: ReleaseRequest, _ miss: Resolution.Miss) {
        if let page = miss.page { return answer(request, page) }
        answerError(
            request.exchange, ErrorAnswer(status: 404, site: request.site, release: miss.release, mayBePage: !miss.isSuspected))
    }

    func answerError(_ exchange: Exchange, _ error: ErrorAnswer) {
        finish(exchange, error.make(exchange, preference(of: exchange), blobs: snapshot.blobs), error.site)
    }

    private func site(of exchange: Exchange) -> SiteSnapshot? {
        snapshot.site(for: exchange.bytes(exchange.head.authority)).map { snapshot.sites[$0] }
    }

    func methodNotAllowed(_ exchange: Exchange, _ site: SiteSnapshot?, allowed: String = "GET, HEAD") {
        var error = ErrorAnswer(status: 405, site: site)
        error.fields.add("Allow", allowed)
        answerError(exchange, error)
    }

    private func redirectToSlash(_ request: ReleaseRequest, _ choice: ReleaseChoice) {
        var fields = FieldLines()
        let query = request.target.query.map { "?" + String(decoding: request.targetBytes[$0], as: UTF8.self) } ?? ""
        fields.add("Location", PercentEncoding.path(request.target.path) + "/" + query)
        DocumentFields.add(to: &fields, request: request, choice: choice, cacheControl: "no-cache", usesFallback: false, encodings: false)
        finish(request.exchange, Response(status: 308, fields: fields), request.site)
    }

    private func list(_ request: ReleaseRequest, _ choice: ReleaseChoice, _ listing: Listing) {
        let body = listing.page(request.target.path)
        let tag = "\"\(body.withUnsafeBytes { ContentDigest(of: $0) }.hex)\""
        let outcome = Precondition.evaluate(request.exchange, tag: tag)
        let status: UInt16 = outcome == .proceed ? 200 : outcome == .notModified ? 304 : 412
        var fields = FieldLines()
        if status == 200 {
            fields.add("Content-Type", "text/html; charset=utf-8")
            fields.add("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'")
        }
        if status != 412 { fields.add("ETag", tag) }
        DocumentFields.add(
            to: &fields, request: request, choice: choice,
            cacheControl: status == 412 ? "no-store" : request.site.policy.documentCacheControl,
            usesFallback: request.fallback != nil, encodings: false)
        let isSent = status == 200 && request.exchange.head.method == .get
        finish(
            request.exchange,
            Response(
                status: status, fields: fields, body: isSent ? .bytes(body) : .empty, declaredLength: status == 200 ? body.count : nil),
            request.site)
    }

    private func redirect(
        _ exchange: Exchange, _ site: SiteSnapshot, to: String, status: UInt16, rest: ArraySlice<UInt8>, target: TargetPath
    ) {
        var location = to
        if let star = to.firstIndex(of: "*") {
            location = RedirectTarget.location(before: to[..<star], rest: rest, after: to[to.index(after: star)...])
        }
        if let query = target.query, !location.contains("?") {
            location += "?" + String(decoding: exchange.bytes(exchange.head.target)[query], as: UTF8.self)
        }
        var fields = FieldLines()
        fields.add("Location", location)
        fields.add("Cache-Control", "no-cache")
        fields.add("X-Content-Type-Options", "nosniff")
        fields.add(lines: site.policy.fieldLines(isSecure: exchange.isSecure))
        finish(exchange, Response(status: status, fields: fields), site)
    }

    private func answerWellKnown(_ exchange: Exchange, _ target: TargetPath) {
        let site = site(of: exchange)
        guard exchange.head.method != .other else { return methodNotAllowed(exchange, site) }
        finish(exchange, WellKnown.answer(exchange, target, site: site, isStopping: snapshot.isStopping), site)
    }

    private func finish(_ exchange: Exchange, _ response: Response, _ site: SiteSnapshot?) {
        if log.isOn {
            let count = exchange.head.method == .head ? 0 : response.body.count
            writeLog(exchange, status: response.status, bytes: count, site, release: nil, .current)
        }
        exchange.respond(response)
    }

    private func writeLog(
        _ exchange: Exchange, status: UInt16, bytes: Int, _ site: SiteSnapshot?, release: Int?, _ means: ReleaseChoice.Means
    ) {
        let id = release.flatMap { position in site.map { String($0.releases[position].hex.prefix(ReleaseID.shortCount)) } }
        log.write(
            exchange,
            AccessLog.Line(status: status, bytes: bytes, site: site?.name.text ?? "", release: id ?? "", means: means.rawValue),
            now: loop.clock.now)
    }
}
