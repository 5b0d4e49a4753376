import References

/// What a digest is asked to do.
package struct DigestOptions: Hashable, Sendable {
    /// Where the digest goes.
    package enum Mode: String, Hashable, Sendable, CaseIterable {
        /// `core-65b61c1a….js`
        case name
        /// `core.js?65b61c1a…`
        case query
        /// Names stay; references are checked, integrity and encodings made.
        case none
    }

    package enum Hash: String, Hashable, Sendable, CaseIterable {
        case sha256
        /// For sites that publish MD5 names already; it protects nothing.
        case md5
    }

    /// What a reference to nothing is.
    package enum Missing: String, Hashable, Sendable, CaseIterable {
        case error, warn
    }

    /// Whether a renamed file also stays under its plain name, as a document.
    package enum PlainNames: String, Hashable, Sendable, CaseIterable {
        /// Where somebody may ask for it by a name made at run time: nothing at rest refers to it, or bundled scripts do not
        /// say all that they load.
        case auto
        case keep, drop
    }

    package var mode = Mode.name
    package var format = NameFormat.standard
    package var hash = Hash.sha256
    package var prefix = AddressPrefix.none
    /// Names that stay.
    package var keep: [Glob] = []
    /// Names that do not stay, although files of their kind do: pages that only a loader asks for.
    package var rename: [Glob] = []
    package var missing = Missing.error
    /// Write `integrity` also where a page has none yet.
    package var insertsIntegrity = false
    /// Modules are found through an import map in each page and keep their text when a module they import changes.
    package var usesImportMap = false
    package var compresses = true
    package var plainNames = PlainNames.auto
    /// A manifest in the shape of another tool, beside ours.
    package var manifestFormat = ManifestFormat.tandem
    /// 1 or more.
    package var threads = 1

    package init() {}

    /// Everything that decides over names and bytes, for an earlier output to be compared with. Not the threads.
    var signature: String {
        [
            "2", mode.rawValue, format.text, hash.rawValue, prefix.text, keep.map(\.text).joined(separator: " "),
            rename.map(\.text).joined(separator: " "), missing.rawValue,
            "\(insertsIntegrity)", "\(usesImportMap)", "\(compresses)", plainNames.rawValue, manifestFormat.rawValue,
        ].joined(separator: "|")
    }
}

/// Finds the references in a file: the languages come from outside, so that what decides here can be tried without them.
package struct ReferenceReader: Sendable {
    /// Whether a file of this name may be text of a known language: others are only hashed.
    package var mayRefer: @Sendable (_ name: String) -> Bool
    /// The language and what was found; nil: none after all.
    package var read: @Sendable (_ name: String, _ bytes: [UInt8]) -> (language: Language, reading: Reading)?

    package init(
        mayRefer: @escaping @Sendable (String) -> Bool,
        read: @escaping @Sendable (String, [UInt8]) -> (language: Language, reading: Reading)?
    ) {
        self.mayRefer = mayRefer
        self.read = read
    }
}
