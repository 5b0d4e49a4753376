/// What a name says about its content, weakest first.
///
/// Shape and proof are different things: of two real builds none of Vite's 148 names recompute with any common digest,
/// and 215 of webpack's 243 are SHA-256 prefixes. So each rung is kept apart, in the manifest too.
package enum NameClass: UInt8, CaseIterable, Sendable, Codable, Comparable {
    /// A name that does not change with its content: pages, service workers, `robots.txt`.
    case document = 0
    /// Looks fingerprinted by its shape alone, and nothing in the release confirms it. Treated as a document.
    case suspected = 1
    /// A suspected name whose shape the release confirms. Treated as declared.
    case strong = 2
    /// Matches the operator's pattern.
    case declared = 3
    /// The digest in the name recomputes from the content, or a build manifest lists it.
    case proven = 4

    /// Whether one name means one content for ever (rule 1).
    package var isFingerprinted: Bool { self >= .strong }

    package static func < (a: NameClass, b: NameClass) -> Bool { a.rawValue < b.rawValue }

    package var word: String {
        switch self {
        case .document: "document"
        case .suspected: "suspected"
        case .strong: "strong"
        case .declared: "declared"
        case .proven: "proven"
        }
    }
}
