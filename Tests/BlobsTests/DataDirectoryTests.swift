import Blobs
import Foundation
import Glibc
import Model
import Testing

@Suite struct DataDirectoryTests {
    let place = Place()
    var root: String { "\(place.path)/a/b" }

    @Test func openingMakesTheFolderAndWhatBelongsInIt() throws {
        _ = try DataDirectory.open(root)
        #expect(place.names("a/b") == ["blobs", "cache", "layout", "lock", "partial", "releases", "tmp"])
        #expect(place.names("a/b/tmp") == [])
    }

    @Test func openingAgainChangesNothing() throws {
        let first = try DataDirectory.open(root)
        let blob = try first.blobs.keep([1], folder: first.stagingPath("p"))
        let second = try DataDirectory.open(root)
        #expect(second.blobs.contains(blob))
        #expect(place.bytes("a/b/layout") == Array("1\n".utf8))
    }

    /// `flock` belongs to the open file, so that two objects in one process stand for two processes.
    @Test func theSecondLockIsRefusedNamingTheProcess() throws {
        let first = try DataDirectory.open(root)
        try first.lock()
        let second = try DataDirectory.open(root)
        #expect(throws: DataDirectoryError.locked(root, "\(getpid())")) { try second.lock() }
        #expect(DataDirectoryError.locked(root, "\(getpid())").description.contains("in use by process \(getpid())"))
    }

    @Test func theLockGoesWithItsHolder() throws {
        do {
            let first = try DataDirectory.open(root)
            try first.lock()
        }
        try DataDirectory.open(root).lock()
    }

    @Test func aNewerLayoutIsRefusedAndUntouched() throws {
        _ = try DataDirectory.open(root)
        place.write("a/b/layout", Array("2\n".utf8))
        #expect(throws: DataDirectoryError.newer(root, 2)) { try DataDirectory.open(root) }
        #expect(place.bytes("a/b/layout") == Array("2\n".utf8))
        #expect(DataDirectoryError.newer(root, 2).description.contains("newer tandem"))
    }

    @Test(arguments: ["", "one", "1.5", "-"])
    func aDamagedLayoutFileIsRefused(text: String) throws {
        _ = try DataDirectory.open(root)
        place.write("a/b/layout", Array(text.utf8))
        #expect(throws: DataDirectoryError.unusable(root, "\(root)/layout is damaged")) { try DataDirectory.open(root) }
    }

    @Test func aFileInTheWayIsRefused() throws {
        place.write("a", [1])
        #expect(throws: DataDirectoryError.self) { try DataDirectory.open(root) }
        #expect(place.bytes("a") == [1])
    }

    @Test(.disabled(if: geteuid() == 0, "the superuser may write everywhere"))
    func anUnwritableFolderIsRefused() throws {
        chmod(place.path, 0o500)
        defer { chmod(place.path, 0o700) }
        #expect(throws: DataDirectoryError.self) { try DataDirectory.open(root) }
    }

    @Test func aFolderThatTakesNoFilesIsRefused() throws {
        #expect(throws: DataDirectoryError.self) { try DataDirectory.open("/proc/tandem") }
    }

    @Test func theNodeIsKept() throws {
        let first = try DataDirectory.open(root).nodeID(configured: nil)
        #expect(first.count == 16)
        #expect(try DataDirectory.open(root).nodeID(configured: nil) == first)
        #expect(try DataDirectory.open(root).nodeID(configured: "edge-1") == "edge-1")
        #expect(try DataDirectory.open(root).nodeID(configured: nil) == first)
    }

    @Test func anEmptyNodeFileIsMadeAgain() throws {
        let directory = try DataDirectory.open(root)
        place.write("a/b/node", [])
        let made = try directory.nodeID(configured: nil)
        #expect(made.count == 16)
        #expect(try directory.nodeID(configured: nil) == made)
    }

    @Test func cleaningSparesOpenPublishes() throws {
        let directory = try DataDirectory.open(root)
        let open = try StagedBlobs(store: directory.blobs, folder: directory.stagingPath("open"))
        try open.add([1], digest([1]))
        let dead = try StagedBlobs(store: directory.blobs, folder: directory.stagingPath("dead"))
        try dead.add([2], digest([2]))
        place.write("a/b/tmp/file", [3])
        directory.cleanTemporary(sparing: ["open"])
        #expect(place.names("a/b/tmp") == ["open"])
        #expect(place.names("a/b/tmp/open") == [digest([1]).hex])
    }

    @Test func namesOfFaultPointsAreTheOnesThatTestsUse() {
        #expect(Set(FaultPoint.allCases.map(\.rawValue)).isSuperset(of: ["publish.blobs.written", "publish.release.made", "gc.unlinked"]))
        #expect(!FaultPoint.isFull(.blobWrite))
    }
}
