import Model
import Names
import TestSeeds
import Testing

@testable import Manifests

@Suite struct ManifestImageTests {
    private let small = [
        ManifestEntry("index.html", content: "<h1>shop</h1>"),
        ManifestEntry("js/core-65b61c1a.js", content: "let core = 1", .proven),
        ManifestEntry("css/größe.css", content: "", .strong),
    ]

    @Test func theOrderOfTheInputDoesNotMatter() throws {
        let entries = manyEntries(500)
        let first = try ManifestImage(entries)
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<10 {
            let again = try ManifestImage(entries.shuffled(using: &generator))
            #expect(again.id == first.id)
            #expect(again.bytes == first.bytes)
        }
    }

    @Test func theFormatIsFixed() throws {
        let image = try ManifestImage(small)
        #expect(image.bytes.count == 96 + 48 + 3 * 96 + 8 * 16)
        #expect(image.id.hex == "af1c4a9b79b5fccf1a8a1ad7da6c1889adfb75186d35ec914d96676fd1a5742a")
    }

    @Test func theIDIsTheDigestOfTheBytes() throws {
        let image = try ManifestImage(small)
        #expect(image.bytes.withUnsafeBytes { ContentDigest(of: $0) } == image.id.digest)
    }

    @Test func everyFieldOfAnEntryIsPartOfTheID() throws {
        let id = try ManifestImage(small).id
        var changed = small
        changed[0].size += 1
        #expect(try ManifestImage(changed).id != id)
        changed = small
        changed[1].nameClass = .declared
        #expect(try ManifestImage(changed).id != id)
        changed = small
        changed[2].name += "x"
        #expect(try ManifestImage(changed).id != id)
        changed = small
        changed[2].digests = small[0].digests
        #expect(try ManifestImage(changed).id != id)
    }

    @Test func emptyNamesAreRefused() {
        #expect(throws: ManifestError.emptyName) { try ManifestImage([ManifestEntry("", content: "x")]) }
    }

    @Test func aNameMayBe4096BytesAndNoMore() throws {
        let longest = String(repeating: "n", count: 4096)
        #expect(try TemporaryFolder().publish([ManifestEntry(longest, content: "x")]).find(longest) == 0)
        let tooLong = String(repeating: "ü", count: 2049)
        #expect(throws: ManifestError.nameTooLong(tooLong)) { try ManifestImage([ManifestEntry(tooLong, content: "x")]) }
    }

    @Test func aNameStandsOnce() {
        let twice = [ManifestEntry("b", content: "1"), ManifestEntry("a", content: "1"), ManifestEntry("b", content: "2")]
        #expect(throws: ManifestError.repeatedName("b")) { try ManifestImage(twice) }
    }

    @Test func twoSpellingsOfOneCharacterAreTwoNames() throws {
        let names = ["caf\u{e9}.js", "cafe\u{301}.js"]
        #expect(names[0] == names[1])
        let folder = TemporaryFolder()
        let manifest = try folder.publish(names.enumerated().map { ManifestEntry($1, content: "\($0)") })
        try manifest.verify()
        #expect(manifest.count == 2)
        #expect(manifest.find(names[0]) != manifest.find(names[1]))
    }
}
