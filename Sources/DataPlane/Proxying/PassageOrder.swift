import HTTPEngine
import Snapshots

/// What is to be passed on, and how: decided by the route, once.
package struct PassageOrder {
    package var exchange: Exchange
    package var policy: ProxyPolicy
    /// What is asked for where it is not what the client sent.
    package var target: [UInt8]?
    /// Whole lines that go to the server.
    package var requestLines: [UInt8] = []
    /// Whole lines that go to the client.
    package var responseLines: [UInt8] = []
    /// In lower case: fields of the server's answer that give way to `responseLines`.
    package var replacedFields: [[UInt8]] = []
    /// `Cache-Status`, as a whole line.
    package var cacheStatus: [UInt8] = Array("Cache-Status: tandem; fwd=bypass\r\n".utf8)
    /// In lower case.
    package var pinField = ""
    package var isUpgrade = false
    /// Bytes of a body at most; with more the request is refused.
    package var maximumBody = UInt64.max
    /// Of a consistent hash.
    package var hashKey: UInt64 = 0
    /// For whoever gets the report.
    package var site = 0

    package init(_ exchange: Exchange, _ policy: ProxyPolicy) {
        self.exchange = exchange
        self.policy = policy
    }
}

/// What became of a request that was passed on.
package struct PassageReport {
    /// As logs say it where a client did not wait: no answer was given.
    package static let clientHasGone: UInt16 = 499

    package var order: PassageOrder
    package var status: UInt16
    /// Of the body, to the client.
    package var bytes: Int
    package var server: String
    package var tries: Int
    package var failure: PassageFailure?
}

/// Who keeps count of what was passed on.
package protocol PassageListener: AnyObject {
    /// Comes before the last bytes go to the client: the request can still be looked at.
    func passageEnds(_ report: PassageReport)
}
