import Glibc
import Model

extension BlobStore {
    /// When a blob was written or last reused, to the second; nil when it is not there.
    package func modifiedAt(_ digest: ContentDigest) -> Timestamp? {
        var status = stat()
        guard stat(path(digest), &status) == 0 else { return nil }
        return Timestamp(milliseconds: Int64(status.st_mtim.tv_sec) * 1000)
    }
}
