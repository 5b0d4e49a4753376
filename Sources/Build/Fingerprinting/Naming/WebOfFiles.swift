import Files
import Model
import Names
import References

/// The files of a tree, what each becomes, and what each needs of the others before its own name is known.
///
/// Decided from the analyses alone: no byte is read here.
struct WebOfFiles: Sendable {
    let tree: BuildTree
    let options: DigestOptions
    private(set) var analyses: [FileAnalysis]
    private(set) var roles: [FileRole]
    /// Files that somebody may ask for by their plain name although they are renamed.
    private(set) var isNeededPlain: [Bool]
    private(set) var findings: [Finding] = []
    /// For each file those whose final name or bytes must be known before its own bytes are.
    private(set) var edges: [[Int]] = []
    /// What a bundler encoded beside a file, and that file.
    let bundledEncodings: [Int: Int]

    /// - Parameter carried: what an earlier digest said of this very tree; nil where there was none.
    /// - Parameter listed: names that other tools' manifests declare.
    init(
        tree: BuildTree, analyses: [FileAnalysis], options: DigestOptions, resolver: Resolver, carried: CarriedNames,
        listed: Set<String> = []
    ) {
        self.tree = tree
        self.options = options
        self.analyses = analyses
        bundledEncodings = BundledEncodings.candidates(tree, analyses)
        roles = Self.roles(tree, analyses, options, carried, listed)
        isNeededPlain = Array(repeating: false, count: tree.files.count)
        followCarriedMaps(carried)
        placeLooseLinks(resolver)
        bindByUse()
        keepPlainNames(carried)
        edges = tree.files.indices.map { neededFirst(by: $0) }
        collectFindings(resolver)
    }

    // MARK: Roles

    private static func roles(
        _ tree: BuildTree, _ analyses: [FileAnalysis], _ options: DigestOptions, _ carried: CarriedNames,
        _ listed: Set<String>
    ) -> [FileRole] {
        let nothing = ContentDigests(of: UnsafeRawBufferPointer(start: nil, count: 0))
        let classes = NameClassifier.classify(
            files: zip(tree.files, analyses).map { ($0.name, $1.proofs ?? nothing) }, listed: carried.fingerprinted.union(listed))
        return zip(tree.files, classes).map { file, nameClass in
            let role = FileRole.byName(file.name, keep: options.keep, rename: options.rename)
            if role == .document(.asked) { return role }
            if nameClass.isFingerprinted { return .fingerprinted }
            if role == .renamed, options.mode == .none || carried.plain.contains(file.name) { return .document(.asked) }
            return role
        }
    }

    /// Some files keep their name because of how they are used.
    private mutating func bindByUse() {
        for (file, analysis) in analyses.enumerated() {
            for link in analysis.links where roles[link.target].isRenamed {
                if link.role == .serviceWorker { roles[link.target] = .document(.serviceWorker) }
            }
            for folder in analysis.importMapFolders {
                for (index, other) in tree.files.enumerated() where roles[index].isRenamed && other.name.hasPrefix(folder) {
                    roles[index] = .document(.importMapFolder)
                }
            }
            // What carries a digest already is never edited, so what it names must be there by that name.
            if roles[file] == .fingerprinted {
                for link in analysis.links { isNeededPlain[link.target] = true }
            }
        }
    }

    private mutating func keepPlainNames(_ carried: CarriedNames) {
        switch options.plainNames {
        case .drop: return
        case .keep: isNeededPlain = isNeededPlain.map { _ in true }
        case .auto:
            // The chunk table of a bundler's runtime is no reference that a reader sees.
            let hasBundles = tree.files.indices.contains { index in
                let name = tree.files[index].name
                return roles[index] == .fingerprinted && !carried.fingerprinted.contains(name)
                    && ["js", "mjs"].contains(TreePath.fileExtension(of: name))
            }
            var isNamed = Array(repeating: false, count: tree.files.count)
            for analysis in analyses {
                for link in analysis.links { isNamed[link.target] = true }
            }
            for index in isNamed.indices where hasBundles || !isNamed[index] { isNeededPlain[index] = true }
        }
    }

