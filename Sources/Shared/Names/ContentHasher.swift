import Crypto
import Model

/// Takes a content's bytes once and gives its three digests.
///
/// SHA-1 and MD5 protect nothing here: they recognise the names that other tools made. What is stored and compared is the SHA-256.
package struct ContentHasher {
    private var sha256 = SHA256()
    private var sha1 = Insecure.SHA1()
    private var md5 = Insecure.MD5()

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        sha256.update(bufferPointer: bytes)
        sha1.update(bufferPointer: bytes)
        md5.update(bufferPointer: bytes)
    }

    /// The digests of everything given so far; more may follow.
    package func finalize() -> ContentDigests {
        let sha256 = ContentDigest(self.sha256.finalize())
        return sha1.finalize().withUnsafeBytes { sha1 in
            md5.finalize().withUnsafeBytes { md5 in
                ContentDigests(sha256: sha256, sha1: sha1, md5: md5)
            }
        }
    }
}

extension ContentDigests {
    /// The digests of bytes in memory.
    package init(of bytes: UnsafeRawBufferPointer) {
        var hasher = ContentHasher()
        hasher.update(bytes)
        self = hasher.finalize()
    }
}
