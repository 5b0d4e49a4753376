import HTTPEngine
import Model
import Snapshots

/// Sends every request on to https: all that a listener with `redirect: https` does. State belongs to one event loop.
///
/// Only for hosts that a site answers for: elsewhere the client would be sent to where nobody expects it. Health is answered
/// here as well, since load balancers ask without TLS.
package final class SecureRedirect: SnapshotFollower {
    private var snapshot: Snapshot
    private var log: AccessLog
    private let loop: LoopContext
    private let port: UInt16

    /// - Parameter port: where https is served.
    package init(loop: LoopContext, snapshot: Snapshot, port: UInt16, options: SiteServer.Options) {
        self.loop = loop
        self.snapshot = snapshot
        self.port = port
        log = AccessLog(sink: options.logSink, format: options.logFormat, trusted: snapshot.trusted)
    }

    package func follow(_ next: Snapshot) {
        if next.number > snapshot.number { snapshot = next }
    }

    package func handle(_ exchange: Exchange) {
        let target = exchange.bytes(exchange.head.target)
        let authority = exchange.bytes(exchange.head.authority)
        if target.elementsEqual("/.well-known/tandem/health".utf8) {
            var fields = fields(exchange, nil)
            fields.add("Content-Type", "text/plain; charset=utf-8")
            fields.add("Cache-Control", "no-store")
            let words = snapshot.isStopping ? "stopping\n" : "ok\n"
            return answer(exchange, Response(status: snapshot.isStopping ? 503 : 200, fields: fields, body: .bytes(Array(words.utf8))), nil)
        }
        let site = snapshot.site(for: authority).map { snapshot.sites[$0] }
        guard let site, target.first == UInt8(ascii: "/") else {
            var fields = fields(exchange, site)
            fields.add("Content-Type", "text/plain; charset=utf-8")
            fields.add("Cache-Control", "no-store")
            let status: UInt16 = site == nil ? 421 : 405
            // Only requests without a path come here.
            if status == 405 { fields.add("Allow", "GET, HEAD") }
            return answer(
                exchange, Response(status: status, fields: fields, body: .bytes(Array("\(StatusLine.words(status))\n".utf8))), site)
        }
        var fields = fields(exchange, site)
        fields.add("Location", bytes: Self.location(authority, port: port, target))
        fields.add("Cache-Control", "no-cache")
        answer(exchange, Response(status: 308, fields: fields), site)
    }

    /// What is on every answer.
    private func fields(_ exchange: Exchange, _ site: SiteSnapshot?) -> FieldLines {
        var fields = FieldLines()
        fields.add("X-Content-Type-Options", "nosniff")
        if let site { fields.add(lines: site.policy.fieldLines(isSecure: exchange.isSecure)) }
        return fields
    }

    /// The same URL with the other scheme. Both parts were parsed: neither holds a space or a control character.
    static func location(_ authority: UnsafeBufferPointer<UInt8>, port: UInt16, _ target: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let host = HostTable.withoutPort(authority)
        return Array("https://".utf8) + Array(host) + (port == 443 ? [] : Array(":\(port)".utf8)) + Array(target)
    }

    private func answer(_ exchange: Exchange, _ response: Response, _ site: SiteSnapshot?) {
        if log.isOn {
            let count = exchange.head.method == .head ? 0 : response.body.count
            log.write(
                exchange, AccessLog.Line(status: response.status, bytes: count, site: site?.name.text ?? "", release: "", means: ""),
                now: loop.clock.now)
        }
        exchange.respond(response)
    }

    package func refused(_ refusal: Refusal, peer: PeerAddress, request: Exchange?, answered: Int?) {}

    package func turn(_ loop: LoopContext) { log.handOver() }
}