    /// Modules of an earlier output that name each other by what their page's import map leads on: they are links all the same.
    private mutating func followCarriedMaps(_ carried: CarriedNames) {
        guard !carried.keys.isEmpty else { return }
        let named = Dictionary(carried.keys.map { ($0.value, $0.key) }, uniquingKeysWith: { min($0, $1) })
        for index in analyses.indices where !analyses[index].missing.isEmpty {
            for missing in analyses[index].missing {
                guard let target = named[missing.name].flatMap({ tree[$0] }) else { continue }
                var link = missing.link
                link.target = target
                analyses[index].links.append(link)
            }
            analyses[index].links.sort { $0.span.lowerBound < $1.span.lowerBound }
        }
    }

    // MARK: Links relative to pages

    /// `new Worker("w.js")` starts from the page: if all pages that run the script mean one file, it is that file.
    private mutating func placeLooseLinks(_ resolver: Resolver) {
        guard analyses.contains(where: { !$0.loose.isEmpty }) else { return }
        let users = scriptUsers()
        for index in analyses.indices {
            for (link, path, position) in analyses[index].loose {
                let folders = pageFolders(of: index, users)
                let candidates = folders.isEmpty ? ["", TreePath.folder(of: tree.files[index].name)] : folders
                var found: Set<Int> = []
                for folder in candidates {
                    if case .file(let target) = resolver.find(TreePath.resolve(path, from: folder), role: link.role) {
                        found.insert(target)
                    }
                }
                if found.isEmpty {
                    let name = TreePath.resolve(path, from: candidates.first ?? "")
                    analyses[index].missing.append(
                        MissingReference(target: link.address, name: name, isCertain: false, position: position, link: link))
                } else if found.count == 1, let target = found.first, !folders.isEmpty || link.role == .serviceWorker {
                    var link = link
                    link.target = target
                    analyses[index].links.append(link)
                } else {
                    for target in found {
                        isNeededPlain[target] = true
                        if link.role == .serviceWorker, roles[target].isRenamed { roles[target] = .document(.serviceWorker) }
                    }
                }
            }
            analyses[index].loose = []
        }
    }

    /// What runs a file as a script.
    static let running: Set<Reference.Role> = [.script, .module, .dynamicModule, .preload]

    /// For each file those that run it as a script.
    private func scriptUsers() -> [[Int]] {
        var users: [[Int]] = Array(repeating: [], count: tree.files.count)
        for (index, analysis) in analyses.enumerated() {
            for link in analysis.links where Self.running.contains(link.role) { users[link.target].append(index) }
        }
        return users
    }

    /// The folders of the pages that come to run a script, sorted.
    private func pageFolders(of script: Int, _ users: [[Int]]) -> [String] {
        var seen: Set<Int> = [script]
        var open = [script]
        var folders: Set<String> = []
        while let file = open.popLast() {
            for user in users[file] where seen.insert(user).inserted {
                if analyses[user].language == .html, let folder = analyses[user].folder { folders.insert(folder) }
                open.append(user)
            }
        }
        return folders.sorted()
    }

    // MARK: Findings

    private mutating func collectFindings(_ resolver: Resolver) {
        let keys = analyses.reduce(into: Set<String>()) { $0.formUnion($1.importMapKeys) }
        let folders = keys.filter { $0.hasSuffix("/") || $0.isEmpty }
        var nearest: NearestName?
        for (index, analysis) in analyses.enumerated() {
            findings += analysis.faults
            for missing in analysis.missing where !keys.contains(missing.name) && !folders.contains(where: missing.name.hasPrefix) {
                let names = nearest ?? NearestName(tree.files.map(\.name))
                nearest = names
                let isError = missing.isCertain && options.missing == .error
                findings.append(
                    Finding(
                        severity: isError ? .error : .warning, file: tree.files[index].name, position: missing.position,
                        message: "\"\(missing.target)\" leads nowhere: there is no \(missing.name)\(names.hint(for: missing.name))"))
            }
        }
        findings.sort(by: Finding.precedes)
    }
}
