import Blobs
import Foundation
import Glibc
import Testing

@Suite struct DurableFileTests {
    let place = Place()

    @Test func replacingPutsTheWholeContentThere() throws {
        place.write("target", [1])
        try DurableFile.replace("\(place.path)/target", with: [2, 3], temporary: "\(place.path)/t")
        #expect(place.bytes("target") == [2, 3])
        #expect(!place.exists("t"))
    }

    @Test func aFailedReplaceKeepsWhatWasThereAndLeavesNoTemporary() throws {
        try FileManager.default.createDirectory(atPath: "\(place.path)/folder/inner", withIntermediateDirectories: true)
        #expect(throws: BlobError.self) {
            try DurableFile.replace("\(place.path)/folder", with: [2], temporary: "\(place.path)/t")
        }
        #expect(place.exists("folder/inner"))
        #expect(!place.exists("t"))
    }

    @Test func aNewFileIsNeverWrittenOverAnother() throws {
        place.write("target", [1])
        #expect(throws: BlobError.system(call: "create", path: "\(place.path)/target", errno: EEXIST)) {
            try DurableFile.write([2], to: "\(place.path)/target", flushing: false)
        }
        #expect(place.bytes("target") == [1])
    }

    @Test func aFullDiskSaysSoAndWhatToDo() {
        let error = BlobError.system(call: "write", path: "/data/x", errno: ENOSPC)
        #expect(error.isFull)
        #expect(error.description.contains("no space left"))
        #expect(error.description.contains("tandem gc"))
        #expect(!BlobError.system(call: "write", path: "/data/x", errno: EIO).isFull)
    }

    @Test func writingToAFullDeviceFails() throws {
        let descriptor = open("/dev/full", O_WRONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        #expect(throws: BlobError.system(call: "write", path: "x", errno: ENOSPC)) { try DurableFile.write([1], to: descriptor, path: "x") }
    }
}
