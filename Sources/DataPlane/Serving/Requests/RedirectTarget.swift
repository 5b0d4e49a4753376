/// Where a redirect with a `*` leads.
///
/// What the star stands for comes from the client, and must not reach the authority: neither as the end of a host
/// (`https://shop.example*`) nor, behind a slash, as a whole one (`//host`).
enum RedirectTarget {
    /// - Parameters:
    ///   - before: what the configuration says before the star: a path from `/`, or a URL.
    ///   - rest: the decoded path that the star stands for.
    ///   - after: what the configuration says after the star.
    static func location(before: Substring, rest: ArraySlice<UInt8>, after: Substring) -> String {
        let start = endsInAuthority(before) ? before + "/" : before
        let path = start.hasSuffix("/") ? rest.drop { $0 == UInt8(ascii: "/") } : rest
        return start + PercentEncoding.path(Array(path)) + after
    }

    /// Whether a URL breaks off inside its authority (RFC 3986 §3.2).
    private static func endsInAuthority(_ text: Substring) -> Bool {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return false }
        return !text[colon...].dropFirst(3).contains { "/?#".contains($0) }
    }
}
