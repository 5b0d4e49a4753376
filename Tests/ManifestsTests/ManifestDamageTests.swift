import Glibc
import Model
import Names
import TestSeeds
import Testing

@testable import Manifests

/// Files are damaged in every way that fits a test: what opens must stay within its bounds, and `verify` must tell.
@Suite struct ManifestDamageTests {
    private let folder = TemporaryFolder()
    private let image: ManifestImage
    private let names: [String]

    init() throws {
        let entries = manyEntries(40)
        image = try ManifestImage(entries)
        names = entries.map(\.name) + ["missing", ""]
    }

    /// Opens the bytes and asks for everything.
    /// - Returns: whether opening or `verify` told of the damage.
    private func isFoundOut(_ bytes: [UInt8]) -> Bool {
        let path = folder.write(bytes, as: "damaged")
        let manifest: Manifest
        do {
            manifest = try Manifest.open(path: path, id: image.id)
        } catch {
            return true
        }
        for name in names {
            guard let index = manifest.find(name) else { continue }
            if !(0..<manifest.count).contains(index) { return false }
            _ = manifest[index]
        }
        for index in stride(from: 0, to: manifest.count, by: max(manifest.count / 50, 1)) {
            _ = manifest[index]
            _ = manifest.hash(at: index)
        }
        _ = manifest.range(withPrefix: "assets/1")
        _ = NameClass.allCases.map { manifest.count(of: $0) }
        return (try? manifest.verify()) == nil
    }

    @Test func theUndamagedFileIsProven() {
        #expect(!isFoundOut(image.bytes))
    }

    @Test func everyDamagedByteOfTheHeaderIsFoundOut() {
        var missed: [Int] = []
        for offset in 0..<96 {
            for change in UInt8(1)...255 {
                var bytes = image.bytes
                bytes[offset] ^= change
                if !isFoundOut(bytes) { missed.append(offset) }
            }
        }
        #expect(missed.isEmpty)
    }

    @Test func everyFlippedByteIsFoundOut() {
        #expect(
            image.bytes.indices.filter { offset in
                var bytes = image.bytes
                bytes[offset] ^= 0xff
                return !isFoundOut(bytes)
            }.isEmpty)
    }

    @Test(arguments: [UInt64(1), 2, 3, 4]) func randomDamageIsFoundOut(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var missed = 0
        for _ in 0..<2500 {
            var bytes = image.bytes
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &generator))
            case 1: bytes += (0..<Int.random(in: 1...64, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            case 2:
                // A whole number becomes an extreme one.
                let at = Int.random(in: 0...(bytes.count - 8), using: &generator)
                let value = [UInt64.max, 1 << 63, UInt64(bytes.count), 0x7fff_ffff, UInt64(UInt32.max)].randomElement(using: &generator)!
                for index in 0..<8 { bytes[at + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
            default:
                for _ in 0..<Int.random(in: 1...20, using: &generator) {
                    bytes[Int.random(in: 96..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
                }
            }
            if bytes != image.bytes, !isFoundOut(bytes) { missed += 1 }
        }
        #expect(missed == 0)
    }

    @Test func aTableWithoutAnEmptySlotIsNotWalkedForEver() throws {
        var bytes = image.bytes
        let slots = 128
        let first = bytes.count - slots * 16
        for slot in 0..<slots { bytes[first + slot * 16 + 8] = 1 }
        let manifest = try Manifest.open(path: folder.write(bytes, as: "full"), id: image.id)
        #expect(manifest.find("missing") == nil)
    }

    @Test func aNewerVersionIsRefusedByName() {
        var bytes = image.bytes
        bytes[8] = 2
        let path = folder.write(bytes, as: "newer")
        #expect(throws: ManifestError.newerVersion(path: path, found: 2)) { try Manifest.open(path: path, id: image.id) }
    }

    @Test func whatIsNoManifestIsRefused() {
        for bytes in [[], Array("TANDEMRL".utf8), [UInt8](repeating: 0, count: 4096), Array(image.bytes.prefix(95))] {
            let path = folder.write(bytes, as: "other")
            #expect(throws: ManifestError.notAManifest(path: path)) { try Manifest.open(path: path, id: image.id) }
        }
    }

    @Test func aMissingFileSaysSo() {
        let path = "\(folder.path)/none"
        #expect(throws: ManifestError.missing(path: path)) {
            try Manifest.open(path: path, id: image.id)
        }
    }

    /// Only a file that is not there is missing: another reason must not make anybody publish again.
    @Test func aFileThatCannotBeReadIsNotMissing() {
        let fault = #expect(throws: ManifestError.self) { try Manifest.open(path: folder.path, id: image.id) }
        guard case .unreadable = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
    }

    @Test func aManifestUnderAnotherNameIsFoundOut() throws {
        let other = try ManifestImage(manyEntries(3))
        let path = folder.write(other.bytes, as: "swapped")
        let manifest = try Manifest.open(path: path, id: image.id)
        #expect(throws: ManifestError.wrongID(path: path, found: other.id)) { try manifest.verify() }
    }
}
