import Files
import Model
import Names
import References

/// A reference from one file of the tree to another that a digest may have to write anew.
struct Link: Hashable, Sendable {
    var span: Range<Int>
    /// As written, with the language's escapes undone.
    var address: String
    /// Index of the tree.
    var target: Int
    var role: Reference.Role
    var notation: [Reference.Notation]
    var integrity: Reference.IntegritySlot?
}

/// What one file is and says, found by reading it once.
struct FileAnalysis: Sendable {
    /// Of the bytes as they are in the input.
    var digests: FileDigests
    /// Where the name may carry a digest of the content.
    var proofs: ContentDigests?
    var language: Language?
    var links: [Link] = []
    /// Links relative to whatever page runs the script; their target is not known yet (-1), the path is.
    var loose: [(link: Link, path: String, position: Position)] = []
    var missing: [MissingReference] = []
    /// Paths that the file's import map gives another meaning.
    var importMapKeys: Set<String> = []
    /// Folders that its import map leads to: what lies there is asked for by plain names.
    var importMapFolders: [String] = []
    /// Somewhere in the text of its import map; nil: it has none.
    var importMapOffset: Int?
    var faults: [Finding] = []
    /// Where the relative addresses of a page's scripts start; nil: at another site.
    var folder: String?
    /// Known from an earlier digest and not read: its links have no places.
    var isRecalled = false

    init(digests: FileDigests) {
        self.digests = digests
    }

    /// Resolves what a reader found.
    /// - Parameter rename: pages that are renamed all the same.
    mutating func take(_ reading: Reading, language: Language, file: Int, bytes: [UInt8], resolver: Resolver, rename: [Glob]) {
        self.language = language
        let tree = resolver.tree
        let name = tree.files[file].name
        let base = resolver.base(of: name, declared: reading.base, language: language)
        folder = base.folder
        for reference in reading.references {
            if reference.role == .importMapKey || reference.role == .importMapAddress, importMapOffset == nil {
                importMapOffset = reference.span.lowerBound
            }
            // What a file says of its own place is for people: no browser follows it, and a map that carried its script's new
            // name would make a circle of every script and its map.
            if reference.role == .selfName { continue }
            switch resolver.resolve(reference, from: base) {
            case .elsewhere: continue
            case .folder(let folder):
                if reference.role == .importMapKey { importMapKeys.insert(folder) } else { importMapFolders.append(folder) }
            case .file(let target):
                if reference.role == .importMapKey { importMapKeys.insert(tree.files[target].name) }
                // Most links of a large tree lead to pages, whose names never change: they were looked up and are done.
                if reference.integrity == nil, FileRole.isPage(tree.files[target].name),
                    !rename.contains(where: { $0.matches(tree.files[target].name) })
                {
                    continue
                }
                links.append(Link(reference, target: target))
            case .missing(let missingName, let isCertain):
                if reference.role == .importMapKey {
                    importMapKeys.insert(missingName)
                } else {
                    missing.append(
                        MissingReference(
                            target: reference.target, name: missingName, isCertain: isCertain,
                            position: Position(of: reference.span.lowerBound, in: bytes), link: Link(reference, target: -1)))
                }
            case .dependsOnPages(let path):
                loose.append((Link(reference, target: -1), path, Position(of: reference.span.lowerBound, in: bytes)))
            }
        }
        faults = reading.faults.map {
            Finding(severity: .warning, file: name, position: Position(of: $0.offset, in: bytes), message: $0.message)
        }
    }
}

extension Link {
    init(_ reference: Reference, target: Int) {
        self.init(
            span: reference.span, address: reference.target, target: target, role: reference.role, notation: reference.notation,
            integrity: reference.integrity)
    }
}
