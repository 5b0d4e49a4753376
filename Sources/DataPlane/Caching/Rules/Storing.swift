import Model

/// Whether a shared cache may store a response (RFC 9111 §3), and what of its fields.
package enum Storing: Hashable, Sendable {
    case allowed
    case refused(Reason)

    /// For `Cache-Status` and people.
    package enum Reason: String, Sendable {
        case method, status, partial, noStore, requestNoStore, isPrivate, authorization, cookie, varyAny, nothingToUse
    }

    /// What of a request counts.
    package struct Request: Hashable, Sendable {
        /// As sent: methods are compared with case.
        package var method: String
        package var directives: Directives
        package var hasAuthorization: Bool

        package init(method: String, directives: Directives = Directives(), hasAuthorization: Bool = false) {
            self.method = method
            self.directives = directives
            self.hasAuthorization = hasAuthorization
        }
    }

    /// Final statuses whose caching we understand (§5.2.2.3): all that RFC 9110 §15 defines but 206 and 304, which are parts of others.
    static func isUnderstood(_ status: Int) -> Bool {
        switch status {
        case 200...205, 300...303, 305, 307, 308, 400...417, 421, 422, 426, 500...505: true
        default: false
        }
    }

    package init(_ response: OriginResponse, to request: Request) {
        self = Self.refusal(response, request).map { .refused($0) } ?? .allowed
    }

    private static func refusal(_ response: OriginResponse, _ request: Request) -> Reason? {
        let said = response.directives
        if request.method != "GET" { return .method }
        if response.status < 200 || response.status > 599 { return .status }
        if response.status == 206 || response.status == 304 || response.fields.contains("content-range") { return .partial }
        if request.directives.noStore { return .requestNoStore }
        if said.mustUnderstand {
            // Where it is understood, `no-store` beside it is for caches that do not know `must-understand`.
            if !isUnderstood(response.status) { return .status }
        } else if said.noStore {
            return .noStore
        }
        if said.isPrivate == .all { return .isPrivate }
        let isForAll = said.isPublic || said.sharedMaxAge != nil
        if request.hasAuthorization, !isForAll, !said.mustRevalidate { return .authorization }
        // No rule of HTTP, but what a cookie is set with is for one visitor unless the origin says that it is not.
        if response.fields.contains("set-cookie"), !isForAll, !response.isTargeted { return .cookie }
        if response.fields.members("vary").contains(where: { $0.elementsEqual([UInt8(ascii: "*")]) }) { return .varyAny }
        let isFreshEver = response.lifetime.duration > .zero
        let canBeValidated = response.fields.contains("etag") || response.fields.contains("last-modified")
        if !isFreshEver, !(canBeValidated && (response.lifetime.source != .none || Lifetime.mayGuess(response.status))) {
            return .nothingToUse
        }
        return nil
    }
}

extension FieldLines {
    /// Fields about one connection, and those that `Connection` names (RFC 9110 §7.6.1, RFC 9111 §3.1).
    static let ofConnections: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "proxy-authenticate",
        "proxy-authentication-info", "proxy-authorization",
    ]

    /// What of them is stored: not those of connections, not those that are private.
    package func stored(_ directives: Directives) -> FieldLines {
        let named = Set(members("connection").map { String(decoding: $0, as: UTF8.self).lowercased() })
        var kept = lines.filter { !Self.ofConnections.contains($0.name) && !named.contains($0.name) }
        if case .fields(let names)? = directives.isPrivate { kept.removeAll { names.contains($0.name) } }
        return FieldLines(kept)
    }
}
