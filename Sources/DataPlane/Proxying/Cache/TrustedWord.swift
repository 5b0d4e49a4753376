import HTTPEngine
import Snapshots

/// What a trusted proxy in front says of the request that it passes on. It reaches the server, and the server may answer by it: so it is
/// in the key.
struct TrustedWord {
    private(set) var isSecure: Bool?
    /// In lower case.
    private(set) var host: String?

    init(_ order: PassageOrder) {
        let exchange = order.exchange
        guard ForwardedClient.isTrusted(exchange.peer, order.policy.trusted) else { return }
        exchange.head.forEachField(in: exchange.base) { name, value in
            switch String(decoding: exchange.bytes(name), as: UTF8.self).lowercased() {
            case "x-forwarded-proto" where isSecure == nil:
                let said = String(decoding: exchange.bytes(value), as: UTF8.self).lowercased()
                isSecure = ["https": true, "http": false][said]
            case "x-forwarded-host" where host == nil: host = String(decoding: exchange.bytes(value), as: UTF8.self).lowercased()
            default: break
            }
            return true
        }
    }
}
