import Files
import Model
import References

/// Names and contents: leaves first, circles as one.
extension TreeWriting {
    func write() async throws -> [FinalFile] {
        let files = web.tree.files
        try folder.makeFolders(for: files.map(\.name))
        let done = StageProgress(.writing, files: files.count, bytes: web.tree.bytes, report: progress)
        var finals: [FinalFile?] = Array(repeating: nil, count: files.count)
        for level in components.levels(web.edges) {
            let known = finals
            let written = try await Cores.map(count: level.count, threads: web.options.threads) { index in
                let members = components.list[level[index]]
                defer { for member in members { done.add(bytes: files[member].stamp.size) } }
                return try write(members, known: known)
            }
            for (index, final) in written.joined() { finals[index] = final }
        }
        return finals.compactMap { $0 }
    }

    /// One component: a single file, or a circle of them.
    private func write(_ members: [Int], known: [FinalFile?]) throws -> [(Int, FinalFile)] {
        guard members.count > 1 || members.contains(where: { web.edges[$0].contains($0) }) else {
            return try members.map { ($0, try writeSingle($0, known: known)) }
        }
        return try writeCircle(members, known: known)
    }

    private func writeSingle(_ index: Int, known: [FinalFile?]) throws -> FinalFile {
        let file = web.tree.files[index]
        if let source = web.bundledEncodings[index], isStale(index, encodes: source, known: known) {
            return FinalFile(name: file.name, digests: web.analyses[index].digests, isLeftOut: true)
        }
        if let final = unchanged([index], known: known)?.first, earlier?.take(final, of: file.name, into: folder) == true { return final }
        let analysis = web.analyses[index]
        let mayChange = !analysis.links.isEmpty || (web.options.usesImportMap && analysis.language == .html)
        guard mayChange, web.roles[index] != .fingerprinted else { return try copy(index) }
        let bytes = try FileBytes.read(file)
        let rewriting = editing.edits(of: index, try whole(index), bytes: bytes, final: { known[$0] }, placeholder: { _ in [] })
        if rewriting.isEmpty { return try copy(index) }
        let final = rewriting.apply(to: bytes)
        let digests = FileDigests.of(final, .init(name: file.name, options: web.options))
        var result = named(index, digests: digests, digits: digests.digits(web.options.hash))
        result.isEdited = true
        try folder.write(final, to: result.name, permissions: file.permissions)
        return result
    }

    private func isStale(_ index: Int, encodes source: Int, known: [FinalFile?]) -> Bool {
        guard let now = known[source], now.isEdited || now.name != web.tree.files[source].name,
            let coding = BundledEncodings.coding(of: web.tree.files[index].name)
        else { return false }
        return BundledEncodings.isEncoding(web.tree.files[index], coding, of: web.analyses[source].digests)
    }

    /// A file whose bytes stay.
    private func copy(_ index: Int) throws -> FinalFile {
        let digests = web.analyses[index].digests
        let result = named(index, digests: digests, digits: digests.digits(web.options.hash))
        try folder.copy(web.tree.files[index], to: result.name)
        return result
    }

    private func named(_ index: Int, digests: FileDigests, digits: String) -> FinalFile {
        let name = web.tree.files[index].name
        guard web.roles[index].isRenamed else { return FinalFile(name: name, digests: digests) }
        switch web.options.mode {
        case .name: return FinalFile(name: web.options.format.apply(to: name, digest: digits), digests: digests)
        case .query: return FinalFile(name: name, digests: digests, query: digits)
        case .none: return FinalFile(name: name, digests: digests)
        }
    }

    /// One digest for all: over the members in the order of their names, with what they call each other left open. So it does
    /// not depend on where one begins.
    private func writeCircle(_ members: [Int], known: [FinalFile?]) throws -> [(Int, FinalFile)] {
        if let finals = unchanged(members, known: known),
            zip(members, finals).allSatisfy({ earlier?.take($1, of: web.tree.files[$0].name, into: folder) == true })
        {
            return Array(zip(members, finals))
        }
        let analyses = try members.map(whole)
        let contents = try members.map { try FileBytes.read(web.tree.files[$0]) }
        let inside = Set(members)
        let outside: (Int) -> FinalFile? = { inside.contains($0) ? nil : known[$0] }
        var hashed: [UInt8] = []
        for ((member, analysis), bytes) in zip(zip(members, analyses), contents) {
            let open = editing.edits(of: member, analysis, bytes: bytes, final: outside) { target in
                [0] + Array("\(members.firstIndex(of: target) ?? 0)".utf8) + [0]
            }
            let text = open.apply(to: bytes)
            hashed += Array("\(web.tree.files[member].name)\u{0}\(text.count)\u{0}".utf8)
            hashed += text
        }
        let need = FileDigests.Need(name: "", options: web.options)
        let digits = FileDigests.of(hashed, need).digits(web.options.hash)
        // Without their name in the format the members would all be called the same.
        func digitsOfMember(_ member: Int) -> String {
            if web.options.format.hasName || web.options.mode != .name { return digits }
            return FileDigests.of(Array("\(digits) \(web.tree.files[member].name)".utf8), need).digits(web.options.hash)
        }
        var named = known
        for member in members {
            var final = self.named(member, digests: web.analyses[member].digests, digits: digitsOfMember(member))
            // Its final digest is known when all names are: nobody inside can state it.
            final.digests.sha384 = nil
            named[member] = final
        }
        return try zip(zip(members, analyses), contents).map { pair, bytes in
            let (member, analysis) = pair
            let file = web.tree.files[member]
            let rewriting = editing.edits(of: member, analysis, bytes: bytes, final: { named[$0] }, placeholder: { _ in [] })
            let final = rewriting.apply(to: bytes)
            var result = self.named(
                member, digests: .of(final, .init(name: file.name, options: web.options)), digits: digitsOfMember(member))
            result.isEdited = !rewriting.isEmpty
            result.isOfComponent = web.roles[member].isRenamed
            try folder.write(final, to: result.name, permissions: file.permissions)
            return (member, result)
        }
    }

    // MARK: What an earlier digest knew

    /// What became of these files then, if all that they need is as it was.
    private func unchanged(_ members: [Int], known: [FinalFile?]) -> [FinalFile]? {
        guard let earlier, !web.options.prefix.needsBuild else { return nil }
        var finals: [FinalFile] = []
        for member in members {
            guard web.analyses[member].isRecalled, let then = earlier.final(web.tree.files[member].name),
                then.isRenamed == web.roles[member].isRenamed, !(web.options.usesImportMap && web.analyses[member].language == .html)
            else { return nil }
            for target in web.edges[member] where !members.contains(target) {
                guard let now = known[target], let before = earlier.final(web.tree.files[target].name)?.file,
                    now.name == before.name, now.query == before.query, now.digests == before.digests
                else { return nil }
            }
            finals.append(then.file)
        }
        return finals
    }

    /// The analysis with the places of its links.
    private func whole(_ index: Int) throws -> FileAnalysis {
        web.analyses[index].isRecalled ? try reading.read(index) : web.analyses[index]
    }
}
