import Crypto
import Model
import Names

/// What names and pages say of one content.
struct FileDigests: Hashable, Sendable {
    var size: Int
    var sha256: ContentDigest
    /// In hexadecimal, where names carry it.
    var md5: String?
    /// Raw, for what pages check before they run it (SRI): scripts and styles.
    var sha384: [UInt8]?

    /// Raw, for a manifest in Phoenix' shape.
    var sha512: [UInt8]?

    /// All hexadecimal digits for a name.
    func digits(_ hash: DigestOptions.Hash) -> String {
        switch hash {
        case .sha256: sha256.hex
        case .md5: md5 ?? ""
        }
    }

    /// `sha384-…`, as `integrity` has it.
    var integrity: String? { sha384.map { "sha384-" + Base64.text($0) } }

    /// Which digests a file of this name needs.
    struct Need: Hashable, Sendable {
        var md5: Bool
        var sha384: Bool
        var sha512: Bool

        init(name: String, options: DigestOptions) {
            md5 = options.hash == .md5
            sha384 = ["js", "mjs", "cjs", "css"].contains(TreePath.fileExtension(of: name))
            sha512 = options.manifestFormat == .phoenix
        }
    }

    /// Takes a content piece by piece.
    struct Hasher {
        private var sha256 = SHA256()
        private var md5: Insecure.MD5?
        private var sha384: SHA384?
        private var sha512: SHA512?
        private var size = 0

        init(_ need: Need) {
            if need.md5 { md5 = Insecure.MD5() }
            if need.sha384 { sha384 = SHA384() }
            if need.sha512 { sha512 = SHA512() }
        }

        mutating func update(_ bytes: UnsafeRawBufferPointer) {
            size += bytes.count
            sha256.update(bufferPointer: bytes)
            md5?.update(bufferPointer: bytes)
            sha384?.update(bufferPointer: bytes)
            sha512?.update(bufferPointer: bytes)
        }

        func finalize() -> FileDigests {
            FileDigests(
                size: size, sha256: ContentDigest(sha256.finalize()), md5: md5.map { Hexadecimal.string(Array($0.finalize())) },
                sha384: sha384.map { Array($0.finalize()) }, sha512: sha512.map { Array($0.finalize()) })
        }
    }

    static func of(_ bytes: [UInt8], _ need: Need) -> FileDigests {
        var hasher = Hasher(need)
        bytes.withUnsafeBytes { hasher.update($0) }
        return hasher.finalize()
    }
}

/// RFC 4648 §4.
enum Base64 {
    static func text(_ bytes: [UInt8]) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word: UInt32 = 0
            for (at, byte) in group.enumerated() { word |= UInt32(byte) << UInt32(16 - 8 * at) }
            for at in 0..<4 {
                out.append(at <= group.count ? letters[Int(word >> UInt32(18 - 6 * at)) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
