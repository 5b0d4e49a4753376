import Names

/// The pattern under which a dictionary is kept (RFC 9842 §2.1.1): a URL pattern relative to the request, in a structured string.
enum MatchPattern {
    /// The path with `*` for the fingerprint; what has a meaning in URL patterns is escaped, so that no regular expression and
    /// no group can stand in it.
    static func text(_ name: LogicalName) -> String {
        "/" + escaped(name.before) + (name.after.map { "*" + escaped($0) } ?? "")
    }

    private static func escaped(_ part: String) -> String {
        var out = ""
        for character in PercentEncoding.path(Array(part.utf8)) {
            // The pattern's backslash is itself escaped in the string (RFC 9651 §3.3.3).
            if "*+?:{}()\\".contains(character) { out += "\\\\" }
            out.append(character)
        }
        return out
    }
}
