import Synchronization

/// Who knows how connections to one server are encrypted that begin now.
package protocol TLSConnecting: AnyObject, Sendable {
    var connector: TLSConnector { get }
}

extension TLSConnector: TLSConnecting {
    package var connector: TLSConnector { self }
}

/// The same where files may be replaced while connections live: those keep what they began with, and sessions begun under other
/// authorities are not resumed, since each connector has its own. Its lock is taken once a connection.
package final class TLSConnectorSlot: TLSConnecting {
    private let held: Mutex<TLSConnector>

    package init(_ connector: TLSConnector) { held = Mutex(connector) }

    package var connector: TLSConnector { held.withLock { $0 } }

    package func replace(_ connector: TLSConnector) { held.withLock { $0 = connector } }
}
