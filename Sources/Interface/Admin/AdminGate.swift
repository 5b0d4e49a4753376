import AdminAPI
import Crypto

/// Who may do what at an address of the admin API.
///
/// On the socket its owner may do everything: the file's mode is the lock. On a network address a bearer token decides;
/// without tokens an address of this machine alone may be read, by whoever names it by a local host (so that no web page
/// can read it through a rebound name), and nothing else.
package struct AdminGate: Sendable {
    package struct Token: Sendable {
        package var name: String
        /// SHA-256 of the secret: the secret itself is not kept.
        fileprivate var hash: [UInt8]
        package var may: Set<AdminVerb>

        package init(name: String, secret: String, may: Set<AdminVerb>) {
            self.name = name
            hash = Array(SHA256.hash(data: Array(secret.utf8)))
            self.may = may
        }
    }

    private enum Rule: Sendable {
        case owner
        case tokens([Token])
        case localReaders
    }

    private let rule: Rule

    package static let owner = AdminGate(rule: .owner)

    /// - Throws: `usage` for an address that others can reach and no token guards.
    package static func address(isLocal: Bool, tokens: [Token]) throws -> AdminGate {
        if !tokens.isEmpty { return AdminGate(rule: .tokens(tokens)) }
        guard isLocal else {
            throw Problem(
                .configuration, status: 400,
                "admin.address can be reached from other machines and admin.tokens is empty\nAdd a token, or use 127.0.0.1.")
        }
        return AdminGate(rule: .localReaders)
    }

    /// - Parameters:
    ///   - authorization: the request's `Authorization`, whole.
    ///   - host: its authority.
    /// - Throws: 401, 403 or 421 as a problem.
    func admit(_ verb: AdminVerb, authorization: String?, host: String?) throws(Problem) {
        switch rule {
        case .owner: return
        case .localReaders:
            guard Self.isLocal(host) else { throw Problem(.failed, status: 421, "this address answers for localhost alone") }
            guard verb == .read else {
                throw Problem(
                    .refused, status: 403, "without a token this address can only be read\nUse the admin socket, or configure admin.tokens."
                )
            }
        case .tokens(let tokens):
            guard let authorization, authorization.lowercased().hasPrefix("bearer ") else {
                throw Problem(.refused, status: 401, "a token is needed: Authorization: Bearer …")
            }
            let hash = Array(SHA256.hash(data: Array(authorization.dropFirst(7).utf8)))
            // Every token is compared, each in full: how long it takes tells nothing.
            var found: Token?
            for token in tokens where Self.isEqual(token.hash, hash) { found = token }
            guard let found else { throw Problem(.refused, status: 401, "the token is not known") }
            guard found.may.contains(verb) || verb == .read else {
                throw Problem(.refused, status: 403, "the token \(found.name) may not \(verb.rawValue)")
            }
        }
    }

    private static func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        var difference: UInt8 = a.count == b.count ? 0 : 1
        for (x, y) in zip(a, b) { difference |= x ^ y }
        return difference == 0
    }

    private static func isLocal(_ host: String?) -> Bool {
        guard let host else { return false }
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" }.dropFirst() : host.prefix { $0 != ":" }
        return name == "localhost" || name == "127.0.0.1" || name == "::1"
    }
}
