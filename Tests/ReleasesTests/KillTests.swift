import Blobs
import Files
import Foundation
import Glibc
import Manifests
import Model
import Names
import State
import Testing

@testable import Releases

/// A process dies in the middle, at each named point and at others (S6). What it leaves is looked at from outside: releases
/// are there whole or not at all, `fsck` finds nothing, the next publish and the next `gc` go on.
@Suite(.serialized) struct KillTests {
    static let old = ["index.html": "old", "lib.js": prose("library"), "shared.css": prose("style")]
    static let new = ["index.html": "new", "app.js": prose("application"), "shared.css": prose("style")]

    static let publishing: [FaultPoint] = [
        .blobsWritten, .blobsSynced, .blobsRenamed, .manifestWritten, .manifestRenamed, .releaseMade, .encodingsRecorded,
    ]
    static let collecting: [FaultPoint] = [.gcListed, .gcUnlinked]

    /// Where a new generation dies is a matter of whole processes.
    static let ofProcesses: [FaultPoint] = [.generationLoading, .generationReady]

    @Test func everyPointThatKillsIsTried() {
        #expect(Set(Self.publishing + Self.collecting + Self.ofProcesses + [.blobWrite]) == Set(FaultPoint.allCases))
    }

    @Test(arguments: publishing)
    func aKilledPublishLeavesAReleaseOrNothing(point: FaultPoint) async throws {
        let bench = try Bench(onDisk: true)
        let first = try await bench.publish(Self.old)
        let folder = bench.place.site(Self.new, in: "new")
        let (name, root) = (point.rawValue, bench.directory.root)
        await #expect(processExitsWith: .signal(SIGKILL)) { [name = name as String, root = root as String, folder = folder as String] in
            setenv("TANDEM_FAULT", name, 1)
            try await Victim(root).publish(folder)
        }
        let exists = try bench.store.database.releases(shop).count == 2
        #expect(exists == [.releaseMade, .encodingsRecorded].contains(point))
        #expect(try bench.inspect().isClean)
        try await bench.goOn(with: folder, beside: first)
    }

    @Test(arguments: collecting)
    func aKilledCollectionIsFinishedByTheNext(point: FaultPoint) async throws {
        let bench = try Bench(onDisk: true)
        let first = try await bench.publish(Self.old)
        _ = try await bench.encode(first)
        let second = try await bench.publish(Self.new)
        _ = try await bench.encode(second)
        try bench.move(first, to: .current, .draining, .kept, .removed)
        let (name, root) = (point.rawValue, bench.directory.root)
        await #expect(processExitsWith: .signal(SIGKILL)) { [name = name as String, root = root as String] in
            setenv("TANDEM_FAULT", name, 1)
            try Victim(root).collect()
        }
        #expect(try bench.inspect().isClean)
        _ = try bench.collect(after: 86_400)
        #expect(bench.blobs == (try bench.needed(by: [second])))

        // What was half collected may come back at any time.
        #expect(try await bench.publish(Self.old) == first)
        _ = try await bench.encode(first)
        #expect(try bench.inspect().findings == [])
    }

    /// The kernel ends the process when its timer runs out, wherever it is then. The invariant holds for every moment.
    @Test(arguments: [0, 1_000, 4_000, 9_000, 18_000, 40_000] as [Int])
    func aKillAtAnyMomentLeavesNothingHalfVisible(microseconds: Int) async throws {
        let bench = try Bench(onDisk: true)
        let first = try await bench.publish(Self.old)
        let folder = bench.place.site(Self.new, in: "new")
        let root = bench.directory.root
        await #expect(processExitsWith: .signal(SIGALRM)) {
            [microseconds = microseconds as Int, root = root as String, folder = folder as String] in
            let victim = try Victim(root)
            var timer = itimerval(it_interval: timeval(), it_value: timeval(tv_sec: 0, tv_usec: microseconds + 1))
            setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
            while true {
                try await victim.publish(folder)
                try victim.collect()
            }
        }
        #expect(try bench.inspect().isClean)
        try await bench.goOn(with: folder, beside: first)
    }

    @Test func aWriteThatFindsTheDiskFullChangesNothing() async throws {
        let bench = try Bench(onDisk: true)
        let first = try await bench.publish(Self.old)
        let before = bench.blobs
        let folder = bench.place.site(Self.new, in: "new")
        let root = bench.directory.root
        await #expect(processExitsWith: .exitCode(3)) { [root = root as String, folder = folder as String] in
            setenv("TANDEM_FAULT", "blobs.write:enospc", 1)
            do {
                try await Victim(root).publish(folder)
            } catch let error as BlobError where error.isFull {
                exit(3)
            }
        }
        #expect(bench.blobs == before)
        #expect(FileReader.names(in: "\(root)/tmp") == [])
        try await bench.goOn(with: folder, beside: first)
    }
}

