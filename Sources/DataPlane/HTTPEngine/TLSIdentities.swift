import NIOCore
import NIOSSL
import Synchronization

/// The certificates of one listening socket, each ready to shake hands with. They may be replaced at any time: a connection
/// keeps those it began with.
///
/// Shared by all loops, so that a session begun with one is resumed by another: the keys of session tickets live in each
/// `NIOSSLContext`. Its lock is taken once a connection, 20 ns beside a handshake of 300 µs.
package final class TLSIdentities: Sendable {
    private let current: Mutex<Table>

    package init(_ table: Table) {
        current = Mutex(table)
    }

    package func replace(_ table: Table) { current.withLock { $0 = table } }

    package var table: Table { current.withLock { $0 } }
}

extension TLSIdentities {
    /// Which certificate answers for which name (RFC 6066 §3). A name that none has gets the first: the client decides what it
    /// thinks of that, and the request's host decides about the site.
    package struct Table: Sendable {
        private let contexts: [NIOSSLContext]
        private let natives: [TLSContext]
        private var exact: [String: Int] = [:]
        /// `*.shop.example.com` as `shop.example.com`: it covers one label (RFC 9525 §6.3).
        private var wildcards: [String: Int] = [:]

        /// - Parameter identities: not empty; where two have a name, the first has it.
        package init(_ identities: [TLSIdentity]) {
            precondition(!identities.isEmpty, "a listener with TLS has a certificate")
            contexts = identities.map(\.context)
            natives = identities.map(\.native)
            for (index, identity) in identities.enumerated() {
                for name in identity.names.map({ $0.lowercased() }) {
                    if name.hasPrefix("*.") {
                        if wildcards[String(name.dropFirst(2))] == nil { wildcards[String(name.dropFirst(2))] = index }
                    } else if exact[name] == nil {
                        exact[name] = index
                    }
                }
            }
        }

        /// The one there is: then no name needs to be looked at.
        var only: NIOSSLContext? { contexts.count == 1 ? contexts[0] : nil }

        func native(for index: Int) -> TLSContext { natives[index] }

        /// - Parameter name: what the client asks for; nil when it does not say.
        func context(for name: String?) -> NIOSSLContext { contexts[index(for: name)] }

        func index(for name: String?) -> Int {
            guard var name = name?.lowercased() else { return 0 }
            if name.hasSuffix(".") { name.removeLast() }
            if let index = exact[name] { return index }
            guard let dot = name.firstIndex(of: ".") else { return 0 }
            return wildcards[String(name[name.index(after: dot)...])] ?? 0
        }
    }
}
