/// A pattern over the paths of a tree: `*` within a segment, `**` over segments, `?` one character, the rest as it is.
///
/// A pattern without a slash is looked for in the last segment, wherever the file is.
package struct Glob: Hashable, Sendable {
    package let text: String
    private let pattern: [UInt8]
    private let isOfLastSegment: Bool

    package init(_ text: String) {
        self.text = text
        pattern = Array((text.hasPrefix("/") ? text.dropFirst() : text[...]).utf8)
        isOfLastSegment = !text.utf8.contains(UInt8(ascii: "/"))
    }

    package func matches(_ name: String) -> Bool {
        Self.matches(pattern[...], Array(isOfLastSegment ? TreePath.last(of: name).utf8 : name[...].utf8)[...])
    }

    /// The last star met is widened when what follows it does not fit: no recursion but for `**`, so no blow-up.
    private static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        let star = UInt8(ascii: "*")
        let slash = UInt8(ascii: "/")
        var (p, t) = (pattern.startIndex, text.startIndex)
        var retry: (pattern: Int, text: Int, crossesFolders: Bool)?
        var outer: (pattern: Int, text: Int)?
        while true {
            if p < pattern.endIndex, pattern[p] == star {
                let isDouble = p + 1 < pattern.endIndex && pattern[p + 1] == star
                p += isDouble ? 2 : 1
                // `**/` also stands for no folder at all.
                if isDouble, p < pattern.endIndex, pattern[p] == slash { p += 1 }
                retry = (p, t, isDouble)
                if isDouble { outer = (p, t) }
                continue
            }
            if t == text.endIndex, p == pattern.endIndex { return true }
            if t < text.endIndex, p < pattern.endIndex, pattern[p] == text[t] || (pattern[p] == UInt8(ascii: "?") && text[t] != slash) {
                (p, t) = (p + 1, t + 1)
                continue
            }
            if let last = retry, last.text < text.endIndex, last.crossesFolders || text[last.text] != slash {
                retry = (last.pattern, last.text + 1, last.crossesFolders)
                (p, t) = (last.pattern, last.text + 1)
                if last.crossesFolders { outer = (last.pattern, last.text + 1) }
                continue
            }
            guard let wide = outer, wide.text < text.endIndex else { return false }
            outer = (wide.pattern, wide.text + 1)
            retry = (wide.pattern, wide.text + 1, true)
            (p, t) = (wide.pattern, wide.text + 1)
        }
    }
}
