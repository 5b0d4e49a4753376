import Caching
import HTTPEngine
import Model
import Names
import Proxying
import Snapshots

// Requests that a backend answers.
extension SiteServer: PassageListener {
    /// - Returns: nil where the request is answered already.
    func order(
        _ exchange: Exchange, _ target: TargetPath, _ site: SiteSnapshot, _ siteIndex: Int, _ proxy: ProxyRoute, maximumBody: UInt64,
        isGated: Bool
    ) -> PassageOrder? {
        // What TRACE sends back may hold what only servers are to see (RFC 9110 §9.3.8).
        if exchange.head.method == .other, exchange.bytes(exchange.head.methodName).elementsEqual("TRACE".utf8) {
            methodNotAllowed(exchange, site, allowed: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
            return nil
        }
        let policy = proxy.policy
        let order = PassageOrder(exchange, proxy)
        order.mayRepeat = !isGated
        bind(order, site, target)
        order.target = Self.target(exchange, target, policy)
        if target.isResolved { order.visibleTarget = Self.resolved(exchange, target) }
        if let prefix = policy.affinityPrefix { order.server = Self.server(named: target.path, behind: prefix, order.backend) }
        order.responseLines += site.policy.fieldLines(isSecure: exchange.isSecure)
        order.replacedFields += site.policy.fieldNames
        order.pinField = site.policy.pin.lowerHeader
        order.site = siteIndex
        order.maximumBody = maximumBody
        if !order.isConnect { order.isUpgrade = Self.asksForUpgrade(exchange) }
        if case .consistentHash(let key) = order.backend.balance {
            order.hashKey = Self.hash(key, exchange, target, client: Self.client(of: exchange, site))
        }
        return order
    }

    /// On a guarded route a name that a release has is the release's to answer, whatever a server would say; of a version that is unknown
    /// a server must prove that it has it.
    /// - Returns: whether the request is answered already, or waits.
    func answersByName(_ order: PassageOrder, _ target: TargetPath, _ site: SiteSnapshot, mayWait: Bool) -> Bool {
        let exchange = order.exchange
        guard !site.releases.isEmpty || !site.revoked.isEmpty, order.policy.cache?.guarding != nil, exchange.head.method != .other else {
            return false
        }
        let request = ReleaseRequest(
            exchange: exchange, target: target, site: site, siteIndex: order.site, fallback: nil, preference: preference(of: exchange),
            isGated: !order.mayRepeat)
        switch Resolution.word(request) {
        case .content(let content): answer(request, content)
        case .gone: answerError(exchange, ErrorAnswer(status: 410, site: site, mayBePage: false))
        case .unknownVersion(let mayArrive):
            if mayArrive, mayWait, waits(request) { return true }
            order.isOwnVersion = true
            return false
        case .none: return false
        }
        return true
    }

    func pass(_ order: PassageOrder) {
        if let release = order.release { count(order, of: release) }
        if let cache = order.policy.cache, let door { door.answer(order, cache) } else { proxy.pass(order) }
    }

    /// The target that the client meant, without dots.
    static func resolved(_ exchange: Exchange, _ target: TargetPath) -> [UInt8] {
        let query = target.query.map { [UInt8(ascii: "?")] + exchange.bytes(exchange.head.target)[$0] } ?? []
        return Array(PercentEncoding.path(target.path).utf8) + query
    }

    /// What the server is asked for; nil: what the client asked for.
    static func target(_ exchange: Exchange, _ target: TargetPath, _ policy: ProxyPolicy) -> [UInt8]? {
        let isEdited = !policy.strippedPath.isEmpty || !policy.addedPath.isEmpty
        guard target.isResolved || isEdited else { return nil }
        let sent = exchange.bytes(exchange.head.target)
        let query = target.query.map { [UInt8(ascii: "?")] + sent[$0] } ?? []
        // What decided about the route is what the server gets: it must not read dots another way.
        var path = target.isResolved ? Array(PercentEncoding.path(target.path).utf8) : Array(sent.prefix { $0 != UInt8(ascii: "?") })
        let stripped = policy.strippedPath
        if !stripped.isEmpty {
            // Written in escapes it is the same path.
            if !path.starts(with: stripped) { path = Array(PercentEncoding.path(target.path).utf8) }
            let isWhole = path.count == stripped.count || path.dropFirst(stripped.count).first == UInt8(ascii: "/")
            if path.starts(with: stripped), isWhole { path.removeFirst(stripped.count) }
            if path.isEmpty { path = [UInt8(ascii: "/")] }
        }
        return policy.addedPath + path + query
    }

    /// The server whose id is the segment behind a prefix.
    private static func server(named path: [UInt8], behind prefix: [UInt8], _ backend: BackendPolicy) -> UpstreamServer? {
        guard path.starts(with: prefix) else { return nil }
        let id = path.dropFirst(prefix.count).prefix { $0 != UInt8(ascii: "/") }
        return backend.servers.first { $0.id.map { id.elementsEqual($0.utf8) } ?? false }
    }

    /// Who asks: whom trusted proxies name, behind them.
    static func client(of exchange: Exchange, _ site: SiteSnapshot) -> PeerAddress {
        ForwardedClient.of(exchange, trusted: site.policy.trusted)
    }

    /// Answers who may not pass the gate.
    /// - Returns: whether the request goes on.
    func pass(_ gate: RouteGate, _ exchange: Exchange, _ target: TargetPath, _ site: SiteSnapshot) -> Bool {
        switch gate.judge(exchange, client: Self.client(of: exchange, site), path: target.path, now: loop.clock.monotonic) {
        case .admitted: return true
        case .forbidden: answerError(exchange, ErrorAnswer(status: 403, site: site))
        case .limited(let verdict, let requests, let seconds):
            var answer = ErrorAnswer(status: 429, site: site)
            answer.fields.add("Retry-After", "\(verdict.seconds)")
            answer.fields.add("RateLimit-Policy", "\"route\";q=\(requests);w=\(seconds)")
            answer.fields.add("RateLimit", "\"route\";r=0;t=\(verdict.seconds)")
            answerError(exchange, answer)
        }
        return false
    }

    /// `Connection: Upgrade` beside `Upgrade` (RFC 9110 §7.8), in a request without a body.
    private static func asksForUpgrade(_ exchange: Exchange) -> Bool {
        guard exchange.head.has(.upgrade), exchange.head.has(.connection), !exchange.isHTTP2, exchange.head.minorVersion == 1,
            exchange.head.method == .get, exchange.head.framing == .none
        else { return false }
        var isNamed = false
        exchange.joined(.connection).withUnsafeBufferPointer { list in
            ListTokens.forEach(list) { if $0.elementsEqual("upgrade".utf8, by: { byte, lower in byte | 0x20 == lower }) { isNamed = true } }
        }
        return isNamed && !upgradesHTTP(exchange)
    }

    /// Another version of HTTP, or TLS for it, is between two neighbours (RFC 9113 §3.1): through a tunnel a client would ask the server for
    /// what no route, list or limit has looked at.
    private static func upgradesHTTP(_ exchange: Exchange) -> Bool {
        var isFound = false
        exchange.joined(.upgrade).withUnsafeBufferPointer { list in
            ListTokens.forEach(list) { token in
                let name = token.prefix { $0 != UInt8(ascii: "/") }.map { $0 | 0x20 }
                if ["h2c", "h2", "http", "tls"].contains(where: { name.elementsEqual($0.utf8) }) { isFound = true }
            }
        }
        return isFound
    }

    private static func hash(_ key: BackendPolicy.HashKey, _ exchange: Exchange, _ target: TargetPath, client: PeerAddress) -> UInt64 {
        switch key {
        case .path: return HashKey.of(target.path)
        case .client: return client.clientHash
        case .header(let name):
            var name = name
            let span = name.withUTF8 { exchange.head.field(named: $0, in: exchange.base) }
            return HashKey.of(span.map { Array(exchange.bytes($0)) } ?? [])
        case .cookie(let name): return HashKey.of(CookieField.value(name, in: exchange.joined(.cookie)))
        }
    }

    package func passageRepeats(_ order: PassageOrder, _ hit: PreparedHit, _ response: PreparedResponse) {
        let exchange = order.exchange
        let (host, target) = (exchange.bytes(exchange.head.authority), exchange.bytes(exchange.head.target))
        let preference = preference(of: exchange)
        hot.insert(
            HotTable.Entry(
                key: Array(host) + Array(target), preference: preference, response: response, isDocument: false, site: order.site,
                release: 0, row: 0, isNeed: false, hit: hit),
            hash: HotTable.hash(host, target, preference), connections: loop.connectionCount)
    }

    /// Answers from what the cache has, without a look into it while nothing can have changed.
    /// - Returns: whether it did.
    @inline(__always)
    func answerHit(_ exchange: Exchange, _ entry: UnsafePointer<HotTable.Entry>) -> Bool {
        guard let hit = entry.pointee.hit, hit.fits(exchange) else { return false }
        if !hit.isCurrent(loop.clock) {
            guard let response = hit.renewed(loop.clock) else { return false }
            hot.replace(entry, response)
        }
        tally.cached(.hit)
        if log.isOn { noteHit(exchange, entry) }
        exchange.respond(entry.pointee.response)
        return true
    }

    @inline(never)
    private func noteHit(_ exchange: Exchange, _ entry: UnsafePointer<HotTable.Entry>) {
        let count = exchange.head.method == .head ? 0 : entry.pointee.response.bodyCount
        var line = AccessLog.Line(
            status: entry.pointee.response.status, bytes: count, site: snapshot.sites[entry.pointee.site].name.text, release: "", means: "")
        line.cache = CacheStatus.Result.hit.rawValue
        line.encoded = entry.pointee.hit?.encoded
        log.write(exchange, line, now: loop.clock.now)
    }

    /// Never in place of a script: a name that looks fingerprinted gets words alone.
    package func errorPage(_ order: PassageOrder, status: UInt16) -> ErrorPage? {
        guard order.site < snapshot.sites.count, !snapshot.sites[order.site].policy.errorPages.isEmpty,
            let target = try? TargetPath(order.exchange.bytes(order.exchange.head.target))
        else { return nil }
        let sent = order.exchange.bytes(order.exchange.head.target)
        let query = target.query.flatMap { QueryName.parse(UnsafeBufferPointer(rebasing: sent[$0])) }
        let isSuspected = query != nil || target.path.dropFirst().withUnsafeBufferPointer { Fingerprint.isSuspected($0) }
        let answer = ErrorAnswer(status: status, site: snapshot.sites[order.site], mayBePage: !isSuspected)
        return answer.page(preference(of: order.exchange), blobs: snapshot.blobs).map {
            ErrorPage(type: $0.type, fields: $0.fields, body: $0.body)
        }
    }

    package func guardFinds(_ finding: GuardFinding) { tally.guarded(finding) }

    package func passageEnds(_ report: PassageReport) {
        if let result = report.order.cacheResult { tally.cached(result) }
        let site = report.order.site < snapshot.sites.count ? snapshot.sites[report.order.site] : nil
        if report.status >= 500 { countFailure(of: report.order, site) }
        guard log.isOn else { return }
        var line = AccessLog.Line(status: report.status, bytes: report.bytes, site: site?.name.text ?? "", release: "", means: "")
        line.cache = report.order.cacheResult?.rawValue
        line.guarding = report.order.guardWord
        line.encoded = report.order.encoded
        if let release = report.order.release {
            line.release = String(release.prefix(ReleaseID.shortCount))
            line.means = report.order.releaseMeans
        }
        if report.tries > 0 {
            line.upstream = AccessLog.Upstream(server: report.server, tries: report.tries, failure: report.failure?.words)
        }
        log.write(report.order.exchange, line, now: loop.clock.now)
    }
}

/// A cookie among those that a request carries.
enum CookieField {
    /// Empty: there is none of that name.
    static func value(_ name: String, in field: [UInt8]) -> ArraySlice<UInt8> {
        for pair in field.split(separator: UInt8(ascii: ";")) {
            let trimmed = pair.drop { $0 == 0x20 }
            guard trimmed.starts(with: name.utf8), trimmed.dropFirst(name.utf8.count).first == UInt8(ascii: "=") else { continue }
            return trimmed.dropFirst(name.utf8.count + 1)
        }
        return []
    }
}
