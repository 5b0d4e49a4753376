import Names

/// What becomes of a file's name.
package enum FileRole: Hashable, Sendable {
    /// It gets its digest.
    case renamed
    /// It keeps its name, and its content may change under it.
    case document(Reason)
    /// Its name carries a digest already: neither name nor bytes may change.
    case fingerprinted

    /// Why a name stays.
    package enum Reason: String, Hashable, Sendable {
        /// A page, a feed, `robots.txt`, `.well-known/…`: outsiders know it by this name.
        case agreedName
        /// Something to keep, not a part of a page: people see its name when they save it.
        case download
        /// Registered as a service worker: one under a new name would leave the old one in charge.
        case serviceWorker
        /// An import map leads a whole folder here.
        case importMapFolder
        case asked
    }

    package var isRenamed: Bool { self == .renamed }

    /// What a name says by itself.
    /// - Parameters:
    ///   - keep: the user's list of names that stay.
    ///   - rename: of names that do not.
    static func byName(_ name: String, keep: [Glob], rename: [Glob]) -> FileRole {
        if keep.contains(where: { $0.matches(name) }) { return .document(.asked) }
        if rename.contains(where: { $0.matches(name) }) { return .renamed }
        if DocumentName.isAlways(name) { return .document(.agreedName) }
        if downloads.contains(TreePath.fileExtension(of: name)) { return .document(.download) }
        return .renamed
    }

    private static let downloads: Set<String> = [
        "pdf", "zip", "gz", "tgz", "bz2", "xz", "zst", "br", "tar", "7z", "rar", "deb", "rpm", "apk", "dmg", "exe", "msi", "iso", "epub",
        "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "ics", "vcf", "txt", "md", "csv", "tsv",
    ]
}

extension FileRole {
    /// Pages never change their name, and most links of a large tree lead to them.
    static func isPage(_ name: String) -> Bool { ["html", "htm", "xhtml", "shtml"].contains(TreePath.fileExtension(of: name)) }
}
