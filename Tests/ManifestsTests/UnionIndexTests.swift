import Model
import Names
import TestSeeds
import Testing

@testable import Manifests

/// The union index against a search through every release, over seeded random sites.
@Suite struct UnionIndexTests {
    private let folder = TemporaryFolder()

    private func merged(_ manifests: [Manifest]) throws -> MergedIndex {
        try #require(MergedIndex(path: folder.write(MergedIndex.image(of: manifests), as: "union")))
    }

    private func find(_ index: UnionIndex, _ name: String) -> UnionIndex.Hit? {
        Array(name.utf8).withUnsafeBytes { index.find(fingerprinted: $0) }
    }

    private func find(_ index: UnionIndex, _ name: String, claim: DigestClaim) -> UnionIndex.Hit? {
        Array(name.utf8).withUnsafeBytes { index.find($0, claim: claim) }
    }

    private func hexadecimal(_ digests: ContentDigests, _ kind: DigestKind) -> String {
        digests.withBytes(of: kind) { Hexadecimal.string($0) }
    }

    /// The newest release with such an entry, by looking at all of them.
    private func search(_ releases: [Manifest], where fits: (ManifestEntry) -> Bool) -> UnionIndex.Hit? {
        for (position, release) in releases.enumerated() {
            for entry in 0..<release.count where fits(release[entry]) { return UnionIndex.Hit(release: position, entry: entry) }
        }
        return nil
    }

    @Test(arguments: 0..<60) func randomSitesAnswerAsASearchThroughAllReleases(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let names = (0..<30).map { "n\($0)" }
        // Oldest first while they are made: a name usually keeps content and class, and sometimes does not.
        var history: [Manifest] = []
        for _ in 0..<Int.random(in: 0...16, using: &generator) {
            let held = names.filter { _ in Int.random(in: 0..<3, using: &generator) > 0 }
            history.insert(
                try folder.publish(
                    held.map { name in
                        let content =
                            Int.random(in: 0..<10, using: &generator) < 7 ? name : "\(name) \(Int.random(in: 0..<3, using: &generator))"
                        let nameClass =
                            Int.random(in: 0..<10, using: &generator) < 7
                            ? NameClass.strong : NameClass.allCases.randomElement(using: &generator)!
                        return ManifestEntry(name, content: content, nameClass)
                    }), at: 0)
        }
        // The same entries give the same release, which a site holds once.
        var known: Set<ReleaseID> = []
        history = history.filter { known.insert($0.id).inserted }
        let mergedCount = Int.random(in: 0...history.count, using: &generator)
        let index = try merged(Array(history.suffix(mergedCount)))
        let releases = history.filter { _ in Int.random(in: 0..<4, using: &generator) > 0 }
        let union = UnionIndex(releases: releases, merged: mergedCount == 0 && Bool.random(using: &generator) ? nil : index)

        for name in names + ["absent", ""] {
            #expect(find(union, name) == search(releases) { $0.name == name && $0.nameClass.isFingerprinted }, "\(name)")
            let contents = Set(history.flatMap { release in release.find(name).map { [release.digests(at: $0)] } ?? [] })
            for digests in contents {
                for kind in DigestKind.allCases {
                    let digits = Array(hexadecimal(digests, kind).utf8)
                    let claim = try #require(digits.withUnsafeBufferPointer { DigestClaim(digits: $0) })
                    #expect(
                        find(union, name, claim: claim) == search(releases) { $0.name == name && $0.digests == digests }, "\(name) \(kind)")
                }
            }
        }
    }

    @Test func d5AnUnchangedNameStandsForTheNewestReleaseThatHoldsIt() throws {
        let shared = ManifestEntry("app-1.js", content: "one", .strong)
        let old = try folder.publish([shared, ManifestEntry("page", content: "v1")])
        let new = try folder.publish([shared, ManifestEntry("page", content: "v2")])
        let union = UnionIndex(releases: [new, old], merged: try merged([new, old]))
        #expect(find(union, "app-1.js")?.release == 0)
        #expect(find(union, "page") == nil)
    }

    @Test func aNameOfARemovedReleaseIsFoundInTheOthers() throws {
        let shared = ManifestEntry("app-1.js", content: "one", .strong)
        let old = try folder.publish([shared])
        let new = try folder.publish([shared, ManifestEntry("only-new.js", content: "x", .strong)])
        let union = UnionIndex(releases: [old], merged: try merged([new, old]))
        #expect(find(union, "app-1.js") == UnionIndex.Hit(release: 0, entry: 0))
        #expect(find(union, "only-new.js") == nil)
        #expect(union.wantsMerge)
    }

    @Test func aWeakerClassOfTheSameContentDoesNotHideAStrongerOne() throws {
        let old = try folder.publish([ManifestEntry("icon-a1b2c3d4.svg", content: "x", .strong)])
        let new = try folder.publish([ManifestEntry("icon-a1b2c3d4.svg", content: "x", .suspected)])
        let union = UnionIndex(releases: [new, old], merged: try merged([new, old]))
        #expect(find(union, "icon-a1b2c3d4.svg")?.release == 1)
    }

    @Test func aMergeIsDueAfterEightReleases() throws {
        let releases = try (0..<10).map { try folder.publish([ManifestEntry("page", content: "\($0)")]) }
        #expect(!UnionIndex(releases: Array(releases.prefix(8)), merged: nil).wantsMerge)
        #expect(UnionIndex(releases: Array(releases.prefix(9)), merged: nil).wantsMerge)
        let index = try merged(Array(releases.suffix(2)))
        #expect(!UnionIndex(releases: releases, merged: index).wantsMerge)
        #expect(find(UnionIndex(releases: releases, merged: nil), "page") == nil)
    }

    @Test func aDamagedIndexIsRefusedAndStaysWithinItsBounds() throws {
        let releases = try (0..<4).map { number in
            try folder.publish((0..<20).map { ManifestEntry("n\($0)", content: "\($0 * number)", .strong) })
        }
        let image = MergedIndex.image(of: releases)
        var generator = SeededGenerator(seed: 11)
        var opened = 0
        for round in 0..<4000 {
            var bytes = image
            if round.isMultiple(of: 5) {
                bytes.removeLast(Int.random(in: 1...bytes.count, using: &generator))
            } else {
                let range = round.isMultiple(of: 2) ? 0..<32 : 0..<bytes.count
                for _ in 0..<Int.random(in: 1...12, using: &generator) {
                    bytes[Int.random(in: range, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
                }
            }
            // A damaged file is refused, so that it is made again.
            if bytes != image { #expect(MergedIndex(path: folder.write(bytes, as: "damaged")) == nil) }
            // And one whose checksum is right leads nowhere it should not.
            if bytes.count >= 32 { MergedIndex.seal(&bytes) }
            guard let index = MergedIndex(path: folder.write(bytes, as: "damaged")) else { continue }
            opened += 1
            let union = UnionIndex(releases: releases, merged: index)
            for number in 0..<22 {
                guard let hit = find(union, "n\(number)") else { continue }
                #expect(releases[hit.release].name(at: hit.entry) == "n\(number)")
            }
        }
        #expect(opened > 100)
    }

    @Test func anIndexThatIsMissingOrOfAnotherFormatIsRefused() throws {
        #expect(MergedIndex(path: "\(folder.path)/none") == nil)
        var bytes = MergedIndex.image(of: [])
        #expect(MergedIndex(path: folder.write(bytes, as: "union"))?.releases == [])
        bytes[8] = 1
        MergedIndex.seal(&bytes)
        #expect(MergedIndex(path: folder.write(bytes, as: "union")) == nil)
    }
}
