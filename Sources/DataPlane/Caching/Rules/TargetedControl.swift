import Model

/// Directives for a certain kind of cache, which go before `Cache-Control` and `Expires` (RFC 9213).
package enum TargetedControl {
    /// The fields that are meant for a cache in front of a site, the nearest target first (§2.2).
    package static let fields = ["tandem-cache-control", "cdn-cache-control"]

    /// What the first of those fields says that is there, well formed and not empty; nil: `Cache-Control` counts.
    package static func directives(_ response: FieldLines) -> Directives? {
        for name in fields where response.contains(name) {
            if let dictionary = StructuredDictionary(response[name]), !dictionary.values.isEmpty { return Directives(dictionary) }
        }
        return nil
    }
}

extension Directives {
    /// A directive whose value is of another type than it has is no directive (§2.1); only a time that is negative makes stale.
    init(_ dictionary: StructuredDictionary) {
        self.init()
        func isSet(_ key: String) -> Bool { dictionary.values[key] == .boolean(true) }
        func time(_ key: String) -> Duration? {
            guard case .integer(let seconds)? = dictionary.values[key] else { return nil }
            return min(.seconds(max(seconds, 0)), DeltaSeconds.longest)
        }
        func extent(_ key: String) -> Extent? {
            switch dictionary.values[key] {
            case .boolean(true): .all
            case .string(let names): Directives([Array("\(key)=\"\(names)\"".utf8)[...]]).extent(key)
            default: nil
            }
        }
        maxAge = time("max-age")
        sharedMaxAge = time("s-maxage")
        staleWhileRevalidate = time("stale-while-revalidate")
        staleIfError = time("stale-if-error")
        noCache = extent("no-cache")
        isPrivate = extent("private")
        noStore = isSet("no-store")
        isPublic = isSet("public")
        mustRevalidate = isSet("must-revalidate")
        proxyRevalidate = isSet("proxy-revalidate")
        mustUnderstand = isSet("must-understand")
        noTransform = isSet("no-transform")
        immutable = isSet("immutable")
    }

    private func extent(_ key: String) -> Extent? { key == "private" ? isPrivate : noCache }
}
