import HTTPEngine
import Model
import Proxying
import Snapshots

// Requests that a backend answers.
extension SiteServer: PassageListener {
    func pass(
        _ exchange: Exchange, _ target: TargetPath, _ site: SiteSnapshot, _ siteIndex: Int, _ policy: ProxyPolicy, maximumBody: UInt64
    ) {
        // What TRACE sends back may hold what only servers are to see (RFC 9110 §9.3.8).
        if exchange.head.method == .other, exchange.bytes(exchange.head.methodName).elementsEqual("TRACE".utf8) {
            return methodNotAllowed(exchange, site, allowed: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
        }
        var order = PassageOrder(exchange, policy)
        if target.isResolved {
            // What decided about the route is what the server gets: it must not read the dots another way.
            let query = target.query.map { [UInt8(ascii: "?")] + exchange.bytes(exchange.head.target)[$0] } ?? []
            order.target = Array(PercentEncoding.path(target.path).utf8) + query
        }
        order.responseLines = site.policy.fieldLines(isSecure: exchange.isSecure)
        order.replacedFields = site.policy.fieldNames
        order.pinField = site.policy.pin.lowerHeader
        order.site = siteIndex
        order.maximumBody = maximumBody
        order.isUpgrade = Self.asksForUpgrade(exchange)
        if case .consistentHash(let key) = policy.backend.balance { order.hashKey = Self.hash(key, exchange, target) }
        if let cache = policy.cache, let door { door.answer(order, cache) } else { proxy.pass(order) }
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
        return isNamed
    }

    private static func hash(_ key: BackendPolicy.HashKey, _ exchange: Exchange, _ target: TargetPath) -> UInt64 {
        switch key {
        case .path: return HashKey.of(target.path)
        case .client: return exchange.peer.clientHash
        case .header(let name):
            var name = name
            let span = name.withUTF8 { exchange.head.field(named: $0, in: exchange.base) }
            return HashKey.of(span.map { Array(exchange.bytes($0)) } ?? [])
        case .cookie(let name): return HashKey.of(CookieField.value(name, in: exchange.joined(.cookie)))
        }
    }

    package func passageEnds(_ report: PassageReport) {
        let site = report.order.site < snapshot.sites.count ? snapshot.sites[report.order.site] : nil
        guard log.isOn else { return }
        var line = AccessLog.Line(status: report.status, bytes: report.bytes, site: site?.name.text ?? "", release: "", means: "")
        line.upstream = AccessLog.Upstream(server: report.server, tries: report.tries, failure: report.failure?.words)
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