/// Text that is worth compressing.
private func prose(_ word: String) -> String { (0..<300).map { "\(word) \($0) of \($0 * 7)\n" }.joined() }

/// What the process does that is to die: the same code over a store that another one made.
private struct Victim {
    private let store: ReleaseStore

    init(_ root: String) throws {
        let directory = try DataDirectory.open(root)
        store = ReleaseStore(directory: directory, database: try StateDatabase(path: directory.statePath))
    }

    func publish(_ folder: String) async throws {
        let publish = "victim-\(getpid())"
        try store.database.beginPublish(publish, site: shop, now: at(0))
        let prepared = try await Publisher(directory: store.directory, threads: 2).prepare(
            try Folder(folder), publish: publish, declared: .none, beside: try store.others(shop), progress: { _ in })
        let claim = ReleaseStore.Claim(
            site: shop, id: prepared.id, label: nil, isAssetsOnly: false, hasServiceWorker: false, encodings: [], publish: publish)
        _ = try store.commit(claim, now: at(0))
        let manifest = try store.manifest(prepared.id)
        let sources = (0..<manifest.count).map { manifest.content(at: $0) }
        let tasks = Encoder.missing(manifest, recorded: try store.database.encodings(for: sources))
        let (store, id) = (store, prepared.id)
        try await Encoder(directory: store.directory, threads: 2).run(
            tasks, staging: "encode-\(publish)", progress: { _ in }, record: { try store.add($0, to: id) })
    }

    func collect() throws { _ = try Collector(store: store).run(now: at(86_400), isDryRun: false) }
}

extension Bench {
    /// The contents of releases and their encodings: what a store holds when nothing else is in it.
    func needed(by ids: [ReleaseID]) throws -> Set<ContentDigest> {
        var needed: Set<ContentDigest> = []
        for id in ids {
            let manifest = try store.manifest(id)
            for index in 0..<manifest.count { needed.insert(manifest.content(at: index)) }
        }
        for encoding in try store.database.encodings(for: Array(needed)) { needed.insert(encoding.blob) }
        return needed
    }

    /// After an interruption: the same folder is published, encoded and collected, and nothing tells that there was one.
    func goOn(with folder: String, beside first: ReleaseID) async throws {
        let prepared = try await prepare(folder)
        _ = try store.commit(claim(prepared), now: at(0))
        _ = try await encode(first)
        _ = try await encode(prepared.id)
        _ = try collect(after: 86_400)
        directory.cleanTemporary(sparing: [])
        #expect(try inspect().findings == [])
        #expect(blobs == (try needed(by: [first, prepared.id])))
        // For an hour nobody can tell a killed encoder's folder from that of one which is at work.
        #expect(FileReader.names(in: "\(directory.root)/tmp").allSatisfy { $0.hasPrefix("encode-") })
        let control = try Bench()
        #expect(prepared.id == (try await control.prepare(folder)).id)
    }
}
