import Blobs
import Foundation
import Glibc
import Model
import Testing

@Suite struct BlobStoreTests {
    let place = Place()
    let directory: DataDirectory
    var store: BlobStore { directory.blobs }

    init() throws {
        directory = try DataDirectory.open(place.path)
    }

    func keep(_ bytes: [UInt8]) throws -> ContentDigest { try store.keep(bytes, folder: directory.stagingPath("p")) }

    @Test func aCommittedBlobLiesUnderItsDigest() throws {
        let blob = try keep(Array("hello".utf8))
        #expect(blob.hex == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
        #expect(place.bytes("blobs/sha256/2c/\(blob.hex)") == Array("hello".utf8))
        #expect(store.size(blob) == 5)
        #expect(try store.read(blob) == Array("hello".utf8))
        try store.verify(blob)
    }

    @Test func anEmptyContentIsABlobToo() throws {
        let blob = try keep([])
        #expect(store.size(blob) == 0)
        try store.verify(blob)
    }

    @Test func whatWasNeverStoredIsNotThere() {
        let blob = digest([1, 2, 3])
        #expect(!store.contains(blob))
        #expect(!store.touch(blob))
        #expect(throws: BlobError.self) { try store.read(blob) }
        #expect(throws: BlobError.self) { try store.verify(blob) }
    }

    @Test(arguments: [0, 1000, 299_999])
    func aFlippedByteIsFound(at index: Int) throws {
        let bytes = noise(300_000)
        let blob = try keep(bytes)
        var damaged = bytes
        damaged[index] ^= 1
        place.write("blobs/sha256/\(blob.hex.prefix(2))/\(blob.hex)", damaged)
        #expect(throws: BlobError.wrongContent(path: store.path(blob), expected: blob, found: digest(damaged))) { try store.verify(blob) }
    }

    @Test func aTruncatedBlobIsFound() throws {
        let blob = try keep(noise(10_000))
        #expect(truncate(store.path(blob), 9_999) == 0)
        #expect(throws: BlobError.self) { try store.verify(blob) }
    }

    @Test func quarantineTakesTheBytesOutOfTheStoreAndKeepsThem() throws {
        let blob = try keep(Array("x".utf8))
        try store.quarantine(blob)
        #expect(!store.contains(blob))
        #expect(place.bytes("quarantine/\(blob.hex)") == Array("x".utf8))
    }

    @Test func removingTwiceIsNoError() throws {
        let blob = try keep([7])
        try store.remove(blob)
        try store.remove(blob)
        #expect(!store.contains(blob))
    }

    @Test func touchMakesABlobYoungAgain() throws {
        let blob = try keep([1])
        var times = [timespec(tv_sec: 1_000, tv_nsec: 0), timespec(tv_sec: 1_000, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, store.path(blob), &times, 0) == 0)
        #expect(try ages() == [blob: 1_000_000])
        #expect(store.touch(blob))
        #expect(try ages()[blob].map { $0 > 1_000_000_000_000 } == true)
    }

    private func ages() throws -> [ContentDigest: Int64] {
        var ages: [ContentDigest: Int64] = [:]
        try store.forEach { blob, _, at in ages[blob] = at.milliseconds }
        return ages
    }

    @Test func listingPassesOverWhatIsNoBlob() throws {
        let blobs = try Set((0..<20).map { try keep([$0]) })
        place.write("blobs/sha256/README", [1])
        place.write("blobs/sha256/\(blobs.first!.hex.prefix(2))/abc", [1])
        var found: Set<ContentDigest> = []
        try store.forEach { blob, size, _ in
            #expect(size == 1)
            found.insert(blob)
        }
        #expect(found == blobs)
    }
}
