import Model

/// What became of one file.
struct FinalFile: Hashable, Sendable {
    /// The path in the output.
    var name: String
    var digests: FileDigests
    /// All digits of the digest by which others name it, where that stands in the query.
    var query: String?
    /// Whether its bytes are other than in the input.
    var isEdited = false
    /// Its digest is that of a circle of files.
    var isOfComponent = false
    var encodings: [String: Int] = [:]
    /// It was an encoding of a file that has changed: the output is without it.
    var isLeftOut = false
}
