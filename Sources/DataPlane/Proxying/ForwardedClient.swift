import HTTPEngine
import Snapshots

/// Who asked, where proxies in front are trusted to say so: the last address in `X-Forwarded-For` that is none of theirs. What was
/// written before it may be anybody's, and counts for nothing.
package enum ForwardedClient {
    package static func of(_ exchange: Exchange, trusted: [AddressPrefix]) -> PeerAddress {
        guard isTrusted(exchange.peer, trusted) else { return exchange.peer }
        var client = exchange.peer
        for text in addresses(exchange).reversed() {
            guard let address = PeerAddress(text: text) else { return client }
            client = address
            if !isTrusted(address, trusted) { return client }
        }
        return client
    }

    /// Whoever reaches a Unix socket is on this machine, where somebody has let it.
    package static func isTrusted(_ peer: PeerAddress, _ trusted: [AddressPrefix]) -> Bool {
        if trusted.isEmpty { return false }
        return peer == .local || trusted.contains { $0.contains(high: peer.high, low: peer.low) }
    }

    private static func addresses(_ exchange: Exchange) -> [String] {
        var found: [String] = []
        exchange.head.forEachField(in: exchange.base) { name, value in
            if isName(name.bytes(from: exchange.base)) {
                ListTokens.forEach(value.bytes(from: exchange.base)) { found.append(String(decoding: $0, as: UTF8.self)) }
            }
            return true
        }
        return found
    }

    private static func isName(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        name.elementsEqual("x-forwarded-for".utf8, by: { byte, lower in (byte &- 0x41 < 26 ? byte | 0x20 : byte) == lower })
    }
}
