import Crypto
import Files
import Model
import Synchronization

/// A stored response that is ready to be sent: its head in memory, its body there too or in an open file.
package final class CachedObject: Sendable {
    package enum Body: Sendable {
        case memory([UInt8])
        /// Where in the file the body stands.
        case file(OpenFile, Range<Int>)
    }

    package let key: CacheKey
    package let stored: StoredResponse
    package let body: Body
    package let bodyDigest: ContentDigest
    /// The version of the purges that has been looked at for it.
    let checkedPurges = Atomic<Int>(-1)
    private let staleMark: Atomic<Bool>
    /// The second in which it was last asked for.
    private let lastAsked = Atomic<Int64>(.min)

    init(key: CacheKey, stored: StoredResponse, body: Body, bodyDigest: ContentDigest) {
        self.key = key
        self.stored = stored
        self.body = body
        self.bodyDigest = bodyDigest
        staleMark = Atomic(stored.isMarkedStale)
    }

    /// Whether somebody has asked that it be validated before it is used again.
    package var isMarkedStale: Bool { staleMark.load(ordering: .relaxed) }

    package func markStale() { staleMark.store(true, ordering: .relaxed) }

    /// Whether it was asked for in the same second before: then it is worth the making of an answer that is sent again and again.
    package func isAskedAgain(in second: Int64) -> Bool { lastAsked.exchange(second, ordering: .relaxed) == second }

    package var bodyCount: Int {
        switch body {
        case .memory(let bytes): bytes.count
        case .file(_, let range): range.count
        }
    }

    /// Where its body stands in the whole, if it is a part.
    package var place: ContentRange? { stored.response.status == 206 ? ContentRange(stored.response.fields) : nil }

    /// Reads bytes of the body; nil where the file cannot be read.
    package func bytes(_ range: Range<Int>) -> [UInt8]? {
        switch body {
        case .memory(let bytes): return Array(bytes[range])
        case .file(let file, let place):
            var isRead = true
            let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
                if let base = buffer.baseAddress {
                    isRead = file.read(at: place.lowerBound + range.lowerBound, count: range.count, into: base)
                }
                count = isRead ? range.count : 0
            }
            return isRead ? bytes : nil
        }
    }

    /// What an open file is taken to cost: descriptors are fewer than bytes.
    private static let openFile: UInt64 = 32 << 10

    /// What it costs to keep in memory: bytes.
    var weight: UInt64 {
        let lines =
            stored.response.fields.lines.reduce(0) { $0 + $1.name.utf8.count + $1.value.count + 64 }
            + stored.variant.values.reduce(0) { $0 + $1.key.utf8.count + ($1.value?.utf8.count ?? 0) + 64 }
        guard case .memory(let bytes) = body else { return UInt64(lines) + Self.openFile }
        return UInt64(lines + bytes.count + 512)
    }

    /// The same body under a renewed head.
    func with(_ stored: StoredResponse) -> CachedObject { CachedObject(key: key, stored: stored, body: body, bodyDigest: bodyDigest) }
}
