import Model

/// Validation of what is stored (RFC 9111 §4.3).
package enum Freshening {
    /// The fields that make a request conditional: every validator there is (§4.3.1).
    package static func conditions(_ stored: FieldLines) -> FieldLines {
        var lines: [FieldLines.Line] = []
        if let tag = stored.single("etag") { lines.append(.init("if-none-match", tag)) }
        if let modified = stored.single("last-modified") { lines.append(.init("if-modified-since", modified)) }
        return FieldLines(lines)
    }

    /// Whether a `304` is about the stored response (§4.3.4): a strong tag must be the same, a weak one the same by weak comparison, a date
    /// the same; one that says neither is about what was asked with. One that varies by something else is about another set of requests
    /// (§4.1).
    package static func isAbout(_ stored: FieldLines, _ notModified: FieldLines) -> Bool {
        if notModified.contains("vary"), selecting(notModified) != selecting(stored) { return false }
        if let tag = notModified.single("etag") {
            let isWeak = tag.starts(with: Array("W/".utf8))
            return stored.single("etag").map { isWeak ? opaque($0) == opaque(tag) : $0 == tag } ?? false
        }
        if let modified = notModified.single("last-modified") { return stored.single("last-modified") == modified }
        return true
    }

    /// The stored fields after a `304` or a `HEAD` (§3.2): what it says replaces what was there, field by field.
    package static func updated(_ stored: FieldLines, with response: FieldLines, _ directives: Directives) -> FieldLines {
        let news = response.forwarded.stored(directives).lines.filter { $0.name != "content-length" && !describesBody.contains($0.name) }
        // How old it was and when it was made was said of the older one (§4.2.3); what the newer one does not say is now.
        let names = Set(news.map(\.name)).union(["age", "date"])
        return FieldLines(stored.lines.filter { !names.contains($0.name) } + news)
    }

    /// Whether the answer to a `HEAD` shows that the stored answer to `GET` is still the one (§4.3.5).
    /// - Parameter size: bytes of the stored body.
    package static func isConfirmed(_ stored: FieldLines, size: Int, byHead head: FieldLines) -> Bool {
        if head.contains("content-length"), head.single("content-length") != Array("\(size)".utf8) { return false }
        return ["etag", "last-modified"].allSatisfy { name in
            guard let said = head.single(name) else { return !head.contains(name) }
            return stored.single(name) == said
        }
    }

    private static func selecting(_ fields: FieldLines) -> Set<String> {
        Set(fields.members("vary").map { String(decoding: $0, as: UTF8.self).lowercased() })
    }

    /// What the stored bytes depend on and a `304` cannot change.
    private static let describesBody: Set<String> = ["content-encoding", "content-range"]

    /// A tag without its mark of weakness (RFC 9110 §8.8.3.2).
    private static func opaque(_ tag: [UInt8]) -> ArraySlice<UInt8> { tag.starts(with: Array("W/".utf8)) ? tag[2...] : tag[...] }
}
