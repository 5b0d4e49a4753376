import Glibc
import Model

extension BlobStore {
    /// Writes a blob to a new file, in pieces, and checks on the way that it is what its name says.
    /// - Throws: `wrongContent`, and then nothing is left at `target`; `system` with `EEXIST` where something stands there.
    package func copy(_ digest: ContentDigest, to target: String) throws(BlobError) {
        let found: ContentDigest
        do throws(BlobError) {
            found = try FileReader.copy(path(digest), to: target)
        } catch {
            // What another has made there is not ours to remove.
            if case .system(_, target, EEXIST) = error { throw error }
            unlink(target)
            throw error
        }
        guard found == digest else {
            unlink(target)
            throw .wrongContent(path: path(digest), expected: digest, found: found)
        }
    }
}
