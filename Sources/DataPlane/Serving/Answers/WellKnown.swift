import HTTPEngine
import Manifests
import Model
import Snapshots

/// `/.well-known/tandem/*`: what a load balancer and a page may ask.
enum WellKnown {
    static func isOurs(_ path: [UInt8]) -> Bool {
        path.elementsEqual("/.well-known/tandem/health".utf8) || path.elementsEqual("/.well-known/tandem/release".utf8)
    }

    static func answer(_ exchange: Exchange, _ target: TargetPath, site: SiteSnapshot?, isStopping: Bool) -> Response {
        var fields = FieldLines()
        fields.add("Cache-Control", "no-store")
        fields.add("X-Content-Type-Options", "nosniff")
        if let site { fields.add(lines: site.policy.fieldLines(isSecure: exchange.isSecure)) }
        if target.path.last == UInt8(ascii: "h") {
            fields.add("Content-Type", "text/plain; charset=utf-8")
            return Response(status: isStopping ? 503 : 200, fields: fields, body: .bytes(Array((isStopping ? "stopping\n" : "ok\n").utf8)))
        }
        guard let site else {
            fields.add("Content-Type", "text/plain; charset=utf-8")
            return Response(status: 421, fields: fields, body: .bytes(Array("Misdirected Request\n".utf8)))
        }
        fields.add("Content-Type", "application/json")
        return Response(status: 200, fields: fields, body: .bytes(Array(release(exchange, target, site).utf8)))
    }

    private static func release(_ exchange: Exchange, _ target: TargetPath, _ site: SiteSnapshot) -> String {
        let query = target.query.map { UnsafeBufferPointer(rebasing: exchange.bytes(exchange.head.target)[$0]) }
        let pins = RequestPins(exchange, query: query, policy: site.policy)
        // What is echoed is hexadecimal or nothing: it needs no escaping.
        let named = (pins.header ?? pins.query).flatMap { pin in
            pin.count <= 64 && pin.allSatisfy { Hexadecimal.value($0) != nil } ? String(decoding: pin, as: UTF8.self).lowercased() : nil
        }
        let current = site.current.map { "\"\(site.releases[$0].hex)\"" } ?? "null"
        return "{\"named\":\(named.map { "\"\($0)\"" } ?? "null"),\"state\":\"\(state(of: named, site))\",\"current\":\(current)}\n"
    }

    private static func state(of named: String?, _ site: SiteSnapshot) -> String {
        guard let named else { return "unknown" }
        if let position = Array(named.utf8).withUnsafeBufferPointer({ site.release(pinned: $0) }) {
            let state = site.releases[position].state
            return state.isLive || state == .kept ? state.rawValue : "unknown"
        }
        let isRevoked = named.count >= ReleaseID.shortCount && site.revoked.contains { $0.id.hex.hasPrefix(named) }
        return isRevoked ? ReleaseState.revoked.rawValue : "unknown"
    }
}
