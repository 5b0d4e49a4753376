import References

extension ReferenceReader {
    /// The languages that Tandem reads.
    package static let languages = ReferenceReader(
        mayRefer: Language.isPossible,
        read: { name, bytes in Language(path: name, contents: bytes).map { ($0, Reading(of: bytes, as: $0)) } })
}
