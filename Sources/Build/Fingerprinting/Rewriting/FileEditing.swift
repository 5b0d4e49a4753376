import Files
import References

/// The edits that give a file's references their new names.
struct FileEditing: Sendable {
    let web: WebOfFiles
    let writer: AddressWriter
    /// Where modules are left to an import map.
    let importMaps: ImportMapWriting?

    /// - Parameters:
    ///   - file: an index of the tree.
    ///   - analysis: of its bytes, with the places of its links.
    ///   - final: what became of a file that is needed first; nil: a member of the same circle, whose name is not known yet.
    ///   - placeholder: what stands for such a member.
    func edits(
        of file: Int, _ analysis: FileAnalysis, bytes: [UInt8], final: (Int) -> FinalFile?, placeholder: (Int) -> [UInt8]
    ) -> Rewriting {
        var rewriting = Rewriting()
        guard web.roles[file] != .fingerprinted else { return rewriting }
        for link in analysis.links {
            addAddress(link, of: file, bytes: bytes, final: final, placeholder: placeholder, to: &rewriting)
            guard web.writesIntegrity(link), let integrity = final(link.target)?.digests.integrity else { continue }
            switch link.integrity {
            case .value(let span):
                if !bytes[span].elementsEqual(integrity.utf8) { rewriting.replace(span, with: Array(integrity.utf8)) }
            case .absent(let offset): rewriting.insert(Array(" integrity=\"\(integrity)\"".utf8), at: offset)
            case nil: break
            }
        }
        if let importMaps, analysis.language == .html {
            importMaps.insert(web.modulesThroughImportMap(of: file), into: analysis, bytes: bytes, final: final, to: &rewriting)
        }
        return rewriting
    }

    private func addAddress(
        _ link: Link, of file: Int, bytes: [UInt8], final: (Int) -> FinalFile?, placeholder: (Int) -> [UInt8], to rewriting: inout Rewriting
    ) {
        if web.isLeftToImportMap(link) { return }
        let role = web.roles[link.target]
        let isAsset = role.isRenamed || role == .fingerprinted
        // A page may be named before it is known: its name is not going to change.
        guard role.isRenamed || (isAsset && !writer.prefix.isNone) else { return }
        let old = web.tree.files[link.target].name
        let target: AddressWriter.Target
        if role.isRenamed {
            guard let final = final(link.target) else {
                rewriting.replace(link.span, with: placeholder(link.target))
                return
            }
            target = .init(oldName: old, newName: final.name, query: final.query, isAsset: true)
        } else {
            target = .init(oldName: old, newName: old, query: nil, isAsset: true)
        }
        let isFromAsset = web.roles[file].isRenamed
        let address = writer.address(link.address, role: link.role, to: target, isFromAsset: isFromAsset)
        if address == link.address { return }
        let written = NotationEncoding.write(address, link.notation)
        if !bytes[link.span].elementsEqual(written) { rewriting.replace(link.span, with: written) }
    }
}
