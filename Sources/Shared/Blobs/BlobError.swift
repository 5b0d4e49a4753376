import Glibc
import Model

package enum BlobError: Error, Hashable, Sendable, CustomStringConvertible {
    case system(call: String, path: String, errno: Int32)
    /// What lies under the digest has another one.
    case wrongContent(path: String, expected: ContentDigest, found: ContentDigest)

    package var isFull: Bool {
        if case .system(_, _, let code) = self { code == ENOSPC || code == EDQUOT } else { false }
    }

    package var description: String {
        switch self {
        case .system(_, let path, ENOSPC), .system(_, let path, EDQUOT):
            "no space left to write \(path)\nFree some, or run `tandem gc`; nothing was changed."
        case .system(let call, let path, let code): "cannot \(call) \(path): \(String(cString: strerror(code)))"
        case .wrongContent(let path, let expected, let found):
            "\(path) holds other bytes than its name says (\(found.hex.prefix(12)) instead of \(expected.hex.prefix(12)))\nRun `tandem fsck`."
        }
    }
}
