import Blobs
import Foundation
import Glibc
import Manifests
import Model
import State
import Testing

@testable import Releases

@Suite struct ReleaseStoreTests {
    @Test func whatWasPreparedIsAReleaseOnlyAfterTheCommit() async throws {
        let bench = try Bench()
        let prepared = try await bench.prepare(bench.place.site(["index.html": "1", "a.js": "22"]))
        #expect(try bench.store.database.releases(shop) == [])
        let made = try bench.store.commit(bench.claim(prepared, label: "first"), now: at(7))
        #expect(made.record.fileCount == 2)
        #expect(made.record.contentBytes == 3)
        #expect(made.record.label == "first")
        #expect(try bench.store.database.releases(shop).map(\.id) == [prepared.id])
        #expect(Encodings(path: bench.directory.encodingsPath(prepared.id), manifest: try bench.store.manifest(prepared.id)) != nil)
    }

    @Test func publishingTheSameAgainChangesNothing() async throws {
        let bench = try Bench()
        let first = try await bench.publish(["index.html": "1"])
        try bench.move(first, to: .current)
        let again = try await bench.publish(["index.html": "1"])
        #expect(again == first)
        #expect(try bench.store.database.releases(shop).map(\.state) == [.current])
    }

    @Test func aBlobThatWentAwayIsNoticedAtTheCommit() async throws {
        let bench = try Bench()
        let prepared = try await bench.prepare(bench.place.site(["index.html": "1", "a.js": "22"]))
        try bench.directory.blobs.remove(digest("22"))
        #expect(throws: ReleaseFault.missingBlob(digest("22"), name: "a.js")) { try bench.store.commit(bench.claim(prepared), now: at(0)) }
        #expect(try bench.store.database.releases(shop) == [])
    }

    @Test func aBlobOfAnotherSizeIsNoticedAtTheCommit() async throws {
        let bench = try Bench()
        let prepared = try await bench.prepare(bench.place.site(["a.js": "22"]))
        truncate(bench.directory.blobs.path(digest("22")), 1)
        #expect(throws: ReleaseFault.wrongSize(digest("22"), name: "a.js", expected: 2, found: 1)) {
            try bench.store.commit(bench.claim(prepared), now: at(0))
        }
    }

    @Test func aManifestThatIsNotThereOrNotItselfIsRefused() async throws {
        let bench = try Bench()
        let prepared = try await bench.prepare(bench.place.site(["a.js": "22"]))
        bench.damage(bench.directory.manifestPath(prepared.id), at: 300)
        #expect(throws: (any Error).self) { try bench.store.commit(bench.claim(prepared), now: at(0)) }
        unlink(bench.directory.manifestPath(prepared.id))
        #expect(throws: ReleaseFault.missingManifest(prepared.id)) { try bench.store.commit(bench.claim(prepared), now: at(0)) }
        #expect(try bench.store.database.releases(shop) == [])
    }

    @Test func aPublishThatWasGivenUpMakesNoRelease() async throws {
        let bench = try Bench()
        let prepared = try await bench.prepare(bench.place.site(["a.js": "22"]))
        #expect(throws: StateError.publishNotOpen("gone")) { try bench.store.commit(bench.claim(prepared, publish: "gone"), now: at(0)) }
        try bench.store.database.beginPublish("p", site: shop, now: at(0))
        _ = try bench.store.commit(bench.claim(prepared, publish: "p"), now: at(1))
        #expect(try bench.store.database.openPublishes(now: at(1), staleAfter: .seconds(60)) == [])
    }

    @Test func aTakenLabelIsRefusedAndNothingChanges() async throws {
        let bench = try Bench()
        let first = try await bench.publish(["a": "1"], label: "v1")
        await #expect(throws: StateError.labelTaken("v1", by: first)) { try await bench.publish(["a": "2"], label: "v1") }
        #expect(try bench.store.database.releases(shop).map(\.id) == [first])
    }
}

@Suite struct ReleaseDiffTests {
    @Test func addedChangedGoneAndSameAreTold() async throws {
        let bench = try Bench()
        let old = try await bench.publish(["same": "s", "changed": "1", "gone": "g", "moved": "m"])
        let new = try await bench.publish(["same": "s", "changed": "22", "added": "aaa", "moved-here": "m"])
        let diff = ReleaseDiff(from: try bench.store.manifest(old), to: try bench.store.manifest(new), encodings: nil)
        #expect(diff.added.map(\.name) == ["added", "moved-here"])
        #expect(diff.changed.map(\.name) == ["changed"])
        #expect(diff.changed.first?.oldSize == 1 && diff.changed.first?.newSize == 2)
        #expect(diff.gone.map(\.name) == ["gone", "moved"])
        #expect(diff.sameCount == 1)
        // What only moved is in the old release already.
        #expect(diff.newBytes == 5)
    }

    @Test func aReleaseDoesNotDifferFromItself() async throws {
        let bench = try Bench()
        let id = try await bench.publish(["a": "1", "b": "2"])
        let manifest = try bench.store.manifest(id)
        let diff = ReleaseDiff(from: manifest, to: manifest, encodings: nil)
        #expect(diff.added.isEmpty && diff.changed.isEmpty && diff.gone.isEmpty && diff.newBytes == 0 && diff.sameCount == 2)
    }
}

@Suite struct ReleaseExportTests {
    static let files = ["index.html": "<p>", "a/b/c.js": "let c", ".well-known/x": "", "é.txt": "é"]

    @Test func whatComesOutIsWhatWentInAndPublishesAsTheSameRelease() async throws {
        let bench = try Bench()
        let id = try await bench.publish(Self.files)
        try ReleaseExport(directory: bench.directory).run(id, to: "\(bench.place.path)/out")
        for (name, text) in Self.files {
            #expect(FileManager.default.contents(atPath: "\(bench.place.path)/out/\(name)") == Data(text.utf8))
        }
        #expect(try await bench.prepare("\(bench.place.path)/out").id == id)
    }

    @Test func aFolderWithSomethingInItIsLeftAlone() async throws {
        let bench = try Bench()
        let id = try await bench.publish(Self.files)
        let target = bench.place.site(["mine": "x"], in: "out")
        #expect(throws: ReleaseFault.targetNotEmpty(target)) { try ReleaseExport(directory: bench.directory).run(id, to: target) }
        #expect(FileReader.names(in: target) == ["mine"])
    }

    @Test func aDamagedContentIsNotExported() async throws {
        let bench = try Bench()
        let id = try await bench.publish(Self.files)
        bench.damage(bench.directory.blobs.path(digest("let c")))
        #expect { try ReleaseExport(directory: bench.directory).run(id, to: "\(bench.place.path)/out") } throws: {
            if case BlobError.wrongContent = $0 { true } else { false }
        }
    }
}
