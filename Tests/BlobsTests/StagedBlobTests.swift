import Foundation
import Model
import Testing

@testable import Blobs

/// A blob whose digest is known only at its end.
@Suite struct StagedBlobTests {
    let place = Place()
    let directory: DataDirectory
    let staged: StagedBlobs

    init() throws {
        directory = try DataDirectory.open(place.path)
        staged = try StagedBlobs(store: directory.blobs, folder: directory.stagingPath("p"))
    }

    private func write(_ pieces: [[UInt8]], to blob: StagedBlob) throws {
        for piece in pieces { try piece.withUnsafeBytes { try blob.write($0) } }
    }

    @Test func thePiecesTogetherAreTheBlob() throws {
        let blob = try staged.writer()
        try write([noise(70_000), [], [1, 2, 3]], to: blob)
        #expect(blob.size == 70_003)
        let found = try blob.finish()
        #expect(found == digest(noise(70_000) + [1, 2, 3]))
        #expect(!directory.blobs.contains(found))
        try staged.commit()
        try directory.blobs.verify(found)
    }

    @Test func whatIsNotFinishedLeavesNothing() throws {
        func begin() throws {
            let blob = try staged.writer()
            try write([[1, 2, 3]], to: blob)
            #expect(place.names("tmp/p").count == 1)
        }
        try begin()
        #expect(place.names("tmp/p") == [])
        try staged.commit()
        #expect(!directory.blobs.contains(digest([1, 2, 3])))
    }

    @Test func aCommitPassesOverWhatIsStillWritten() throws {
        let blob = try staged.writer()
        try write([[1, 2]], to: blob)
        try staged.commit()
        #expect(place.names("tmp/p").count == 1)
        let found = try blob.finish()
        try staged.commit()
        #expect(directory.blobs.contains(found))
    }

    @Test func severalMayBeWrittenAtOnceAndEqualOnesAreOne() throws {
        let first = try staged.writer()
        let second = try staged.writer()
        try write([[9, 9]], to: first)
        try write([[9], [9]], to: second)
        let (a, b) = (try first.finish(), try second.finish())
        #expect(a == b)
        try staged.commit()
        #expect(try directory.blobs.read(a) == [9, 9])
    }

    @Test func aCopyIsTheBlobAndIsCheckedOnTheWay() throws {
        let blob = try directory.blobs.keep(noise(300_000), folder: directory.stagingPath("q"))
        try directory.blobs.copy(blob, to: "\(place.path)/copy")
        #expect(place.bytes("copy") == noise(300_000))

        place.write("blobs/sha256/\(blob.hex.prefix(2))/\(blob.hex)", [1, 2])
        #expect(throws: BlobError.self) { try directory.blobs.copy(blob, to: "\(place.path)/other") }
        #expect(!place.exists("other"))
    }

    @Test func aCopyNeverWritesOverAnother() throws {
        let blob = try directory.blobs.keep([1], folder: directory.stagingPath("q"))
        place.write("mine", [7])
        #expect(throws: BlobError.system(call: "create", path: "\(place.path)/mine", errno: 17)) {
            try directory.blobs.copy(blob, to: "\(place.path)/mine")
        }
        #expect(place.bytes("mine") == [7])
    }
}
