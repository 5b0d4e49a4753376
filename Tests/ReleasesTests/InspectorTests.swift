import Blobs
import Compression
import Foundation
import Glibc
import Manifests
import Model
import State
import Testing

@testable import Releases

@Suite struct InspectorTests {
    let large = String(repeating: "let answer = 42;\n", count: 500)

    func kinds(_ report: Inspector.Report) -> [Inspector.Finding.Kind] { report.findings.map(\.kind) }

    @Test func aWholeStoreIsClean() async throws {
        let bench = try Bench(onDisk: true)
        let id = try await bench.publish(["a.js": large, "b": "1", "empty": ""])
        _ = try await bench.encode(id)
        let report = try bench.inspect()
        #expect(report.findings == [])
        #expect(report.isClean && report.releases == 1 && report.blobs == 6)
        #expect(report.bytes > UInt64(large.utf8.count))
    }

    @Test(arguments: [0, 4_000, 8_499])
    func aFlippedBitInAContentIsFoundAndPublishingAgainMendsIt(offset: Int) async throws {
        let bench = try Bench()
        let id = try await bench.publish(["a.js": large, "b": "1"])
        bench.damage(bench.directory.blobs.path(digest(large)), at: offset)
        let report = try bench.inspect()
        #expect(kinds(report) == [.damagedBlob, .missingBlob])
        #expect(!report.isClean)
        #expect(report.findings.last?.detail.contains("a.js") == true)
        #expect(FileReader.names(in: "\(bench.directory.root)/quarantine") == [digest(large).hex])
        #expect(!bench.directory.blobs.contains(digest(large)))
        #expect(try await bench.publish(["a.js": large, "b": "1"]) == id)
        #expect(try bench.inspect().findings == [])
    }

    @Test func aDamagedEncodingIsForgottenAndMadeAgain() async throws {
        let bench = try Bench()
        let id = try await bench.publish(["a.js": large])
        _ = try await bench.encode(id)
        let brotli = try #require(try bench.store.database.encodings().first { $0.coding == .brotli })
        bench.damage(bench.directory.blobs.path(brotli.blob), at: 9)
        let report = try bench.inspect()
        #expect(kinds(report) == [.damagedBlob, .damagedEncoding])
        #expect(report.isClean)
        let manifest = try bench.store.manifest(id)
        let mended = try #require(Encodings(path: bench.directory.encodingsPath(id), manifest: manifest))
        #expect(mended.find(.brotli, entry: 0) == nil)
        #expect(mended.find(.gzip, entry: 0) != nil)
        #expect(try await bench.encode(id) == 1)
        #expect(try bench.inspect().findings == [])
        #expect(Encodings(path: bench.directory.encodingsPath(id), manifest: manifest)?.find(.brotli, entry: 0) != nil)
    }

    @Test func anEncodingOfAnotherContentIsFound() async throws {
        let bench = try Bench()
        try await bench.publish(["a.js": large, "b.js": large + "x"])
        let other = try await bench.publish(["c": "not its encoding at all"])
        _ = other
        try bench.store.database.recordEncodings([
            EncodingRecord(source: digest(large), coding: .gzip, blob: digest("not its encoding at all"), size: 23)
        ])
        #expect(kinds(try bench.inspect()) == [.damagedEncoding])
        #expect(try bench.inspect().findings == [])
        #expect(bench.directory.blobs.contains(digest("not its encoding at all")))
    }

    @Test func aMissingContentIsFoundWithItsName() async throws {
        let bench = try Bench()
        try await bench.publish(["a.js": "22", "b": "1"])
        try bench.directory.blobs.remove(digest("22"))
        let report = try bench.inspect()
        #expect(kinds(report) == [.missingBlob])
        #expect(report.findings.first?.subject == digest("22").hex)
    }

    @Test(arguments: [0, 20, 200, 400])
    func aFlippedBitInAManifestIsFound(offset: Int) async throws {
        let bench = try Bench()
        let id = try await bench.publish(["a.js": "22", "b": "1"])
        bench.damage(bench.directory.manifestPath(id), at: offset)
        let report = try bench.inspect()
        #expect(kinds(report) == [.damagedManifest])
        #expect(!report.isClean)
        #expect(try await bench.publish(["a.js": "22", "b": "1"]) == id)
        #expect(try bench.inspect().findings == [])
    }

