/// What a digest did, for people and programs.
package struct DigestReport: Sendable {
    package var files: Int
    package var renamed: Int
    package var rewritten: Int
    /// In the input and in the output, without encodings and plain copies.
    package var bytesBefore: UInt64
    package var bytesAfter: UInt64
    /// By coding: the bytes of what was encoded, and of the results.
    package var encodings: [String: Encoded]
    package var findings: [Finding]
    package var manifest: BuildManifest
    /// Names of the earlier output in this place that are no more, and those that are new; nil: there was none.
    package var changes: Changes?

    package struct Encoded: Hashable, Sendable {
        package var files: Int
        package var original: UInt64
        package var bytes: UInt64
    }

    package struct Changes: Hashable, Sendable {
        /// From the old name to the new one, by the file's own name; nil where there was or is none.
        package struct Change: Hashable, Sendable {
            package var key: String
            package var old: String?
            package var new: String?
        }

        package var list: [Change]

        init(from earlier: BuildManifest, to manifest: BuildManifest) {
            let keys = Set(earlier.entries.keys).union(manifest.entries.keys)
            list = keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.compactMap { key in
                let change = Change(key: key, old: earlier.entries[key]?.name, new: manifest.entries[key]?.name)
                return change.old == change.new ? nil : change
            }
        }
    }

    init(web: WebOfFiles, finals: [FinalFile], manifest: BuildManifest, earlier: BuildManifest?) {
        let finals = finals.filter { !$0.isLeftOut }
        files = finals.count
        renamed = web.roles.count(where: \.isRenamed)
        rewritten = finals.count(where: \.isEdited)
        bytesBefore = web.tree.bytes
        bytesAfter = finals.reduce(0) { $0 + UInt64($1.digests.size) }
        encodings = [:]
        for final in finals {
            for (coding, size) in final.encodings {
                var encoded = encodings[coding] ?? Encoded(files: 0, original: 0, bytes: 0)
                encoded.files += 1
                encoded.original += UInt64(final.digests.size)
                encoded.bytes += UInt64(size)
                encodings[coding] = encoded
            }
        }
        findings = web.findings
        self.manifest = manifest
        changes = earlier.map { Changes(from: $0, to: manifest) }
    }
}
