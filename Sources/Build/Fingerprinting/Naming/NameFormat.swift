/// How a file is called after its digest: `[name]-[digest:16].[ext]`.
///
/// The folder stays: a file that moves takes its own relative references out of their place. `[path]` may lead, for
/// templates that are used elsewhere, and says nothing new.
package struct NameFormat: Hashable, Sendable {
    private enum Part: Hashable, Sendable {
        case text(String)
        case name
        /// With the number of hexadecimal digits; nil: all.
        case digest(Int?)
        case fileExtension
    }

    private let parts: [Part]
    /// The format as given.
    package let text: String

    /// Enough that nobody meets it by chance in a lifetime of deployments, short enough to be read aloud.
    package static let standard = NameFormat(
        parts: [.name, .text("-"), .digest(16), .text("."), .fileExtension], text: "[name]-[digest:16].[ext]")

    private init(parts: [Part], text: String) {
        self.parts = parts
        self.text = text
    }

    /// - Parameter text: tokens `[path] [name] [digest] [digest:N] [ext]`, and the older `[FILENAME]` and `[VERSION]`. Without
    ///   `[ext]` the extension is put at the end.
    /// - Throws: `NameFormatFault` for what gives no name.
    package init(_ text: String) throws(NameFormatFault) {
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "[") {
            if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
            guard let close = rest[open...].firstIndex(of: "]") else { throw .unclosed(text) }
            let word = String(rest[rest.index(after: open)..<close])
            rest = rest[rest.index(after: close)...]
            if word == "path" {
                guard parts.isEmpty else { throw .movesFolder(text) }
                continue
            }
            parts.append(try Self.part(word, in: text))
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        for case .text(let literal) in parts where literal.contains("/") || literal.contains("?") || literal.contains("#") {
            throw .movesFolder(text)
        }
        guard parts.contains(where: { if case .text = $0 { false } else { $0 != .fileExtension } }) else { throw .sameForAll(text) }
        if !parts.contains(.fileExtension) { parts += [.text("."), .fileExtension] }
        self.init(parts: parts, text: text)
    }

    private static func part(_ word: String, in text: String) throws(NameFormatFault) -> Part {
        switch word {
        case "name", "FILENAME": return .name
        case "digest", "VERSION": return .digest(nil)
        case "ext": return .fileExtension
        default: break
        }
        guard word.hasPrefix("digest:") else { throw .unknownToken(word, text) }
        guard let count = Int(word.dropFirst(7)), (8...64).contains(count) else { throw .digits(word) }
        return .digest(count)
    }

    /// Whether names follow their content. A fixed suffix is no digest.
    package var hasDigest: Bool { parts.contains { if case .digest = $0 { true } else { false } } }
    /// Whether files of one folder and extension differ by more than their digest.
    package var hasName: Bool { parts.contains(.name) }

    /// - Parameters:
    ///   - name: a path of the tree.
    ///   - digest: all hexadecimal digits.
    /// - Returns: the path with its last segment named anew.
    package func apply(to name: String, digest: String) -> String {
        let folder = TreePath.folder(of: name)
        let (stem, fileExtension) = Self.split(TreePath.last(of: name))
        var out = folder
        for part in parts {
            switch part {
            case .text(let literal): out += literal
            case .name: out += stem
            case .digest(let count): out += count.map { String(digest.prefix($0)) } ?? digest
            case .fileExtension:
                if !fileExtension.isEmpty {
                    out += fileExtension
                } else if out.hasSuffix(".") {
                    out.removeLast()
                }
            }
        }
        return out
    }

    /// `core.js.map` is `core` and `js.map`: a map is called after its script. `jquery.min.js` is `jquery.min` and `js`.
    private static func split(_ last: Substring) -> (stem: String, fileExtension: String) {
        func cut(_ text: Substring) -> (Substring, Substring)? {
            guard let dot = text.lastIndex(of: "."), dot > text.startIndex else { return nil }
            return (text[..<dot], text[text.index(after: dot)...])
        }
        guard let (stem, fileExtension) = cut(last) else { return (String(last), "") }
        if fileExtension.lowercased() == "map", let (inner, before) = cut(stem), ["js", "css", "mjs", "cjs"].contains(before.lowercased()) {
            return (String(inner), "\(before).\(fileExtension)")
        }
        return (String(stem), String(fileExtension))
    }
}

package enum NameFormatFault: Error, Hashable, Sendable, CustomStringConvertible {
    case unclosed(String)
    case unknownToken(String, String)
    case digits(String)
    case movesFolder(String)
    case sameForAll(String)

    package var description: String {
        switch self {
        case .unclosed(let text): "the name format \(text) has a [ without its ]"
        case .unknownToken(let token, let text):
            token == "RAND"
                ? "the name format \(text) asks for random names: a name that does not follow its content cannot be cached for ever\nUse [digest:16] instead."
                : "the name format \(text) has an unknown token [\(token)]\nIt may have [path] (first), [name], [digest], [digest:N] and [ext]."
        case .digits(let token): "[\(token)] takes from 8 to 64 digits: fewer prove nothing"
        case .movesFolder(let text):
            "the name format \(text) would move files to other folders, and what they refer to by relative paths would be lost\nUse [name], [digest:N] and [ext]; [path] may only lead."
        case .sameForAll(let text): "the name format \(text) gives all files one name\nUse [name] and [digest:16]."
        }
    }
}
