import HTTPEngine
import Model
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
    var waiting = ArrivalWaiting()
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
        log = AccessLog(sink: options.logSink, format: options.logFormat, trusted: snapshot.trusted)
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
                site: entry.site, release: entry.release, client: Self.client(of: exchange, snapshot.sites[entry.site]),
                now: loop.clock.now, target: exchange.bytes(exchange.head.target))
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
    func hasConditions(_ exchange: Exchange) -> Bool { exchange.head.present & conditions != 0 }

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

    // MARK: Answers

    func answerError(_ exchange: Exchange, _ error: ErrorAnswer) {
        finish(exchange, error.make(exchange, preference(of: exchange), blobs: snapshot.blobs), error.site)
    }

    func site(of exchange: Exchange) -> SiteSnapshot? {
        snapshot.site(for: exchange.bytes(exchange.head.authority)).map { snapshot.sites[$0] }
    }

    func methodNotAllowed(_ exchange: Exchange, _ site: SiteSnapshot?, allowed: String = "GET, HEAD") {
        var error = ErrorAnswer(status: 405, site: site)
        error.fields.add("Allow", allowed)
        answerError(exchange, error)
    }

    func finish(_ exchange: Exchange, _ response: Response, _ site: SiteSnapshot?) {
        if log.isOn {
            let count = exchange.head.method == .head ? 0 : response.body.count
            writeLog(exchange, status: response.status, bytes: count, site, release: nil, .current)
        }
        exchange.respond(response)
    }

    func writeLog(
        _ exchange: Exchange, status: UInt16, bytes: Int, _ site: SiteSnapshot?, release: Int?, _ means: ReleaseChoice.Means
    ) {
        let id = release.flatMap { position in site.map { String($0.releases[position].hex.prefix(ReleaseID.shortCount)) } }
        log.write(
            exchange,
            AccessLog.Line(status: status, bytes: bytes, site: site?.name.text ?? "", release: id ?? "", means: means.rawValue),
            now: loop.clock.now)
    }
}
