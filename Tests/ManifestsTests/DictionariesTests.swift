import Model
import Names
import Testing

@testable import Manifests

@Suite struct DictionariesTests {
    private let folder = TemporaryFolder()

    private func digest(_ text: String) -> ContentDigest { Array(text.utf8).withUnsafeBytes { ContentDigest(of: $0) } }
    private func release(_ text: String) -> ReleaseID { ReleaseID(digest(text)) }
    private let large = String(repeating: "x", count: 2000)

    private func manifest(_ files: [(String, String)]) throws -> Manifest {
        try folder.publish(
            files.map { name, content in
                var entry = ManifestEntry(name, content: content)
                entry.nameClass = .strong
                return entry
            })
    }

    @Test func theLargestOfALogicalNameIsOffered() throws {
        let release = try manifest([
            ("a/index-0123456789abcdef.js", large), ("a/index-1123456789abcdef.js", large + "y"), ("b/index-2123456789abcdef.js", large),
            ("a/index-3123456789abcdef.css", large + "z"), ("small-0123456789abcdef.js", "tiny"), ("logo-0123456789abcdef.png", large),
        ])
        let names = DictionaryOffers(release).advertised(in: release).map { release.name(at: $0) }
        #expect(names == ["a/index-1123456789abcdef.js", "a/index-3123456789abcdef.css", "b/index-2123456789abcdef.js"])
    }

    @Test func aContentThatStayedNeedsNoDictionary() throws {
        let old = try manifest([
            ("a-0123456789abcdef.js", large), ("b-0123456789abcdef.js", large + "old"), ("c-0123456789abcdef.js", large + "c"),
        ])
        let new = try manifest([
            ("a-0123456789abcdef.js", large), ("b-1123456789abcdef.js", large + "new"), ("d-0123456789abcdef.js", large + "d"),
        ])
        let uses = DictionaryOffers(new).uses(of: DictionaryOffers(old), in: new)
        #expect(uses.map { new.name(at: $0.entry) } == ["b-1123456789abcdef.js"])
        #expect(uses.first?.dictionary == DictionaryOffers.Offer(content: digest(large + "old"), size: 2003))
    }

    private func image(_ manifest: Manifest) -> DictionariesImage {
        DictionariesImage(
            manifest: manifest, advertised: [0, 3, 7],
            deltas: [
                EntryDelta(entry: 7, dictionary: digest("d"), offeredBy: release("r"), blob: digest("7d"), size: 1 << 40),
                EntryDelta(entry: 3, dictionary: digest("d"), offeredBy: release("r"), blob: digest("3d"), size: 3),
                EntryDelta(entry: 3, dictionary: digest("d"), offeredBy: release("s"), blob: digest("3d"), size: 3),
                EntryDelta(entry: 3, dictionary: digest("e"), offeredBy: release("s"), blob: digest("3e"), size: 4),
            ])
    }

    @Test func whatIsWrittenComesBack() throws {
        let manifest = try folder.publish((0..<9).map { ManifestEntry("f\($0)", content: "\($0)") })
        let found = try #require(Dictionaries(path: folder.write(image(manifest).bytes, as: "dictionaries"), manifest: manifest))
        #expect((0..<9).filter(found.advertises) == [0, 3, 7])
        #expect(!found.advertises(-1) && !found.advertises(9))
        #expect(found.find(7, dictionary: digest("d")) { _ in true }?.size == 1 << 40)
        #expect(found.find(3, dictionary: digest("e")) { _ in true }?.blob == digest("3e"))
        #expect(found.find(3, dictionary: digest("d")) { $0 == release("s") }?.offeredBy == release("s"))
        #expect(found.find(3, dictionary: digest("e")) { $0 == release("r") } == nil)
        #expect(found.find(3, dictionary: digest("f")) { _ in true } == nil)
        for entry in [-1, 0, 4, 8, 9] { #expect(found.find(entry, dictionary: digest("d")) { _ in true } == nil) }
    }

    @Test func aFileThatIsMissingDamagedOrOfAnotherReleaseIsRefused() throws {
        let manifest = try folder.publish((0..<9).map { ManifestEntry("f\($0)", content: "\($0)") })
        let other = try folder.publish((0..<9).map { ManifestEntry("g\($0)", content: "\($0)") })
        let bytes = image(manifest).bytes
        #expect(Dictionaries(path: "\(folder.path)/none", manifest: manifest) == nil)
        #expect(Dictionaries(path: folder.write(bytes, as: "dictionaries"), manifest: other) == nil)
        for offset in 0..<52 {
            var damaged = bytes
            damaged[offset] ^= 1
            #expect(Dictionaries(path: folder.write(damaged, as: "damaged"), manifest: manifest) == nil, "byte \(offset)")
        }
        for count in [0, 55, bytes.count - 1] {
            #expect(Dictionaries(path: folder.write(bytes.prefix(count), as: "short"), manifest: manifest) == nil)
        }
    }
}
