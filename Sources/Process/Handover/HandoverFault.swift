import Glibc

/// Why processes could not hand each other something.
package enum HandoverFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Bytes that no version of this program writes.
    case malformed
    /// A call that failed.
    case system(String, Int32)
    /// The other end has gone.
    case gone

    package var description: String {
        switch self {
        case .malformed: "the other process spoke another language: it is another version, or no tandem"
        case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
        case .gone: "the other process has gone"
        }
    }
}
