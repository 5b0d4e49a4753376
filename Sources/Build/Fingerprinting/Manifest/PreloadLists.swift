import Files
import References

/// What each page of a build needs at once, as the value of a `Link` field: what the page itself fetches, and what these import as
/// far as a digest found out.
///
/// Only what is in the build is named, and at the address that the page will ask for: so a client that heeds it asks for nothing
/// it would not have asked for anyway, and never for something that is not there.
package struct PreloadLists: Sendable {
    /// More are no hint but a page of their own.
    private static let countLimit = 16
    /// Bytes of a field: what stands in front of us may refuse large heads.
    private static let fieldLimit = 2048

    /// By the page's name.
    package private(set) var fields: [String: String] = [:]

    /// - Parameters:
    ///   - folder: the build as it is published.
    ///   - manifest: what a digest says of it.
    /// - Throws: `FileReader`'s errors.
    package init(_ folder: Folder, manifest: BuildManifest?) throws {
        let names = Set(folder.files.map(\.name))
        for file in folder.files where ["html", "htm"].contains(TreePath.fileExtension(of: file.name)) {
            let field = Self.field(
                of: file.name, try FileBytes.head(of: file, count: PageHintReader.readCount), names: names,
                imports: manifest?.preload[file.name] ?? [])
            if let field { fields[file.name] = field }
        }
    }

    /// - Parameters:
    ///   - names: of all files.
    ///   - imports: names that the page needs beside those that it names itself, with a query where the digest stands there.
    /// - Returns: nil where there is nothing to say.
    static func field(of page: String, _ bytes: [UInt8], names: Set<String>, imports: [String]) -> String? {
        let (hints, base) = PageHintReader.read(bytes)
        guard let folder = folder(of: page, base: base) else { return nil }
        var seen: Set<String> = []
        var links: [String] = []
        for hint in hints {
            guard let address = address(hint.target, from: folder, names), seen.insert(address).inserted else { continue }
            links.append("<\(address)>; \(hint.parameters)")
        }
        let hasModules = hints.contains { $0.parameters.hasPrefix("rel=modulepreload") }
        for name in imports {
            guard let address = address("/" + name, from: "", names), let parameters = parameters(of: name, hasModules: hasModules),
                seen.insert(address).inserted
            else { continue }
            links.append("<\(address)>; \(parameters)")
        }
        return joined(links)
    }

    private static func folder(of page: String, base: String?) -> String? {
        let own = TreePath.folder(of: page)
        guard let base else { return own }
        let address = AddressText(base)
        switch address.form {
        case .sameDocument: return own
        case .relative, .absolutePath: return PathEscape.undo(address.path).map { TreePath.folder(of: TreePath.resolve($0, from: own)) }
        case .elsewhere, .template: return nil
        }
    }

    /// From the site's root, as the browser will ask for it; nil where it is no file of the build.
    private static func address(_ target: String, from folder: String, _ names: Set<String>) -> String? {
        let text = AddressText(target)
        guard text.form == .relative || text.form == .absolutePath, let path = PathEscape.undo(text.path) else { return nil }
        let name = TreePath.resolve(path, from: folder)
        guard names.contains(name) else { return nil }
        let query = text.query.map { "?" + $0 } ?? ""
        guard query.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") }) else {
            return nil
        }
        return "/" + PathEscape.make(name, isRaw: false) + query
    }

    private static func parameters(of name: String, hasModules: Bool) -> String? {
        switch TreePath.fileExtension(of: String(name.prefix { $0 != "?" })) {
        case "js", "mjs": hasModules ? "rel=modulepreload" : nil
        case "css": "rel=preload; as=style"
        default: nil
        }
    }

    private static func joined(_ links: [String]) -> String? {
        var field = ""
        for link in links.prefix(countLimit) {
            let more = field.isEmpty ? link : ", " + link
            if field.utf8.count + more.utf8.count > fieldLimit { break }
            field += more
        }
        return field.isEmpty ? nil : field
    }
}
