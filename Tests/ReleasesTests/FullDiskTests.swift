import Blobs
import Files
import Foundation
import Glibc
import Model
import Names
import State
import TestDisk
import Testing

@testable import Releases

/// A store on a disk of a megabyte, as only root can make one.
@Suite(.enabled(if: SmallDisk.isPossible, "needs root and the right to mount")) struct FullDiskTests {
    @Test func aPublishThatDoesNotFitIsRefusedAndLeavesTheStoreAsItWas() async throws {
        let place = Place()
        let disk = try SmallDisk(at: "\(place.path)/disk", megabytes: 1)
        let directory = try DataDirectory.open("\(disk.path)/data")
        let store = ReleaseStore(directory: directory, database: try StateDatabase.inMemory())
        func publish(_ folder: String) async throws {
            let prepared = try await Publisher(directory: directory, threads: 2).prepare(
                try Folder(folder), publish: "p", declared: .none, beside: try store.others(shop), progress: { _ in })
            _ = try store.commit(
                ReleaseStore.Claim(
                    site: shop, id: prepared.id, label: nil, isAssetsOnly: false, hasServiceWorker: false, encodings: [], publish: nil),
                now: at(0))
        }
        func held() throws -> Set<String> {
            var names: Set<String> = []
            try directory.blobs.forEach { blob, _, _ in names.insert(blob.hex) }
            return names.union(FileReader.names(in: "\(directory.root)/releases"))
        }
        try await publish(place.site(["a": "first"], in: "small"))
        let before = try held()

        let many = Dictionary(uniqueKeysWithValues: (0..<40).map { ("f\($0)", String(repeating: "\($0) ", count: 20_000)) })
        let error = await #expect(throws: BlobError.self) { try await publish(place.site(many, in: "large")) }
        #expect(error?.isFull == true)
        #expect(error?.description.contains("no space left") == true)
        #expect(try held() == before)
        #expect(FileReader.names(in: "\(directory.root)/tmp") == [])
        #expect(try Inspector(store: store).run(progress: { _ in }).findings == [])

        try await publish(place.site(["a": "second"], in: "next"))
        #expect(try store.database.releases(shop).count == 2)
        withExtendedLifetime(disk) {}
    }
}
