import Model

/// Whether a shared cache may store a response (RFC 9111 §3), and what of its fields.
package enum Storing: Hashable, Sendable {
    case allowed
    case refused(Reason)

    /// For `Cache-Status` and people.
    package enum Reason: String, Sendable {
        case method, status, ofRequest, partial, noStore, requestNoStore, isPrivate, authorization, cookie, varyAny, nothingToUse
    }

    /// What of a request counts.
    package struct Request: Hashable, Sendable {
        /// As sent: methods are compared with case.
        package var method: String
        package var directives: Directives
        package var hasAuthorization: Bool
        /// Whether a part was asked for, and is to be stored as one (§3.3).
        package var wantsPart = false

        package init(method: String, directives: Directives = Directives(), hasAuthorization: Bool = false) {
            self.method = method
            self.directives = directives
            self.hasAuthorization = hasAuthorization
        }
    }

    /// Final statuses whose caching we understand (§5.2.2.3): all that RFC 9110 §15 defines but 304, which is about another.
    static func isUnderstood(_ status: Int) -> Bool {
        switch status {
        case 200...206, 300...303, 305, 307, 308, 400...417, 421, 422, 426, 500...505: true
        default: false
        }
    }

    package init(_ response: OriginResponse, to request: Request) {
        self = Self.refusal(response, request).map { .refused($0) } ?? .allowed
    }

    /// RFC 6585 §3 to §6.
    private static let neverStored: Set<Int> = [428, 429, 431, 511]
    /// What is wrong is something that no key names: a field, its length, a body.
    private static let blamesRequest: Set<Int> = [400, 406, 412, 413, 415, 416, 417, 421, 426]

    private static func refusal(_ response: OriginResponse, _ request: Request) -> Reason? {
        let said = response.directives
        if request.method != "GET" { return .method }
        if response.status < 200 || response.status > 599 || neverStored.contains(response.status) { return .status }
        let isPart = request.wantsPart && response.status == 206 && ContentRange(response.fields) != nil
        if !isPart, response.status == 206 || response.status == 304 { return .partial }
        // Beside another status it has no meaning (RFC 9110 §14.4); but who names a part of more there means one.
        if !isPart, let place = ContentRange(response.fields), !place.isWhole { return .partial }
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
        // Nor this: whoever sends a field that the origin refuses would make the refusal everybody's.
        if blamesRequest.contains(response.status), !isForAll, !response.isTargeted { return .ofRequest }
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

    /// What of them goes on: not those of connections.
    package var forwarded: FieldLines {
        let named = Set(members("connection").map { String(decoding: $0, as: UTF8.self).lowercased() })
        return FieldLines(lines.filter { !Self.ofConnections.contains($0.name) && !named.contains($0.name) })
    }

    /// What of those that go on is stored: not those that are private (§5.2.2.7), nor those that may not be sent again without asking
    /// (§5.2.2.4).
    package func stored(_ directives: Directives) -> FieldLines {
        let hidden = directives.hiddenFields
        return hidden.isEmpty ? self : FieldLines(lines.filter { !hidden.contains($0.name) })
    }
}
