import Files
import Glibc
import Model
import Names

extension NameClaim {
    /// Whether what is kept is the content that the name means. Then it is for ever, whatever a server says of the name later.
    ///
    /// Cost: a pass over the body; asked only where a server was caught with something else.
    package func isTrue(of kept: CachedObject) -> Bool {
        guard kept.stored.response.status == 200 else { return false }
        func isTrue(_ bytes: [UInt8]) -> Bool {
            bytes.withUnsafeBytes { GuardedContent($0, kept.stored.response.fields).digests.map(matches) ?? false }
        }
        switch kept.body {
        case .memory(let bytes): return isTrue(bytes)
        case .file(let file, let range):
            var bytes = [UInt8](repeating: 0, count: range.count)
            let count = bytes.withUnsafeMutableBytes { pread(file.descriptor, $0.baseAddress, $0.count, off_t(range.lowerBound)) }
            return count == range.count && isTrue(bytes)
        }
    }
}