    @Test func aMissingManifestIsFound() async throws {
        let bench = try Bench()
        let id = try await bench.publish(["a.js": "22"])
        unlink(bench.directory.manifestPath(id))
        #expect(kinds(try bench.inspect()) == [.missingManifest])
    }

    @Test(arguments: [true, false])
    func theMappedFileOfEncodingsIsMadeAgain(isGone: Bool) async throws {
        let bench = try Bench()
        let id = try await bench.publish(["a.js": large])
        _ = try await bench.encode(id)
        let path = bench.directory.encodingsPath(id)
        if isGone { unlink(path) } else { bench.damage(path, at: 0) }
        #expect(try bench.inspect().isClean)
        let manifest = try bench.store.manifest(id)
        #expect(Encodings(path: path, manifest: manifest)?.find(.gzip, entry: 0) != nil)
    }

    @Test func whatIsInNoReleaseIsReadToo() async throws {
        let bench = try Bench()
        _ = try await bench.prepare(bench.place.site(["a.js": "22"]))
        #expect(try bench.inspect().blobs == 1)
        bench.damage(bench.directory.blobs.path(digest("22")))
        #expect(kinds(try bench.inspect()) == [.damagedBlob])
    }
}

@Suite struct EncoderTests {
    let large = String(repeating: "let answer = 42;\n", count: 500)

    @Test func everyCodingIsMadeOnceAndOnlyOnce() async throws {
        let bench = try Bench()
        let id = try await bench.publish(["a.js": large, "copy.js": large, "small": "1", "b.png": large + "png"])
        #expect(try await bench.encode(id) == 1)
        let manifest = try bench.store.manifest(id)
        let encodings = try #require(Encodings(path: bench.directory.encodingsPath(id), manifest: manifest))
        for name in ["a.js", "copy.js"] {
            let entry = try #require(manifest.find(name))
            for coding in Coding.allCases {
                let found = try #require(encodings.find(coding, entry: entry))
                let bytes = try bench.directory.blobs.read(found.blob)
                let content = try bytes.withUnsafeBytes { try coding.codec.decompress($0, size: large.utf8.count) }
                #expect(content == Array(large.utf8))
            }
        }
        let before = bench.blobs
        #expect(try await bench.encode(id) == 0)
        #expect(bench.blobs == before)
        #expect(FileReader.names(in: "\(bench.directory.root)/tmp") == [])
    }

    @Test func whatAnEarlierReleaseHasIsTakenOver() async throws {
        let bench = try Bench()
        let first = try await bench.publish(["a.js": large])
        _ = try await bench.encode(first)
        let second = try await bench.publish(["renamed.js": large, "index.html": "2"])
        let manifest = try bench.store.manifest(second)
        #expect(Encodings(path: bench.directory.encodingsPath(second), manifest: manifest)?.find(.brotli, entry: 1) != nil)
        #expect(try await bench.encode(second) == 0)
    }

    @Test func whatWasNotWorthItIsNotTriedAgainAndNotServed() async throws {
        let bench = try Bench()
        var state: UInt64 = 7
        let noise = String(
            (0..<400).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Character(UnicodeScalar(UInt32(0x4e00 + (state >> 40) % 20_000))!)
            })
        let id = try await bench.publish(["a.bin": noise])
        #expect(try await bench.encode(id) == 1)
        #expect(try await bench.encode(id) == 0)
        let manifest = try bench.store.manifest(id)
        let encodings = try #require(Encodings(path: bench.directory.encodingsPath(id), manifest: manifest))
        for record in try bench.store.database.encodings() where record.blob == record.source {
            #expect(encodings.find(record.coding, entry: 0) == nil)
        }
    }

    @Test func largestFirstAndByCoding() async throws {
        let bench = try Bench()
        let id = try await bench.publish(["a.js": large, "b.js": large + large, "c.js": large + "x"])
        let tasks = Encoder.missing(try bench.store.manifest(id), recorded: [], among: [.gzip])
        #expect(tasks.map(\.size) == [17_000, 8_501, 8_500])
        #expect(tasks.allSatisfy { $0.codings == [.gzip] })
    }
}
