import Model

/// A response as it is kept: what a request needs to be answered with it, without the body.
package struct StoredResponse: Hashable, Sendable {
    /// The text of the key of its URL; those of its variants say the same.
    package let url: String
    package var response: OriginResponse
    /// What the request that it answered said in the fields that `Vary` names.
    package let variant: Variant
    /// Names by which it can be purged, in lower case.
    package let tags: [String]
    /// When it was asked for, or asked about: a purge before that is no business of it, one while it was on its way is.
    package private(set) var storedAt: Timestamp
    /// Whether it is to be validated before it is used again, however fresh.
    package private(set) var isMarkedStale: Bool
    /// Since when its body has been the same under a name that cannot be proven; nil: it is no such name.
    package let provisionalSince: Timestamp?

    package init(
        url: String, response: OriginResponse, variant: Variant, tags: [String], storedAt: Timestamp, isMarkedStale: Bool = false,
        provisionalSince: Timestamp? = nil
    ) {
        self.url = url
        self.response = response
        self.variant = variant
        self.tags = tags
        self.storedAt = storedAt
        self.isMarkedStale = isMarkedStale
        self.provisionalSince = provisionalSince
    }

    /// The same after a `304` about it (RFC 9111 §3.2).
    package func renewed(by answer: OriginResponse, at askedAt: Timestamp) -> StoredResponse {
        var renewed = self
        renewed.response = OriginResponse(
            status: response.status, fields: Freshening.updated(response.fields, with: answer.fields, answer.directives),
            requestedAt: answer.requestedAt, receivedAt: answer.receivedAt, defaultLifetime: answer.defaultLifetime)
        renewed.isMarkedStale = false
        renewed.storedAt = askedAt
        return renewed
    }

    func markedStale() -> StoredResponse {
        var marked = self
        marked.isMarkedStale = true
        return marked
    }
}

/// Names that an origin gives a response, to purge it by.
package enum CacheTags {
    /// Fields of the common makes, and of RFC 9875, whose groups can be purged by name as well.
    package static let fields = ["surrogate-key", "xkey", "cache-tag", "cache-groups"]
    /// More than these are ignored: an origin that names everything would fill the cache with names.
    static let most = 128

    package static func of(_ fields: FieldLines) -> [String] {
        var found: Set<String> = []
        for name in Self.fields {
            for value in fields[name] {
                let marks = name == "cache-tag" || name == "cache-groups" ? [UInt8(ascii: ",")] : [UInt8(ascii: " "), UInt8(ascii: ",")]
                for part in value.split(whereSeparator: { marks.contains($0) }) {
                    let text = String(decoding: part, as: UTF8.self).lowercased().filter { !"\" \t".contains($0) }
                    if !text.isEmpty { found.insert(text) }
                }
            }
        }
        return Array(found.sorted().prefix(most))
    }
}
