import Names
import References

/// Finds the file that a reference means, as a browser would that loaded the tree from a server.
struct Resolver: Sendable {
    enum Resolution: Hashable, Sendable {
        case file(Int)
        /// All files below this folder (with a trailing slash): an import map's prefix.
        case folder(String)
        /// Another site, a bare specifier, a template: nothing of this tree.
        case elsewhere
        /// - isCertain: the language says that this is fetched, from exactly there.
        case missing(name: String, isCertain: Bool)
        /// Relative to the page that runs the script, and which pages do is not known yet.
        case dependsOnPages(path: String)
    }

    let tree: BuildTree
    let prefix: AddressPrefix

    /// Where the relative references of one file start.
    struct Base: Hashable, Sendable {
        /// The folder, with a trailing slash; nil: at another site.
        var folder: String?
        var language: Language
    }

    /// - Parameter declared: the file's `base href`.
    func base(of name: String, declared: String?, language: Language) -> Base {
        let own = TreePath.folder(of: name)
        guard let declared else { return Base(folder: own, language: language) }
        let address = AddressText(declared)
        switch address.form {
        case .sameDocument, .template: return Base(folder: own, language: language)
        case .relative:
            return Base(
                folder: PathEscape.undo(address.path).map { TreePath.folder(of: TreePath.resolve($0, from: own)) }, language: language)
        case .absolutePath, .elsewhere:
            let path = prefix.local(address).flatMap(PathEscape.undo)
            return Base(folder: path.map { TreePath.folder(of: TreePath.resolve($0, from: "")) }, language: language)
        }
    }

    func resolve(_ reference: Reference, from base: Base) -> Resolution {
        let address = AddressText(reference.target)
        let isSpecifier = reference.role == .module || reference.role == .dynamicModule
        switch address.form {
        case .sameDocument, .template: return .elsewhere
        case .elsewhere, .absolutePath:
            guard let path = prefix.local(address).flatMap(PathEscape.undo) else { return .elsewhere }
            let found = find(TreePath.resolve(path, from: ""), role: reference.role)
            if case .missing = found, prefix.mayBeForeign(address) { return .elsewhere }
            return found
        case .relative:
            // A page's own `<script type=module src>` is a URL; inside scripts a name without a dot in front is looked up in the
            // import map (HTML §8.1.5.2).
            let isURL = address.path.utf8.first == UInt8(ascii: ".")
            if !isURL, isSpecifier, isInScript(reference) { return .elsewhere }
            if !isURL, reference.role == .importMapAddress || reference.role == .importMapKey { return .elsewhere }
            guard let path = PathEscape.undo(address.path) else { return .elsewhere }
            if base.language == .javaScript, reference.role == .worker || reference.role == .serviceWorker {
                return .dependsOnPages(path: path)
            }
            guard let folder = base.folder else { return .elsewhere }
            return find(TreePath.resolve(path, from: folder), role: reference.role)
        }
    }

    private func isInScript(_ reference: Reference) -> Bool {
        if case .javaScriptString? = reference.notation.first { return true }
        return false
    }

    /// - Parameter name: a path of the tree, with a trailing slash where it names a folder.
    func find(_ name: String, role: Reference.Role) -> Resolution {
        if let index = tree[name] { return .file(index) }
        let isFolder = name.isEmpty || name.hasSuffix("/")
        if isFolder, role == .importMapAddress || role == .importMapKey { return .folder(name) }
        for candidate in Self.pages(of: name, isFolder: isFolder, role: role) {
            if let index = tree[candidate] { return .file(index) }
        }
        return .missing(name: name, isCertain: Self.isCertain(role, name: name, isFolder: isFolder))
    }

    /// What servers answer for an address that is no file.
    private static func pages(of name: String, isFolder: Bool, role: Reference.Role) -> [String] {
        if isFolder { return [name + "index.html", name + "index.htm"] }
        return role == .page || role == .other || role == .feed ? [name + "/index.html", name + ".html"] : []
    }

    /// An address without a file's extension may be a route of an application; a worker's folder is a guess.
    private static func isCertain(_ role: Reference.Role, name: String, isFolder: Bool) -> Bool {
        switch role {
        case .page, .other, .feed:
            !isFolder && (AssetExtension.isKnown(name) || ["html", "htm"].contains(TreePath.fileExtension(of: name)))
        case .sourceMap, .worker, .serviceWorker, .importedScript, .importMapKey, .selfName: false
        case .image, .media, .font, .styleSheet, .script, .module, .dynamicModule, .moduleAsset, .webManifest, .importMapAddress, .preload:
            true
        }
    }
}
