import Files
import Glibc
import Manifests
import Model
import Names
import Testing

@testable import Snapshots

@Suite struct PinTests {
    private func site() throws -> SiteSnapshot {
        let releases = try (0..<3).map { number in
            let digests = Array("\(number)".utf8).withUnsafeBytes { ContentDigests(of: $0) }
            let image = try ManifestImage([ManifestEntry(name: "page", digests: digests, size: 1, nameClass: .document)])
            var path = Array("/tmp/tandem-pin-XXXXXX".utf8CString)
            let descriptor = mkstemp(&path)
            defer {
                close(descriptor)
                unlink(path)
            }
            #expect(image.bytes.withUnsafeBytes { write(descriptor, $0.baseAddress!, $0.count) } == image.bytes.count)
            let name = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return ServedRelease(manifest: try Manifest.open(path: name, id: image.id), encodings: nil, state: .draining)
        }
        return SiteSnapshot(
            name: .default, hosts: [.any], policy: SitePolicy(), releases: releases,
            union: UnionIndex(releases: releases.map(\.manifest), merged: nil), current: 0, canary: nil)
    }

    private func find(_ site: SiteSnapshot, _ pin: some StringProtocol) -> Int? {
        Array(pin.utf8).withUnsafeBufferPointer { site.release(pinned: $0) }
    }

    @Test func twelveTo64DigitsNameARelease() throws {
        let site = try site()
        for (position, release) in site.releases.enumerated() {
            for count in 12...64 { #expect(find(site, release.hex.prefix(count)) == position) }
            for count in [0, 1, 11] { #expect(find(site, release.hex.prefix(count)) == nil) }
            #expect(find(site, release.hex + "0") == nil)
            #expect(find(site, release.hex.dropFirst()) == nil)
        }
        #expect(find(site, String(repeating: "0", count: 64)) == nil)
    }
}
