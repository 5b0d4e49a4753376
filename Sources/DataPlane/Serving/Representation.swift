import Files
import Glibc
import HTTPEngine
import Manifests
import Model
import Snapshots

/// One content in one coding: what is sent, and under which entity tag.
struct Representation {
    var coding: Coding?
    var blob: ContentDigest
    var size: Int

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
    func isPresent(_ blobs: BlobReader) -> Bool {
        var status = stat()
        return size == 0 || (stat(blobs.path(blob), &status) == 0 && Int(status.st_size) == size)
    }

    /// The bytes, as a body: small ones read, large ones left in their file. Nil when the blob is not there or not whole.
    func body(_ blobs: BlobReader) -> Body? {
        if size == 0 { return .empty }
        let path = blobs.path(blob)
        if size > PreparedResponse.inlineLimit {
            guard let file = try? OpenFile(path: path), file.size == size else { return nil }
            return .file(file, 0..<size)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = 0
            while count < size {
                let got = read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
                if got <= 0 { break }
                count += got
            }
        }
        return bytes.count == size ? .bytes(bytes) : nil
    }
}
