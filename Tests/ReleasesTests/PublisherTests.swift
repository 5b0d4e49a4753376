import Blobs
import Files
import Foundation
import Glibc
import Manifests
import Model
import Names
import State
import Synchronization
import Testing

@testable import Releases

@Suite struct PublisherTests {
    @Test func theSameFolderGivesTheSameReleaseFromAnyPlaceAndTime() async throws {
        let bench = try Bench()
        let files = ["index.html": "<p>1", "a/app.js": "let a", "z.css": "p{}", ".well-known/x": "1"]
        let first = bench.place.site(files, in: "first")
        // Other order of writing, other times, other place.
        let second = bench.place.site([:], in: "deep/second")
        for (name, text) in files.sorted(by: { $0.key > $1.key }) {
            let path = bench.place.write("deep/second/\(name)", text)
            var times = [timespec(tv_sec: 5, tv_nsec: 0), timespec(tv_sec: 5, tv_nsec: 0)]
            utimensat(AT_FDCWD, path, &times, 0)
        }
        let one = try await bench.prepare(first)
        let two = try await bench.prepare(second)
        #expect(one.id == two.id)
        #expect(one.newBlobs == 4)
        #expect(two.newBlobs == 0)
        let elsewhere = try await Bench().prepare(second)
        #expect(elsewhere.id == one.id)
    }

    @Test func anotherByteGivesAnotherRelease() async throws {
        let bench = try Bench()
        let one = try await bench.prepare(bench.place.site(["a": "1"], in: "one"))
        let two = try await bench.prepare(bench.place.site(["a": "2"], in: "two"))
        let renamed = try await bench.prepare(bench.place.site(["b": "1"], in: "three"))
        #expect(Set([one.id, two.id, renamed.id]).count == 3)
    }

    @Test func everyContentIsInTheStoreAndNothingUnderTmp() async throws {
        let bench = try Bench()
        let large = String(repeating: "0123456789abcdef", count: 400_000)
        let prepared = try await bench.prepare(bench.place.site(["a": "1", "b": "1", "large": large, "empty": ""]))
        #expect(bench.blobs == [digest("1"), digest(large), digest("")])
        for blob in bench.blobs { try bench.directory.blobs.verify(blob) }
        #expect(FileReader.names(in: "\(bench.directory.root)/tmp") == [])
        #expect(prepared.contentBytes == UInt64(2 + large.utf8.count))
        let manifest = try Manifest.open(path: bench.directory.manifestPath(prepared.id), id: prepared.id)
        try manifest.verify()
        #expect(try bench.store.database.releases(shop) == [])
    }

    @Test func aDigestsBuildManifestIsLeftOut() async throws {
        let bench = try Bench()
        let prepared = try await bench.prepare(
            bench.place.site([
                "index.html": "", "manifest.json": #"{"version":1,"entries":{}}"#, "sub/manifest.json": #"{"version":1,"entries":{}}"#,
            ]))
        #expect(prepared.entries.map(\.name) == ["index.html", "sub/manifest.json"])
    }

    @Test func aWebAppsManifestIsServed() async throws {
        let bench = try Bench()
        let prepared = try await bench.prepare(bench.place.site(["index.html": "", "manifest.json": #"{"name":"Shop","icons":[]}"#]))
        #expect(prepared.entries.map(\.name) == ["index.html", "manifest.json"])
    }

    @Test(arguments: [("index.html", true), ("sw-register.js", true), ("notes.txt", false)])
    func aServiceWorkerIsNoticed(name: String, isNoticed: Bool) async throws {
        let bench = try Bench()
        let prepared = try await bench.prepare(bench.place.site([name: "x; navigator.serviceWorker.register('/sw.js')"]))
        #expect(prepared.hasServiceWorker == isNoticed)
    }

    /// The change comes at a known moment: when the walk is over and the reading has not begun.
    @Test(arguments: ["longer than before", "same", "1"])
    func aFileThatChangedSinceItWasFoundIsRefused(text: String) async throws {
        let bench = try Bench()
        let path = bench.place.site(["a.js": "1234", "b.js": "x"])
        let folder = try Folder(path)
        // A clock tick may pass unseen between two writes; a time of its own never does.
        bench.place.write("site/a.js", text)
        var times = [timespec(tv_sec: 5, tv_nsec: 0), timespec(tv_sec: 5, tv_nsec: 0)]
        utimensat(AT_FDCWD, "\(path)/a.js", &times, 0)
        await #expect(throws: FolderFault.changed("\(path)/a.js")) {
            _ = try await Publisher(directory: bench.directory, threads: 1).prepare(
                folder, publish: "p", declared: DeclaredPatterns([]), beside: [], progress: { _ in })
        }
        #expect(bench.blobs == [])
        #expect(FileReader.names(in: "\(bench.directory.root)/tmp") == [])
        #expect(FileReader.names(in: "\(bench.directory.root)/releases") == [])
    }

    @Test func aFileThatWentAwayIsRefused() async throws {
        let bench = try Bench()
        let path = bench.place.site(["a.js": "1234", "b.js": "x"])
        let folder = try Folder(path)
        unlink("\(path)/a.js")
        await #expect(throws: (any Error).self) {
            _ = try await Publisher(directory: bench.directory, threads: 1).prepare(
                folder, publish: "p", declared: DeclaredPatterns([]), beside: [], progress: { _ in })
        }
        #expect(bench.blobs == [])
    }

    @Test func progressCountsEveryFileAndByteOnce() async throws {
        let bench = try Bench()
        let path = bench.place.site(Dictionary(uniqueKeysWithValues: (0..<50).map { ("f\($0)", String(repeating: "x", count: $0)) }))
        let seen = Mutex<[PublishProgress]>([])
        _ = try await Publisher(directory: bench.directory, threads: 3).prepare(
            try Folder(path), publish: "p", declared: DeclaredPatterns([]), beside: [],
            progress: { step in seen.withLock { $0.append(step) } })
        let steps = seen.withLock { $0 }
        #expect(steps.count == 50)
        #expect(steps.map(\.files).max() == 50)
        #expect(steps.map(\.bytes).max() == 49 * 50 / 2)
        #expect(steps.map(\.fraction).max() == 1)
    }

    @Test func aDamagedBlobOfAnotherSizeIsWrittenAgain() async throws {
        let bench = try Bench()
        let path = bench.place.site(["a": "content"])
        _ = try await bench.prepare(path)
        truncate(bench.directory.blobs.path(digest("content")), 3)
        let again = try await bench.prepare(path)
        #expect(again.newBlobs == 1)
        try bench.directory.blobs.verify(digest("content"))
    }
}
