import Files
import Model
import References
import TestSeeds
import Testing

@testable import Fingerprinting

/// Webs of files from a seed, with circles, queries and folders: after a digest every reference leads to a file, and every name
/// is what its content says.
@Suite struct RandomWebTests {
    private struct Web {
        var files: [String: String] = [:]

        init(_ random: inout SeededGenerator) {
            let folders = ["", "js/", "css/", "a b/", "js/deep/er/"]
            var names: [String] = []
            for index in 0..<Int.random(in: 2...24, using: &random) {
                let ext = ["js", "css", "png", "html", "svg", "js.map"].randomElement(using: &random) ?? "js"
                names.append("\(folders.randomElement(using: &random) ?? "")f\(index).\(ext)")
            }
            for name in names {
                var text = "file \(name)\n"
                for _ in 0..<Int.random(in: 0...4, using: &random) {
                    let target = names.randomElement(using: &random) ?? name
                    let role = name.hasSuffix(".js") ? "module" : "image"
                    text += "@\(role) \(Self.write(target, from: name, &random))\n"
                    if Bool.random(using: &random) { text += "noise \(Int.random(in: 0...9, using: &random))\n" }
                }
                files[name] = text
            }
        }

        static func write(_ target: String, from name: String, _ random: inout SeededGenerator) -> String {
            let escaped = target.replacing(" ", with: "%20")
            let tail = ["", "", "?x=1", "#part"].randomElement(using: &random) ?? ""
            if Bool.random(using: &random) { return "/" + escaped + tail }
            let up = String(repeating: "../", count: TreePath.folder(of: name).split(separator: "/").count)
            return "./" + up + escaped + tail
        }
    }

    @Test(arguments: 0..<60) func everyReferenceLeadsToWhatItsNameSays(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let web = Web(&random)
        let place = Place()
        _ = place.tree(web.files)
        let modes = DigestOptions.Mode.allCases
        let options = plainOptions {
            $0.mode = modes[seed % 3]
            $0.hash = seed % 2 == 0 ? .sha256 : .md5
            $0.threads = 1 + seed % 2
        }
        let report = try await place.digest("in", to: "out", options)
        let out = place.read("out")
        let tree = BuildTree(
            root: "",
            files: out.keys.map { .init(name: $0, path: "", stamp: FileStamp(size: 0, inode: 0, modified: 0, changed: 0), permissions: 0) })
        let resolver = Resolver(tree: tree, prefix: .none)
        for (key, entry) in report.manifest.entries {
            let bytes = try #require(out[entry.path])
            #expect(entry.digest.hex == sha256(bytes))
            let original = Array((web.files[key] ?? "").utf8)
            guard let language = TestReader.language(of: key) else { continue }
            let before = TestReader.read(original, language).references
            let after = TestReader.read(bytes, language).references
            #expect(before.count == after.count)
            for (old, new) in zip(before, after) {
                guard case .file(let index) = resolver.resolve(new, from: resolver.base(of: entry.path, declared: nil, language: language))
                else {
                    Issue.record("seed \(seed): \(entry.path) refers to \(new.target), which is nowhere")
                    continue
                }
                let oldName = Self.name(old.target, from: key)
                let expected = try #require(report.manifest.entries[oldName])
                #expect(tree.files[index].name == expected.path)
                if options.mode == .query, let query = expected.name.split(separator: "?").dropFirst().first {
                    #expect(new.target.contains(query))
                }
                #expect(AddressText(old.target).fragment == AddressText(new.target).fragment)
            }
            #expect(Self.skeleton(original, before) == Self.skeleton(bytes, after), "bytes outside references changed")
            if options.mode == .name, entry.path != key, !entry.isOfComponent, options.hash == .sha256 {
                #expect(entry.path.contains(sha256(bytes).prefix(16)))
            }
        }
        try await place.digest("out", to: "again", options)
        #expect(place.read("again") == out, "seed \(seed)")
    }

    private static func name(_ target: String, from file: String) -> String {
        TreePath.resolve(PathEscape.undo(AddressText(target).path) ?? "", from: TreePath.folder(of: file))
    }

    /// The file without its references.
    private static func skeleton(_ bytes: [UInt8], _ references: [Reference]) -> [UInt8] {
        var out: [UInt8] = []
        var at = 0
        for reference in references {
            out += bytes[at..<reference.span.lowerBound] + [0]
            at = reference.span.upperBound
        }
        return out + bytes[at...]
    }
}
