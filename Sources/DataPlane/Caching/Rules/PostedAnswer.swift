/// The answer to a `POST` as what a later `GET` may get (RFC 9110 §9.3.3): the origin says how long it is fresh, and by
/// `Content-Location` that it is what the target is from now on.
package enum PostedAnswer {
    /// - Parameters:
    ///   - answer: read without an operator's lifetime, which is no word of the origin's.
    ///   - origin: scheme and authority, in lower case.
    ///   - target: in origin form, as the client asked.
    package static func mayBeStored(_ answer: OriginResponse, to request: Storing.Request, origin: String, target: String) -> Bool {
        guard request.method == "POST", answer.status == 200, answer.lifetime.source == .said, answer.lifetime.duration > .zero,
            let location = answer.fields.single("content-location"),
            Invalidation.target(String(decoding: location, as: UTF8.self), origin: origin, from: target) == target
        else { return false }
        var request = request
        request.method = "GET"
        return Storing(answer, to: request) == .allowed
    }
}
