import Blobs
import Foundation
import Manifests
import Model
import Names
import State
import Testing

@testable import Releases

@Suite struct ServableNameTests {
    private func holds(_ name: [UInt8]) -> Bool { name.withUnsafeBytes { ServableName.holds($0) } }

    @Test(arguments: ["a", "index.html", "a/b/c.js", ".well-known/security.txt", "a..b/...", "é/ü.js", "x.js?v=12", "a b", "..a"])
    func aPathBelowTheFolderIsServable(name: String) {
        #expect(holds(Array(name.utf8)))
    }

    @Test(arguments: ["", "/", "/etc/passwd", "..", "../x", "a/../../x", "a/..", ".", "./a", "a//b", "a/", "a\0b", "a?/../../x"])
    func whatWouldLeaveItIsNot(name: String) {
        #expect(!holds(Array(name.utf8)))
    }

    @Test func bytesThatAreNoTextAreNot() {
        #expect(!holds([0x61, 0xff]))
    }

    /// The manifest is whole and its id is right: only its names are hostile.
    @Test func neitherCommitNorExportTakesAManifestThatLeavesTheFolder() async throws {
        let bench = try Bench()
        let prepared = try await bench.prepare(bench.place.site(["a.js": "22"]))
        let honest = try bench.store.manifest(prepared.id)[0]
        let hostile = try ManifestImage([
            ManifestEntry(name: "../../escaped", digests: honest.digests, size: honest.size, nameClass: .document)
        ])
        try bench.directory.replace(bench.directory.manifestPath(hostile.id), with: hostile.bytes)
        var claim = bench.claim(prepared)
        claim.id = hostile.id
        let fault = ReleaseFault.unservableName("../../escaped", hostile.id)
        #expect(throws: fault) { try bench.store.commit(claim, now: at(0)) }
        #expect(try bench.store.database.releases(shop) == [])
        let target = "\(bench.place.path)/one/two"
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        #expect(throws: fault) { try ReleaseExport(directory: bench.directory).run(hostile.id, to: target) }
        #expect(FileReader.names(in: bench.place.path) == ["data", "one", "site"])
    }
}
