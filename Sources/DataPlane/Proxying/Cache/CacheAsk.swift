import Caching
import HTTPEngine
import Model
import Snapshots

/// A request as the cache sees it.
struct CacheAsk {
    let method: String
    /// In lower case, without a default port.
    let authority: String
    let origin: String
    /// What stands in the key behind the URL: the release, and another host that a trusted proxy says the request was for.
    let qualifier: String?
    /// As the server is asked.
    let target: String
    /// As the client asked.
    let visible: String
    let fields: Caching.FieldLines
    let key: CacheKey
    let policy: CachePolicy

    init(_ order: PassageOrder, _ policy: CachePolicy) {
        let exchange = order.exchange
        self.policy = policy
        method = String(decoding: exchange.bytes(exchange.head.methodName), as: UTF8.self)
        let said = TrustedWord(order)
        let scheme = said.isSecure ?? exchange.isSecure ? "https" : "http"
        origin = CacheKey.origin(scheme, String(decoding: exchange.bytes(exchange.head.authority), as: UTF8.self).lowercased())
        // What the key does not tell apart, no server sees apart.
        authority = String(origin.dropFirst(scheme.utf8.count + 3))
        let host = said.host == authority ? nil : said.host
        let qualifiers = [order.release, host.map { "for \($0)" }].compactMap { $0 }
        qualifier = qualifiers.isEmpty ? nil : qualifiers.joined(separator: " ")
        target =
            order.target.map { String(decoding: $0, as: UTF8.self) }
            ?? String(decoding: exchange.bytes(exchange.head.target), as: UTF8.self)
        // By the client's name for it: two routes may make one path of two, and ask different servers for it.
        visible =
            order.visibleTarget.map { String(decoding: $0, as: UTF8.self) }
            ?? String(decoding: exchange.bytes(exchange.head.target), as: UTF8.self)
        key = CacheKey(origin: origin, target: visible, release: qualifier)
        var lines: [Caching.FieldLines.Line] = []
        exchange.head.forEachField(in: exchange.base) { name, value in
            lines.append(.init(String(decoding: exchange.bytes(name), as: UTF8.self), Array(exchange.bytes(value))))
            return true
        }
        if order.policy.compression?.mistrustsRange(of: exchange) == true {
            lines.removeAll { $0.name == "range" || $0.name == "if-range" }
        }
        // What `Connection` names is for this hop (RFC 9110 §7.6.1): it reaches no server, and selects nothing.
        fields = FieldLines(lines).forwarded
    }

    /// What of it decides about storing (RFC 9111 §3).
    var storing: Storing.Request {
        Storing.Request(
            method: method, directives: policy.obeysRequests ? Directives(fields.members("cache-control")) : Directives(),
            hasAuthorization: fields.contains("authorization"))
    }

    /// The head of the request that fetches it: the client's own conditions are the cache's to answer.
    func head(conditions: Caching.FieldLines) -> [UInt8] {
        var head = Array("GET \(target) HTTP/1.1\r\nHost: \(authority)\r\n".utf8)
        for line in fields.lines where !Self.left.contains(line.name) { Self.add(line, to: &head) }
        for line in conditions.lines { Self.add(line, to: &head) }
        return head + [0x0d, 0x0a]
    }

    /// Whether it says that it is another request than the one that the key names.
    var overridesTarget: Bool { fields.lines.contains { Self.overrides.contains($0.name) } }

    private static let left = CachePlan.ownConditions.union(overrides).union([
        "host", "connection", "keep-alive", "proxy-connection", "te", "upgrade", "expect", "content-length", "transfer-encoding",
    ])

    /// What makes an origin answer another request than the one that the key names.
    private static let overrides: Set<String> = [
        "x-http-method", "x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url", "x-original-uri", "x-host",
        "x-original-host", "x-http-host-override",
    ]

    private static func add(_ line: Caching.FieldLines.Line, to head: inout [UInt8]) {
        head.append(contentsOf: line.name.utf8)
        head.append(contentsOf: [0x3a, 0x20])
        head.append(contentsOf: line.value)
        head.append(contentsOf: [0x0d, 0x0a])
    }
}
