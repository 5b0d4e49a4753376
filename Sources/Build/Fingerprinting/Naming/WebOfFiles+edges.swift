import References

/// What must be known before what.
extension WebOfFiles {
    /// Whether the text of a reference is left to an import map.
    func isLeftToImportMap(_ link: Link) -> Bool {
        guard options.usesImportMap else { return false }
        if link.role == .importMapKey { return true }
        guard link.role == .module || link.role == .dynamicModule, case .javaScriptString? = link.notation.first else { return false }
        return true
    }

    /// Whether a link's integrity is written.
    func writesIntegrity(_ link: Link) -> Bool {
        switch link.integrity {
        case .value: true
        case .absent: options.insertsIntegrity && [.script, .module, .styleSheet].contains(link.role)
        case nil: false
        }
    }

    /// Whether the name of a link's target says what its content is, so that a change of it is a change of whoever names it.
    func needsName(_ link: Link) -> Bool { roles[link.target].isRenamed && !isLeftToImportMap(link) }

    func neededFirst(by file: Int) -> [Int] {
        if let source = bundledEncodings[file] { return [source] }
        if roles[file] == .fingerprinted { return [] }
        var needed = Set(analyses[file].links.filter { needsName($0) || writesIntegrity($0) }.map(\.target))
        if options.usesImportMap, analyses[file].language == .html { needed.formUnion(modulesThroughImportMap(of: file)) }
        return needed.sorted()
    }

    /// What the modules of a page ask its import map for, and the modules found there in turn; in ascending order.
    func modulesThroughImportMap(of page: Int) -> [Int] {
        var seen: Set<Int> = [page]
        var mapped: Set<Int> = []
        var open = [page]
        while let file = open.popLast() {
            for link in analyses[file].links where Self.running.contains(link.role) {
                if isLeftToImportMap(link), link.role != .importMapKey, roles[link.target].isRenamed { mapped.insert(link.target) }
                if seen.insert(link.target).inserted { open.append(link.target) }
            }
        }
        return mapped.sorted()
    }
}
