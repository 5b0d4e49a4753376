import Glibc
import HTTPEngine

/// What one question to a server whether it is well has found.
package enum HealthFinding: Hashable, Sendable {
    case good
    /// An answer of a status that is none of 2xx and 3xx.
    case status(UInt16, path: String)
    /// Of `errno`.
    case unreachable(Int32)
    /// It could not prove who it is, or no encryption was agreed on.
    case unproven(TLSFault)
    case silent
    case noAnswer
    /// Its name has no address.
    case nowhere

    /// What is said of the server.
    package var words: String {
        switch self {
        case .good: "is well"
        case .status(let status, let path): "answers GET \(path) with \(status)"
        case .unreachable(let code): "cannot be reached: \(String(cString: strerror(code)))"
        case .unproven(let fault): "cannot be trusted: \(fault.words)"
        case .silent: "does not answer in time"
        case .noAnswer: "sends nothing that is an answer"
        case .nowhere: "has a name without an address"
        }
    }
}
