import HTTPEngine
import Proxying
import Snapshots

extension RouteGate {
    /// What a gate says to a request.
    enum Judgement: Hashable {
        case admitted
        /// `403`.
        case forbidden
        /// `429`.
        case limited(RateLimiter.Verdict, requests: Int, seconds: Int)
    }

    /// - Parameters:
    ///   - client: who asks.
    ///   - path: decoded.
    ///   - now: milliseconds of the monotonic clock.
    func judge(_ exchange: Exchange, client: PeerAddress, path: [UInt8], now: Int64) -> Judgement {
        guard admits(high: client.high, low: client.low) else { return .forbidden }
        for limit in limits {
            let verdict = limit.limiter.take(limit.key.hash(exchange, client, path), now: UInt64(max(now, 0)) * 1000)
            if !verdict.isAllowed { return .limited(verdict, requests: limit.requests, seconds: limit.seconds) }
        }
        return .admitted
    }
}

extension RouteGate.Key {
    fileprivate func hash(_ exchange: Exchange, _ client: PeerAddress, _ path: [UInt8]) -> UInt64 {
        switch self {
        case .client: return client.clientHash
        case .host: return HashKey.of(exchange.bytes(exchange.head.authority).map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 })
        case .path: return HashKey.of(path)
        case .header(let name):
            var name = name
            let span = name.withUTF8 { exchange.head.field(named: $0, in: exchange.base) }
            return HashKey.of(span.map { Array(exchange.bytes($0)) } ?? [])
        }
    }
}
