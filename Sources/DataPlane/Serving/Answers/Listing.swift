import Manifests
import Model

/// The page that says what is in a folder of a release: made only where a route asks for it.
///
/// Names are what a publisher wrote, and may be anything: they are escaped as text, and as a path behind `./`, so that none can
/// be markup, another scheme or another host. The page brings nothing with it and allows itself nothing.
struct Listing {
    /// More are not shown: nobody reads them.
    private static let limit = 5000

    struct Child: Equatable {
        /// The last segment; of a folder with its slash.
        var name: [UInt8]
        /// Bytes; nil: a folder.
        var size: UInt64?
    }

    let children: [Child]
    let isCut: Bool

    /// What is in a folder; nil where nothing is.
    /// - Parameter folder: the decoded path without its leading slash; empty, or with a slash at its end.
    init?(_ manifest: Manifest, folder: ArraySlice<UInt8>) {
        let prefix = String(decoding: folder, as: UTF8.self)
        let range = manifest.range(withPrefix: prefix)
        guard !range.isEmpty, Array(prefix.utf8).elementsEqual(folder) else { return nil }
        var found: [Child] = []
        var at = range.lowerBound
        while at < range.upperBound, found.count < Self.limit {
            let rest = manifest.nameBytes(at: at).dropFirst(folder.count)
            if let slash = rest.firstIndex(of: UInt8(ascii: "/")) {
                let name = Array(rest[...slash])
                found.append(Child(name: name, size: nil))
                // Over everything in it, whatever there is.
                at = max(at + 1, manifest.range(withPrefix: prefix + String(decoding: name, as: UTF8.self)).upperBound)
            } else {
                // With a query it is another name of a file that stands here itself.
                if !rest.contains(UInt8(ascii: "?")) { found.append(Child(name: Array(rest), size: manifest.size(at: at))) }
                at += 1
            }
        }
        children = found
        isCut = at < range.upperBound
    }

    /// - Parameter path: decoded, with both its slashes.
    func page(_ path: [UInt8]) -> [UInt8] {
        let title = "Index of " + Self.escaped(path)
        var out = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
        out += "<meta name=\"viewport\" content=\"width=device-width\">\n<title>\(title)</title>\n<h1>\(title)</h1>\n<ul>\n"
        if path.count > 1 { out += "<li><a href=\"../\">../</a>\n" }
        for child in children {
            let size = child.size.map { " \($0)" } ?? ""
            out += "<li><a href=\"./\(Self.reference(child.name))\">\(Self.escaped(child.name))</a>\(size)\n"
        }
        out += isCut ? "</ul>\n<p>And more.\n" : "</ul>\n"
        return Array(out.utf8)
    }

    private static func reference(_ name: [UInt8]) -> String {
        // An apostrophe and an ampersand are allowed in paths, and mean something in attributes.
        PercentEncoding.path(name).split(separator: "&", omittingEmptySubsequences: false).joined(separator: "&amp;")
    }

    private static func escaped(_ text: [UInt8]) -> String {
        var out = ""
        for character in String(decoding: text, as: UTF8.self).unicodeScalars {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }
}
