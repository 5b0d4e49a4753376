import Caching
import Glibc
import HTTPEngine

/// Why a request got no answer from a server.
package enum PassageFailure: Hashable, Sendable {
    /// No server is there to be asked.
    case noServer
    /// A connection could not be opened; of `errno`.
    case connect(Int32)
    case connectTimeout
    /// The server could not prove who it is, or no encryption was agreed on.
    case tls(TLSFault)
    /// The connection broke; of `errno`.
    case transport(Int32)
    case answer(UpstreamFault)
    case firstByteTimeout
    case idleTimeout
    /// A status that another server may do better than.
    case status(UInt16)
    /// A connection of many requests ended, or took no more, before the server had looked at this one.
    case unprocessed
    /// What servers have under a name is not what it says, and the route refuses that.
    case mismatch

    /// What the client gets (RFC 9110 §15.6): `503` where nobody could be asked, so that asking again later is right; `504` where a
    /// server was asked and did not answer in time; `502` where what it answered is no answer.
    package var status: UInt16 {
        switch self {
        case .noServer, .connect: 503
        case .connectTimeout, .firstByteTimeout, .idleTimeout: 504
        case .tls, .transport, .answer, .unprocessed, .mismatch: 502
        case .status(let status): status
        }
    }

    /// For the log and for people.
    package var words: String {
        switch self {
        case .noServer: "no-server"
        case .connect: "connect"
        case .connectTimeout: "connect-timeout"
        case .tls(let fault): fault.words
        case .transport: "reset"
        case .answer(let fault): fault.rawValue
        case .firstByteTimeout: "first-byte-timeout"
        case .idleTimeout: "idle-timeout"
        case .status: "status"
        case .unprocessed: "unprocessed"
        case .mismatch: GuardVerdict.refused
        }
    }

    /// Whether nothing of the request can have reached a server.
    var isBeforeRequest: Bool {
        switch self {
        case .noServer, .connect, .connectTimeout, .tls, .unprocessed: true
        default: false
        }
    }

    /// Whether the server is the worse for it.
    var blamesServer: Bool {
        switch self {
        case .status, .unprocessed, .mismatch: false
        default: true
        }
    }
}
