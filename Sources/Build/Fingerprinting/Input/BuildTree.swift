import Files

/// The files of a build, each with a number and found by name.
struct BuildTree: Sendable {
    /// The folder's real path.
    let root: String
    /// Sorted by the bytes of their names, so that nothing depends on the order of a directory.
    let files: [Folder.File]
    private let indices: [String: Int]

    init(root: String, files: [Folder.File]) {
        self.root = root
        self.files = files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        indices = Dictionary(self.files.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(name: String) -> Int? { indices[name] }

    var bytes: UInt64 { files.reduce(0) { $0 + $1.stamp.size } }
}
