import Model

/// One thing the admin API does: the command line and the server share its shape. A request is a JSON document sent to
/// `path`; the answer is a JSON document, or a `Problem`.
package protocol AdminOperation: Codable, Sendable {
    associatedtype Answer: Codable & Sendable
    static var method: AdminMethod { get }
    /// Where it is sent: `/v1/…`.
    var path: String { get }
}

package enum AdminMethod: String, Sendable {
    case get = "GET"
    case post = "POST"
}

/// What went wrong, by RFC 9457, with the exit code a command ends with (`contract.md`).
package struct Problem: Error, Codable, Hashable, Sendable, CustomStringConvertible {
    package enum Exit: Int32, Codable, Sendable {
        case failed = 1
        case usage = 2
        case configuration = 3
        case refused = 4
        case deferred = 5
    }

    /// What is wrong, then what to do; one sentence a line.
    package var detail: String
    /// The HTTP status.
    package var status: Int
    package var exit: Exit

    package init(_ exit: Exit, status: Int, _ detail: String) {
        self.detail = detail
        self.status = status
        self.exit = exit
    }

    package static func refused(_ detail: String) -> Problem { Problem(.refused, status: 409, detail) }
    package static func failed(_ detail: String) -> Problem { Problem(.failed, status: 500, detail) }
    package static func notFound(_ detail: String) -> Problem { Problem(.failed, status: 404, detail) }
    package static func usage(_ detail: String) -> Problem { Problem(.usage, status: 400, detail) }

    package var description: String { detail }
}
