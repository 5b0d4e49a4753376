import Glibc

/// What was observed of requests that only one release could answer, since the counters were last taken.
package struct ObservedNeed: Hashable, Sendable, Codable {
    package var release: ReleaseID
    package var requests: UInt64
    /// Distinct clients, estimated from the sketch.
    package var clients: Int
    /// Bits of a linear-counting sketch of client addresses (Whang et al., 1990): the union over loops and nodes is `|`.
    package var sketch: ClientSketch
    package var lastAt: Timestamp
    /// A few of the names asked for, newest last.
    package var names: [String]

    package init(release: ReleaseID, requests: UInt64, sketch: ClientSketch, lastAt: Timestamp, names: [String]) {
        self.release = release
        self.requests = requests
        self.clients = sketch.estimate
        self.sketch = sketch
        self.lastAt = lastAt
        self.names = names
    }
}

/// Counts distinct clients in 512 bits: exact enough to tell one client from two, within 5 % up to a thousand.
package struct ClientSketch: Hashable, Sendable, Codable {
    package static let wordCount = 8
    package private(set) var words: [UInt64]

    package init() {
        words = Array(repeating: 0, count: Self.wordCount)
    }

    /// A sketch as it was stored; nil if it is not of `wordCount` words.
    package init?(words: [UInt64]) {
        guard words.count == Self.wordCount else { return nil }
        self.words = words
    }

    package mutating func insert(hash: UInt64) {
        words[Int(hash >> 6) & (Self.wordCount - 1)] |= 1 << (hash & 63)
    }

    package mutating func formUnion(_ other: ClientSketch) {
        for index in words.indices { words[index] |= other.words[index] }
    }

    package var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// The maximum-likelihood estimate `-m ln(empty / m)`, rounded. For a full sketch: its bound, 3,194.
    package var estimate: Int {
        let size = Double(Self.wordCount * 64)
        let set = words.reduce(0) { $0 + $1.nonzeroBitCount }
        if set == 0 { return 0 }
        let empty = max(size - Double(set), 1)
        return Int((size * log(size / empty)).rounded())
    }
}
