import Compression
import Model
import Names

/// What is known of a body that is held against its name.
///
/// A name says what a file is, not how it travels: a body under `Content-Encoding` is unfolded first. What cannot be unfolded, for its
/// coding is none of ours or it is longer than what is looked at, proves nothing, and nothing is proven of it.
package struct GuardedContent: Hashable, Sendable {
    /// Longer contents are not looked at whole.
    package static let longest = 16 << 20

    /// Of the content; nil: nobody can tell.
    package let digests: ContentDigests?
    /// Of the bytes as they were sent.
    package let sent: ContentDigest

    /// Cost: a pass over the body, and another one over what it unfolds to.
    package init(_ body: UnsafeRawBufferPointer, _ fields: FieldLines) {
        let whole = ContentDigests(of: body)
        sent = whole.sha256
        digests = Self.isIdentity(fields) ? whole : Self.unfolded(body, fields)
    }

    package static func isIdentity(_ fields: FieldLines) -> Bool { !fields.contains("content-encoding") }

    private static func unfolded(_ body: UnsafeRawBufferPointer, _ fields: FieldLines) -> ContentDigests? {
        // Codings over codings are nobody's practice.
        let codings = fields.members("content-encoding")
        guard codings.count == 1, let codec = codings.first.flatMap(codec) else { return nil }
        var hasher = ContentHasher()
        var rest = body[...]
        do {
            _ = try codec.decompress(atMost: UInt64(longest)) { room in
                let piece = rest.prefix(room.count)
                room.copyBytes(from: piece)
                rest = rest.dropFirst(piece.count)
                return piece.count
            } write: {
                hasher.update($0)
            }
        } catch { return nil }
        return hasher.finalize()
    }

    private static func codec(_ name: ArraySlice<UInt8>) -> Codec? {
        switch String(decoding: name, as: UTF8.self).lowercased() {
        case "gzip", "x-gzip": .gzip
        case "br": .brotli
        case "zstd": .zstd
        default: nil
        }
    }
}
