import HTTPEngine
import Snapshots

// Requests that need no release.
extension SiteServer {
    func redirect(
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

    func answerWellKnown(_ exchange: Exchange, _ target: TargetPath) {
        let site = site(of: exchange)
        guard exchange.head.method != .other else { return methodNotAllowed(exchange, site) }
        finish(exchange, WellKnown.answer(exchange, target, site: site, isStopping: snapshot.isStopping), site)
    }
}
