import Files
import References

/// Puts together what `manifest.json` says.
struct ManifestMaking: Sendable {
    let web: WebOfFiles
    let carried: CarriedNames
    let finals: [FinalFile]
    /// Renamed files that are there by their plain name, too.
    let plain: Set<Int>

    func manifest(build: String) -> BuildManifest {
        var entries: [String: BuildManifest.Entry] = [:]
        for (index, final) in finals.enumerated() where !final.isLeftOut {
            let name = web.tree.files[index].name
            // The plain one of a pair that an earlier digest made is described by its fellow.
            if carried.plain.contains(name) { continue }
            let key = key(of: index)
            if web.roles[index] == .fingerprinted, entries[key]?.path == final.name { continue }
            entries[key] = BuildManifest.Entry(
                name: final.query.map { "\(final.name)?\($0)" } ?? final.name, digest: final.digests.sha256, size: final.digests.size,
                integrity: final.digests.integrity, encodings: final.encodings,
                isOfComponent: !isFixed(index) && (final.isOfComponent || carried.ofComponent.contains(name)), isFixed: isFixed(index),
                isPlain: plain.contains(index) || carried.plain.contains(key),
                others: .init(md5: final.digests.md5, sha512: final.digests.sha512))
        }
        return BuildManifest(build: build, entries: entries, imports: imports(), preload: preload())
    }

    private func isFixed(_ index: Int) -> Bool {
        let isNewlyFixed = web.options.mode == .name && !web.options.format.hasDigest && web.roles[index].isRenamed
        return isNewlyFixed || carried.fixed.contains(web.tree.files[index].name)
    }

    /// What a source calls the file.
    private func key(of index: Int) -> String {
        let name = web.tree.files[index].name
        return carried.keys[name] ?? name
    }

    private func address(_ index: Int) -> String {
        let final = finals[index]
        return web.options.prefix.isNone || !isAsset(index)
            ? "/" + PathEscape.make(final.name, isRaw: false) + (final.query.map { "?" + $0 } ?? "")
            : "/" + PathEscape.make(final.name, isRaw: false)
    }

    private func isAsset(_ index: Int) -> Bool { web.roles[index].isRenamed || web.roles[index] == .fingerprinted }

    private func imports() -> [String: String] {
        var out: [String: String] = [:]
        for index in finals.indices where ["js", "mjs"].contains(TreePath.fileExtension(of: web.tree.files[index].name)) {
            let key = key(of: index)
            if key != finals[index].name || finals[index].query != nil { out["/" + PathEscape.make(key, isRaw: false)] = address(index) }
        }
        return out
    }

    /// What each page will fetch: its styles and modules, and all that these import statically, in the order in which they are met.
    private func preload() -> [String: [String]] {
        var out: [String: [String]] = [:]
        for (index, analysis) in web.analyses.enumerated() where analysis.language == .html {
            var seen: Set<Int> = [index]
            var names: [String] = []
            var queue = [index]
            var at = 0
            while at < queue.count {
                for link in web.analyses[queue[at]].links where Self.isNeededAtOnce(link) && seen.insert(link.target).inserted {
                    queue.append(link.target)
                    names.append(finals[link.target].query.map { "\(finals[link.target].name)?\($0)" } ?? finals[link.target].name)
                }
                at += 1
            }
            if !names.isEmpty { out[web.tree.files[index].name] = names }
        }
        return out
    }

    private static func isNeededAtOnce(_ link: Link) -> Bool { [.module, .script, .styleSheet].contains(link.role) }
}
