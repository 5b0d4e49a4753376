/// A URL as it stands in a file, cut into its parts (RFC 3986 §4.1) and not resolved yet.
///
/// Whoever wrote it chose how: relative or not, escaped or not, with a query for an old browser. A rename changes the last
/// segment and leaves those choices alone.
struct AddressText: Hashable, Sendable {
    enum Form: Hashable, Sendable {
        /// `core.js`, `../img/a.png`
        case relative
        /// `/js/core.js`
        case absolutePath
        /// Another place: with a scheme, or with a host (`//cdn.example/…`).
        case elsewhere
        /// Nothing but a query or a fragment: the file itself.
        case sameDocument
        /// A template language fills it in before it is a URL (`{{ url }}`, `<%= url %>`).
        case template
    }

    var form: Form
    /// Everything before the query, escaped as written.
    var path: String
    /// Without the `?`.
    var query: String?
    /// Without the `#`.
    var fragment: String?

    /// - Parameter text: what a URL parser would be given; white space around it does not count (HTML §2.4.1).
    init(_ text: String) {
        let trimmed = Self.trim(text.utf8)
        var rest = trimmed
        fragment = nil
        query = nil
        if let mark = rest.firstIndex(of: UInt8(ascii: "#")) {
            fragment = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        path = String(Substring(rest))
        form = Self.form(of: path, whole: trimmed)
    }

    /// The parts put together again.
    var text: String { path + (query.map { "?" + $0 } ?? "") + (fragment.map { "#" + $0 } ?? "") }

    private static func trim(_ text: String.UTF8View) -> Substring.UTF8View {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) && byte != 0x0B }
        var rest = text[...]
        while let byte = rest.first, isSpace(byte) { rest = rest.dropFirst() }
        while let byte = rest.last, isSpace(byte) { rest = rest.dropLast() }
        return rest
    }

    private static func form(of path: String, whole: Substring.UTF8View) -> Form {
        if isTemplate(whole) { return .template }
        let bytes = path.utf8
        guard let first = bytes.first else { return .sameDocument }
        if first == UInt8(ascii: "/") || first == UInt8(ascii: "\\") {
            let second = bytes.dropFirst().first
            return second == UInt8(ascii: "/") || second == UInt8(ascii: "\\") ? .elsewhere : .absolutePath
        }
        return hasScheme(bytes) ? .elsewhere : .relative
    }

    /// `mailto:`, `data:`, `https:`: letters, digits, `+-.` up to a colon, a letter first (RFC 3986 §3.1).
    private static func hasScheme(_ bytes: String.UTF8View) -> Bool {
        for (at, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: ":"): return at > 0
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): continue
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                if at == 0 { return false }
            default: return false
            }
        }
        return false
    }

    private static let openings: [(UInt8, UInt8)] = [
        (UInt8(ascii: "{"), UInt8(ascii: "{")), (UInt8(ascii: "{"), UInt8(ascii: "%")), (UInt8(ascii: "<"), UInt8(ascii: "%")),
        (UInt8(ascii: "<"), UInt8(ascii: "?")), (UInt8(ascii: "$"), UInt8(ascii: "{")), (UInt8(ascii: "#"), UInt8(ascii: "{")),
    ]

    private static func isTemplate(_ text: Substring.UTF8View) -> Bool {
        var last: UInt8 = 0
        for byte in text {
            if openings.contains(where: { $0.0 == last && $0.1 == byte }) { return true }
            last = byte
        }
        return false
    }
}

/// Percent-encoding of the paths of a tree (RFC 3986 §2.1).
enum PathEscape {
    /// The bytes that a path stands for, as text; nil where they are no UTF-8. A `%` without two digits stands for itself.
    static func undo(_ path: String) -> String? {
        guard path.utf8.contains(UInt8(ascii: "%")) else { return path }
        let bytes = Array(path.utf8)
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count, let high = digit(bytes[at + 1]), let low = digit(bytes[at + 2]) {
                out.append(high << 4 | low)
                at += 3
            } else {
                out.append(bytes[at])
                at += 1
            }
        }
        return String(validating: out, as: UTF8.self)
    }

    /// - Parameter isRaw: leave letters beyond ASCII as they are, as the address did that is replaced.
    static func make(_ path: String, isRaw: Bool) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(path.utf8.count)
        for byte in path.utf8 {
            if isPlain(byte) || (byte >= 0x80 && isRaw) {
                out.append(byte)
            } else {
                out += [UInt8(ascii: "%"), hexadecimal(byte >> 4), hexadecimal(byte & 15)]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// What may stand in a path as it is (RFC 3986 §3.3), but for the two that end a string or an attribute without need.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"), UInt8(ascii: "!"): true
        case UInt8(ascii: "$"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="), UInt8(ascii: ":"): true
        case UInt8(ascii: "@"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"): true
        default: false
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x61...0x66: byte - 0x61 + 10
        case 0x41...0x46: byte - 0x41 + 10
        default: nil
        }
    }

    private static func hexadecimal(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x41 + value - 10 }
}

/// Paths of a tree: no leading slash, no dotted segments.
enum TreePath {
    /// Follows `path` from a folder; `..` stays at the root as it does in a URL (RFC 3986 §5.2.4).
    /// - Parameters:
    ///   - path: percent-encoding undone.
    ///   - folder: with a trailing slash, or empty for the root.
    /// - Returns: a trailing slash where the path names a folder.
    static func resolve(_ path: String, from folder: String) -> String {
        let isAbsolute = path.utf8.first == UInt8(ascii: "/")
        if !path.utf8.contains(UInt8(ascii: ".")) || !hasDots(path) {
            let clean = isAbsolute ? String(path.drop(while: { $0 == "/" })) : folder + path
            if !clean.contains("//") { return clean }
        }
        var segments: [Substring] = isAbsolute ? [] : folder.split(separator: "/", omittingEmptySubsequences: true)
        var isFolder = true
        for segment in path.split(separator: "/", omittingEmptySubsequences: false) {
            isFolder = true
            switch segment {
            case "", ".": continue
            case "..": _ = segments.popLast()
            default:
                segments.append(segment)
                isFolder = false
            }
        }
        return segments.joined(separator: "/") + (isFolder && !segments.isEmpty ? "/" : "")
    }

    private static func hasDots(_ path: String) -> Bool {
        path.hasPrefix("./") || path.hasPrefix("../") || path.contains("/.") || path == "." || path == ".."
    }

    /// Up to and with the last slash; empty at the root.
    static func folder(of name: String) -> String {
        guard let slash = name.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return String(name[...slash])
    }

    /// What follows the last slash.
    static func last(of name: String) -> Substring {
        guard let slash = name.utf8.lastIndex(of: UInt8(ascii: "/")) else { return name[...] }
        return name[name.index(after: slash)...]
    }

    /// The extension in lower case, without the dot; empty where there is none.
    static func fileExtension(of name: String) -> String {
        let last = last(of: name)
        guard let dot = last.utf8.lastIndex(of: UInt8(ascii: ".")), dot > last.startIndex else { return "" }
        return last[last.index(after: dot)...].lowercased()
    }
}
