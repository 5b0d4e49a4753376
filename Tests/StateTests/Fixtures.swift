import Foundation
import Model

@testable import State

let shop = SiteName.default

/// Seconds after a fixed moment.
func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: 1_700_000_000_000 + seconds * 1000) }

func digest(_ text: String) -> ContentDigest {
    Array(text.utf8).withUnsafeBytes { ContentDigest(of: $0) }
}

func release(_ name: String) -> ReleaseID { ReleaseID(digest(name)) }

func record(_ name: String, label: String? = nil, assets: Bool = false, seconds: Int64 = 0) -> ReleaseRecord {
    ReleaseRecord(
        site: shop, id: release(name), label: label, isAssetsOnly: assets, fileCount: 3, contentBytes: 4096, publishedAt: at(seconds))
}

func event(_ kind: String, _ name: String, seconds: Int64 = 0) -> Event {
    Event(at: at(seconds), site: shop, release: release(name), kind: kind, actor: "operator", reason: "test")
}

/// A folder under the temporary one that goes away with the test.
final class Folder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "tandem-state-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    var database: String { url.appending(path: "state.sqlite").path }

    deinit { try? FileManager.default.removeItem(at: url) }
}

extension StateDatabase {
    @discardableResult
    func make(_ record: ReleaseRecord) throws -> MadeRelease {
        try makeRelease(record) {}
    }
}
