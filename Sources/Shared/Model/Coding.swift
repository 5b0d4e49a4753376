/// A content coding prepared at publish (RFC 9110 §8.4.1, RFC 7932, RFC 8878). Raw values are stored.
package enum Coding: UInt8, CaseIterable, Sendable, Codable {
    case brotli = 1
    case zstd = 2
    case gzip = 3

    /// The token in `Accept-Encoding` and `Content-Encoding`.
    package var token: String {
        switch self {
        case .brotli: "br"
        case .zstd: "zstd"
        case .gzip: "gzip"
        }
    }
}

/// The blob that holds one content in one coding. The first recorded one is used by every node.
package struct EncodingRecord: Hashable, Sendable, Codable {
    package var source: ContentDigest
    package var coding: Coding
    package var blob: ContentDigest
    package var size: UInt64

    package init(source: ContentDigest, coding: Coding, blob: ContentDigest, size: UInt64) {
        self.source = source
        self.coding = coding
        self.blob = blob
        self.size = size
    }
}
