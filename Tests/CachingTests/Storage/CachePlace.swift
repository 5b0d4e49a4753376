import Files
import Foundation
import Model
import Synchronization

@testable import Caching

/// A cache in a folder that goes away with the test.
final class CachePlace {
    let path = FileManager.default.temporaryDirectory.appending(path: "tandem-cache-\(UUID().uuidString)").path
    private(set) var cache: SharedCache
    private let size: UInt64
    private let memory: UInt64

    init(size: UInt64 = 64 << 20, memory: UInt64 = 8 << 20) throws {
        (self.size, self.memory) = (size, memory)
        cache = try SharedCache(path: path, size: size, memory: memory, boot: 1)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Another process looks at the same folder.
    func reopen(boot: UInt64 = 1) throws {
        cache = try SharedCache(path: path, size: size, memory: memory, boot: boot)
    }

    @discardableResult
    func store(
        _ target: String, _ body: String, _ answer: OriginResponse = response("Cache-Control: max-age=60"), request: FieldLines = fields(),
        tags: [String] = [], at moment: Timestamp = now
    ) throws -> CachedObject? {
        guard let writing = try cache.write(key(target), answer, request: request, tags: tags, now: moment) else { return nil }
        for piece in Array(body.utf8).chunks(of: 1000) { try piece.withUnsafeBytes { try writing.append($0) } }
        return try cache.finish(writing)
    }

    func find(_ target: String, _ request: FieldLines = fields()) -> CachedObject? { cache.find(key(target), request: request) }

    func body(_ target: String, _ request: FieldLines = fields()) -> String? { find(target, request).map(text) }

    /// Every file of a stored response.
    var files: [String] {
        (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? [])
            .filter { $0.split(separator: "/").last?.count == 32 }.map { "\(path)/\($0)" }.sorted()
    }

    var unfinished: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path + "/tmp")) ?? [] }
}

func key(_ target: String) -> CacheKey { CacheKey(origin: "https://shop.example", target: target) }

func text(_ object: CachedObject) -> String {
    switch object.body {
    case .memory(let bytes): return String(decoding: bytes, as: UTF8.self)
    case .file(let file, let range):
        var bytes = [UInt8](repeating: 0, count: range.count)
        let isWhole = bytes.withUnsafeMutableBytes { raw in
            raw.baseAddress.map { file.read(at: range.lowerBound, count: range.count, into: $0) } ?? true
        }
        return isWhole ? String(decoding: bytes, as: UTF8.self) : "not whole"
    }
}

extension [UInt8] {
    func chunks(of count: Int) -> [ArraySlice<UInt8>] {
        stride(from: 0, to: self.count, by: count).map { self[$0..<Swift.min($0 + count, self.count)] }
    }
}
