import Files
import Model
import Names
import References

/// What a digest learned of one file, so that the next need not read it again while its stamp is the same.
struct FileRecord: Hashable, Sendable {
    /// A link without its place: enough to know whether what it names has changed.
    struct Link: Hashable, Sendable {
        /// A path of the tree.
        var target: String
        var role: Reference.Role
        var isSpecifier: Bool
        var integrity: Integrity

        enum Integrity: Int, Hashable, Sendable {
            case none, stated, absent
        }
    }

    var name: String
    var stamp: FileStamp
    /// Of the input's bytes.
    var digests: FileDigests
    var proofs: ContentDigests?
    var language: Language?
    var folder: String?
    var links: [Link]
    var isRenamed: Bool
    var final: FinalFile
    /// Of the output: somebody may have written to it since. A second name changes nothing but `changed`, which does not count.
    var outputStamp: FileStamp

    /// - Returns: nil where the analysis holds more than a record can say: it is made anew each time.
    init?(
        file: Folder.File, analysis: FileAnalysis, isRenamed: Bool, final: FinalFile, outputStamp: FileStamp, name: (Int) -> String
    ) {
        guard analysis.loose.isEmpty, analysis.missing.isEmpty, analysis.faults.isEmpty, analysis.importMapOffset == nil else { return nil }
        self.name = file.name
        stamp = file.stamp
        digests = analysis.digests
        proofs = analysis.proofs
        language = analysis.language
        folder = analysis.folder
        var seen: Set<Link> = []
        links = []
        for link in analysis.links {
            let record = Link(link, target: name(link.target))
            if seen.insert(record).inserted { links.append(record) }
        }
        self.isRenamed = isRenamed
        self.final = final
        self.outputStamp = outputStamp
    }

    /// The analysis that a reading would give, without the places of its links.
    func analysis(index: (String) -> Int?) -> FileAnalysis? {
        var analysis = FileAnalysis(digests: digests)
        analysis.proofs = proofs
        analysis.language = language
        analysis.folder = folder
        analysis.isRecalled = true
        for link in links {
            guard let target = index(link.target) else { return nil }
            analysis.links.append(link.recalled(target: target))
        }
        return analysis
    }
}

extension FileRecord.Link {
    init(_ link: Link, target: String) {
        self.target = target
        role = link.role
        if case .javaScriptString? = link.notation.first { isSpecifier = true } else { isSpecifier = false }
        integrity =
            switch link.integrity {
            case nil: .none
            case .value: .stated
            case .absent: .absent
            }
    }

    func recalled(target: Int) -> Link {
        Link(
            span: 0..<0, address: "", target: target, role: role, notation: isSpecifier ? [.javaScriptString(quote: 0)] : [],
            integrity: integrity == .none ? nil : integrity == .stated ? .value(0..<0) : .absent(insertAt: 0))
    }
}
