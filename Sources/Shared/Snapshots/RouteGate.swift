/// Who may use a route, and how often.
package struct RouteGate: Sendable {
    /// What requests are told apart by for a limit.
    package enum Key: Hashable, Sendable, CustomStringConvertible {
        case client, host, path
        /// In lower case.
        case header(String)

        /// As the configuration says it.
        package var description: String {
            switch self {
            case .client: "client"
            case .host: "host"
            case .path: "path"
            case .header(let name): "header:\(name)"
            }
        }
    }

    package struct Limit: Sendable {
        package let key: Key
        /// Allowed in a period; for `RateLimit-Policy`.
        package let requests: Int
        package let seconds: Int
        package let limiter: RateLimiter

        package init(key: Key, requests: Int, periodMilliseconds: Int64, burst: Int) {
            self.key = key
            self.requests = requests
            seconds = max(Int((periodMilliseconds + 999) / 1000), 1)
            limiter = RateLimiter(requests: requests, period: UInt64(periodMilliseconds) * 1000, burst: burst)
        }
    }

    /// Empty: everybody who is not denied.
    package var allowed: [AddressPrefix] = []
    package var denied: [AddressPrefix] = []
    package var limits: [Limit] = []

    package init() {}

    package var isOpen: Bool { allowed.isEmpty && denied.isEmpty && limits.isEmpty }

    /// What is denied stays denied, whatever allows it.
    package func admits(high: UInt64, low: UInt64) -> Bool {
        if denied.contains(where: { $0.contains(high: high, low: low) }) { return false }
        return allowed.isEmpty || allowed.contains { $0.contains(high: high, low: low) }
    }
}
