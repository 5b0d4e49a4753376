/// What a request that changes something makes invalid (RFC 9111 §4.4, RFC 9875 §3).
package struct Invalidation: Hashable, Sendable {
    /// Scheme and authority, in lower case.
    package let origin: String
    /// Targets of that origin whose stored responses are invalid now: that of the request, and what `Location` and `Content-Location`
    /// name. Empty where the request is safe or failed.
    package let targets: [String]
    /// Groups of that origin that are.
    package let groups: [String]

    /// Methods that change nothing (RFC 9110 §9.2.1). An unknown method may change things.
    private static let safe: Set<String> = ["GET", "HEAD", "OPTIONS", "TRACE"]

    package static func isSafe(_ method: String) -> Bool { safe.contains(method) }

    /// - Parameters:
    ///   - origin: scheme and authority, in lower case: `https://shop.example`.
    ///   - target: in origin form: `/cart?id=7`.
    ///   - fields: of the answer.
    package init(_ method: String, origin: String, target: String, status: Int, fields: FieldLines) {
        self.origin = origin
        guard !Self.isSafe(method), (200..<400).contains(status) else {
            (targets, groups) = ([], [])
            return
        }
        let named = ["location", "content-location"].compactMap { fields.single($0) }
            .compactMap { Self.target(String(decoding: $0, as: UTF8.self), origin: origin, from: target) }
        targets = [target] + named.filter { $0 != target }
        groups = CacheGroups.names(fields["cache-group-invalidation"]) ?? []
    }

    /// A reference of the same origin as a target; nil for another origin's: nobody may clear what is not his.
    static func target(_ reference: String, origin: String, from base: String) -> String? {
        var rest = Substring(reference.prefix { $0 != "#" })
        if let colon = rest.firstIndex(of: ":"), rest[colon...].hasPrefix("://"), !rest[..<colon].contains("/") {
            let end = rest[colon...].dropFirst(3).firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            guard rest[..<end].lowercased() == origin else { return nil }
            rest = rest[end...]
        } else if rest.hasPrefix("//") {
            let end = rest.dropFirst(2).firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            guard origin.hasSuffix(":" + rest[..<end].lowercased()) else { return nil }
            rest = rest[end...]
        } else if !rest.hasPrefix("/") {
            let path = base.prefix { $0 != "?" }
            if rest.isEmpty { return base }
            if rest.hasPrefix("?") { return String(path) + rest }
            let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
            rest = Substring(String(folder) + rest)
        }
        return rest.hasPrefix("/") ? withoutDots(rest) : "/" + rest
    }

    /// Dot segments resolved (RFC 3986 §5.2.4).
    private static func withoutDots(_ target: Substring) -> String {
        let path = target.prefix { $0 != "?" }
        var kept: [Substring] = []
        let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (number, segment) in segments.enumerated() {
            let isLast = number == segments.count - 1
            switch segment {
            case ".": if isLast { kept.append("") }
            case "..":
                if !kept.isEmpty { kept.removeLast() }
                if isLast { kept.append("") }
            default: kept.append(segment)
            }
        }
        return "/" + kept.joined(separator: "/") + target[path.endIndex...]
    }
}
