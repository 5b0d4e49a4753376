import Synchronization

/// The certificates of one listening socket, each ready to shake hands with. They may be replaced at any time: a connection
/// keeps those it began with.
///
/// Shared by all loops, so that a session begun with one is resumed by another: the keys of session tickets live in each
/// `TLSContext`. Its lock is taken once a connection, 20 ns beside a handshake of 300 µs.
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
        private let contexts: [TLSContext]
        private var exact: [String: Int] = [:]
        /// `*.shop.example.com` as `shop.example.com`: it covers one label (RFC 9525 §6.3).
        private var wildcards: [String: Int] = [:]

        /// - Parameter identities: not empty; where two have a name, the first has it.
        package init(_ identities: [TLSIdentity]) {
            precondition(!identities.isEmpty, "a listener with TLS has a certificate")
            contexts = identities.map(\.context)
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

        func context(for index: Int) -> TLSContext { contexts[index] }

        /// - Parameter name: what the client asks for; nil when it does not say.
        func index(for name: String?) -> Int {
            guard var name = name?.lowercased() else { return 0 }
            if name.hasSuffix(".") { name.removeLast() }
            if let index = exact[name] { return index }
            guard let dot = name.firstIndex(of: ".") else { return 0 }
            return wildcards[String(name[name.index(after: dot)...])] ?? 0
        }
    }
}
