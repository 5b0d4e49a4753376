import HTTPEngine
import Snapshots

/// The answer of a `respond` route: the same for everybody, whatever the method.
enum FixedResponse {
    static func make(_ answer: SitePolicy.FixedAnswer, _ exchange: Exchange, policy: SitePolicy) -> Response {
        var status = answer.status
        if status == 200 {
            switch Precondition.evaluate(exchange, tag: answer.tag) {
            case .proceed: break
            // Only what is fetched can be unchanged (RFC 9110 §13.1.2).
            case .notModified: status = exchange.head.method == .other ? 412 : 304
            case .failed: status = 412
            }
        }
        var fields = FieldLines()
        let hasBody = status == answer.status && status != 204
        if hasBody { fields.add("Content-Type", answer.type) }
        if status == 200 || status == 304 { fields.add("ETag", answer.tag) }
        fields.add("Cache-Control", status >= 400 ? "no-store" : answer.cacheControl)
        fields.add("X-Content-Type-Options", "nosniff")
        fields.add(lines: policy.fieldLines(isSecure: exchange.isSecure))
        fields.add(lines: answer.fieldLines)
        if !hasBody { return Response(status: status, fields: fields) }
        if exchange.head.method == .head { return Response(status: status, fields: fields, declaredLength: answer.body.count) }
        return Response(status: status, fields: fields, body: .bytes(answer.body))
    }
}
