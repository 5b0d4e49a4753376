import Model

/// What a digest did, for templates, back ends and the next digest: `manifest.json` in the output.
///
/// A function of the input alone: sorted, without times or paths of this machine.
package struct BuildManifest: Hashable, Sendable {
    /// The format's version.
    package static let version = 1
    /// Where it lies in the output. A site may have a web manifest of its own under the first name.
    package static let fileNames = ["manifest.json", "tandem-manifest.json"]

    /// One file of the input.
    package struct Entry: Hashable, Sendable {
        /// The path in the output, with `?digest` where the digest stands in the query.
        package var name: String
        /// Of the file's final bytes.
        package var digest: ContentDigest
        package var size: Int
        /// `sha384-…`: scripts and styles.
        package var integrity: String?
        /// Bytes by coding (`br`, `gzip`, `zstd`): such a file lies beside the content.
        package var encodings: [String: Int] = [:]
        /// The name's digest is that of a circle of files: it does not recompute from this one.
        package var isOfComponent = false
        /// The name has a fixed suffix and no digest: it says nothing about the content.
        package var isFixed = false
        /// The file is there under its plain name, too.
        package var isPlain = false
        /// For manifests in other tools' shapes; ours does not say them.
        package var others = OtherDigests()

        /// The path without a query.
        package var path: String { String(name.prefix { $0 != "?" }) }
    }

    /// Digests that other tools' manifests hold, where one was asked for.
    package struct OtherDigests: Hashable, Sendable {
        package var md5: String?
        /// Raw.
        package var sha512: [UInt8]?
    }

    /// The digest of the input tree.
    package var build: String
    /// By the path that a source names.
    package var entries: [String: Entry]
    /// An import map: addresses of scripts to their addresses after the digest.
    package var imports: [String: String]
    /// For each page what it will need at once: the modules that its scripts import, and their styles.
    package var preload: [String: [String]]
    /// Manifests in the shapes of other tools, beside this one.
    package var others: [String] = []

    package init(build: String, entries: [String: Entry], imports: [String: String], preload: [String: [String]]) {
        self.build = build
        self.entries = entries
        self.imports = imports
        self.preload = preload
    }

    /// Our shape, in UTF-8.
    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.object {
            $0.member("version", Self.version)
            $0.member("build", build)
            $0.object("entries") { list in
                for (key, entry) in Self.sorted(entries) { list.object(key) { Self.write(entry, to: &$0) } }
            }
            $0.object("imports") { list in
                for (key, address) in Self.sorted(imports) { list.member(key, address) }
            }
            $0.object("preload") { list in
                for (key, names) in Self.sorted(preload) { list.member(key, names) }
            }
            if !others.isEmpty { $0.member("others", others) }
        }
        return writer.bytes + [0x0A]
    }

    private static func write(_ entry: Entry, to object: inout JSONWriter) {
        object.member("name", entry.name)
        object.member("digest", "sha256-\(entry.digest.hex)")
        if let integrity = entry.integrity { object.member("integrity", integrity) }
        object.member("size", entry.size)
        if entry.isOfComponent { object.member("proof", "component") }
        if entry.isFixed { object.member("proof", "none") }
        if entry.isPlain { object.member("plain", true) }
        if !entry.encodings.isEmpty {
            object.object("encodings") { list in
                for (coding, size) in sorted(entry.encodings) { list.member(coding, size) }
            }
        }
    }

    /// In the order of the bytes of their keys.
    static func sorted<Value>(_ values: [String: Value]) -> [(key: String, value: Value)] {
        values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }
}

extension BuildManifest {
    /// The manifest of a digest's output.
    /// - Returns: nil where the folder holds none.
    package static func inFolder(_ folder: String) -> BuildManifest? { FoundManifest(in: folder)?.manifest }

    /// Whether this file is a manifest of ours.
    package static func isOne(_ path: String) -> Bool { FoundManifest(at: path) != nil }

    /// Every file that holds a content in a coding, with the content's path.
    package var encodingFiles: [(path: String, source: String, token: String)] {
        Self.sorted(entries).flatMap { _, entry in
            Self.sorted(entry.encodings).map { (entry.path + Precompression.suffix(token: $0.key), entry.path, $0.key) }
        }
    }
}
