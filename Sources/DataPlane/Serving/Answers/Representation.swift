import HTTPEngine
import Manifests
import Model
import Snapshots

/// One content in one coding: what is sent, and under which entity tag.
struct Representation {
    var coding: Coding?
    var blob: ContentDigest
    var size: Int
    /// Where it is a delta: to which content (RFC 9842).
    var dictionary: ContentDigest?

    /// As `Content-Encoding` has it; nil: the content itself.
    var token: String? { dictionary != nil ? "dcz" : coding?.token }

    /// `"<64 hexadecimal digits>"` of the bytes as encoded.
    var tag: String { "\"\(blob.hex)\"" }

    static func identity(_ release: ServedRelease, _ entry: Int) -> Representation {
        // A damaged manifest may say any size; no file has this one.
        Representation(coding: nil, blob: release.manifest.content(at: entry), size: Int(clamping: release.manifest.size(at: entry)))
    }

    /// Every representation there is, identity first.
    static func all(_ release: ServedRelease, _ entry: Int) -> [Representation] {
        var list = [identity(release, entry)]
        for coding in Coding.allCases {
            guard let found = release.encodings?.find(coding, entry: entry) else { continue }
            list.append(Representation(coding: coding, blob: found.blob, size: Int(clamping: found.size)))
        }
        return list
    }

    /// Of those with the client's highest weight the smallest.
    static func select(_ candidates: [Representation], _ preference: EncodingPreference) -> Representation {
        var best = candidates[0]
        var bestWeight = preference.weight(of: nil)
        for candidate in candidates.dropFirst() {
            let weight = preference.weight(of: candidate.coding)
            if weight > bestWeight || (weight == bestWeight && weight > 0 && candidate.size < best.size) {
                best = candidate
                bestWeight = weight
            }
        }
        return best
    }

    /// Whether the blob is there and whole by its size: all that `HEAD` asks.
    func isPresent(_ blobs: BlobReader) -> Bool { size == 0 || blobs.contains(blob, size: size) }

    /// The bytes, as a body: small ones read, large ones left in their file. Nil with `errno` set when the blob is not there or not
    /// whole, or no descriptor is left to open it with.
    func body(_ blobs: BlobReader) -> Body? {
        if size == 0 { return .empty }
        if size > PreparedResponse.inlineLimit { return blobs.open(blob, size: size).map { .file($0, 0..<size) } }
        return blobs.read(blob, size: size).map { .bytes($0) }
    }
}
