import Blobs
import Foundation
import Glibc
import Model
import Testing

@Suite struct StagedBlobsTests {
    let place = Place()
    let directory: DataDirectory

    init() throws {
        directory = try DataDirectory.open(place.path)
    }

    func staged(_ name: String = "p") throws -> StagedBlobs {
        try StagedBlobs(store: directory.blobs, folder: directory.stagingPath(name))
    }

    @Test func nothingIsPresentBeforeTheCommit() throws {
        let staged = try staged()
        try staged.add([1, 2], digest([1, 2]))
        #expect(!directory.blobs.contains(digest([1, 2])))
        try staged.commit()
        #expect(directory.blobs.contains(digest([1, 2])))
    }

    @Test func whatIsDiscardedLeavesNothing() throws {
        let staged = try staged()
        try staged.add([1, 2], digest([1, 2]))
        staged.discard()
        #expect(place.names("tmp") == [])
        #expect(!directory.blobs.contains(digest([1, 2])))
    }

    @Test func theSameContentTwiceIsOneBlob() throws {
        let staged = try staged()
        place.write("source", [5, 5])
        try staged.add([5, 5], digest([5, 5]))
        try staged.add([5, 5], digest([5, 5]))
        try staged.add(file: "\(place.path)/source", digest([5, 5]))
        try staged.commit()
        staged.discard()
        #expect(try directory.blobs.read(digest([5, 5])) == [5, 5])
    }

    @Test func aFileIsCopiedWhole() throws {
        let bytes = noise(1_000_003)
        place.write("source", bytes)
        let staged = try staged()
        try staged.add(file: "\(place.path)/source", digest(bytes))
        try staged.commit()
        try directory.blobs.verify(digest(bytes))
    }

    @Test func aFileThatHasOtherBytesThanItWasReadWithIsRefused() throws {
        place.write("source", [1, 2, 3])
        let staged = try staged()
        #expect(throws: BlobError.wrongContent(path: "\(place.path)/source", expected: digest([9]), found: digest([1, 2, 3]))) {
            try staged.add(file: "\(place.path)/source", digest([9]))
        }
        try staged.commit()
        #expect(!directory.blobs.contains(digest([9])))
        #expect(!directory.blobs.contains(digest([1, 2, 3])))
    }

    @Test func aMissingFileLeavesNothingBehind() throws {
        let staged = try staged()
        #expect(throws: BlobError.self) { try staged.add(file: "\(place.path)/nowhere", digest([9])) }
        try staged.commit()
        #expect(!directory.blobs.contains(digest([9])))
    }

    /// A process that was killed while it wrote leaves part of a blob; the next may get its number and so its folder.
    @Test func whatAKilledProcessLeftInTheFolderIsNeverCommitted() throws {
        let bytes = noise(5_000)
        let dead = try staged("encode-7")
        place.write("tmp/encode-7/\(digest(bytes).hex)", Array(bytes.prefix(100)))
        withExtendedLifetime(dead) {}
        let next = try staged("encode-7")
        try next.add(bytes, digest(bytes))
        try next.commit()
        try directory.blobs.verify(digest(bytes))
    }

    @Test func aBlobThatIsThereAlreadyIsWrittenOver() throws {
        let blob = digest([1, 2, 3, 4])
        try mkdirs("blobs/sha256/\(blob.hex.prefix(2))")
        place.write("blobs/sha256/\(blob.hex.prefix(2))/\(blob.hex)", [1, 2])
        _ = try directory.blobs.keep([1, 2, 3, 4], folder: directory.stagingPath("p"))
        try directory.blobs.verify(blob)
    }

    @Test func manyThreadsMayAddAtOnce() async throws {
        let staged = try staged()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for thread in 0..<4 {
                group.addTask {
                    for index in 0..<100 {
                        let bytes = noise(500, seed: UInt64(index + (index % 2) * 1000 * thread + 1))
                        try staged.add(bytes, digest(bytes))
                    }
                }
            }
            try await group.waitForAll()
        }
        try staged.commit()
        var count = 0
        try directory.blobs.forEach { blob, _, _ in
            try directory.blobs.verify(blob)
            count += 1
        }
        #expect(count == 50 + 4 * 50)
    }

    private func mkdirs(_ folder: String) throws {
        try FileManager.default.createDirectory(atPath: "\(place.path)/\(folder)", withIntermediateDirectories: true)
    }
}
