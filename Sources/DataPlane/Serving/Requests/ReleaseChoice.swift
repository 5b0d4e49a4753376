import HTTPEngine
import Model
import Snapshots

/// Which release answers a request for a document, and how it was chosen (`contract.md`, who gets which release).
///
/// Navigations get the current release, or the canary by the visitor's bucket. A visitor without a bucket gets the current one
/// and, while a canary runs, the bucket that decides about the next navigation: who keeps no cookies never meets a canary, and
/// never meets two releases in turn. Everything else follows, in this order, the pin in the header, the pin in the query, the
/// release of the page in the cookie, and then the current one. Pins reach live releases only.
struct ReleaseChoice: Equatable {
    enum Means: String, Sendable {
        case current, canary, bucket, headerPin, queryPin, cookie, name

        /// Whether a cookie had a say, so that no shared cache may keep the answer (S7).
        var isPersonal: Bool { self == .canary || self == .bucket || self == .cookie }
    }

    /// Position in the site's releases.
    var release: Int
    var means: Means
    /// The cookie to set: the visitor's bucket and the page's release; `.expire` removes one that outlived its canary.
    var cookie: CookieChange = .none
    /// A pin came with the request, so whether it is a navigation decides about it.
    var hasPin = false

    /// Whether the answer is for this visitor alone.
    var isPersonal: Bool { means.isPersonal || cookie != .none }

    /// What the answer depends on.
    func vary(_ site: SiteSnapshot, usesFallback: Bool = false) -> String {
        // With a pin the answer depends on whether the request is a navigation: a shared cache must not mix the two (S7).
        site.policy.pin.header + (usesFallback || hasPin ? ", Sec-Fetch-Mode, Accept" : "")
    }

    /// The value of `Set-Cookie`; nil: the visitor's cookie is right as it is.
    func setCookie(_ site: SiteSnapshot, isSecure: Bool) -> String? {
        let name = site.policy.pin.cookie(isSecure: isSecure)
        // `__Host-` asks for Secure, for the path / and for no domain.
        let flags = (isSecure ? "Secure; " : "") + "HttpOnly; SameSite=Lax"
        switch cookie {
        case .none: return nil
        case .set(let bucket): return "\(name)=\(bucket).\(site.releases[release].hex.prefix(ReleaseID.shortCount)); Path=/; \(flags)"
        case .expire: return "\(name)=; Path=/; Max-Age=0; \(flags)"
        }
    }

    enum CookieChange: Equatable {
        case none
        case set(bucket: Int)
        case expire
    }

    /// - Parameters:
    ///   - pins: what the request carries.
    ///   - newBucket: a bucket for a visitor without one, 0…9,999; asked for only while a canary runs.
    static func make(
        site: SiteSnapshot, isNavigation: Bool, pins: RequestPins, newBucket: () -> Int
    ) -> ReleaseChoice? {
        guard let current = site.current else { return nil }
        let choice = isNavigation ? navigation(site, current, pins, newBucket) : follow(site, current, pins)
        return choice
    }

    private static func navigation(
        _ site: SiteSnapshot, _ current: Int, _ pins: RequestPins, _ newBucket: () -> Int
    ) -> ReleaseChoice {
        var choice = ReleaseChoice(release: current, means: .current, hasPin: pins.header != nil || pins.query != nil)
        guard let canary = site.canary else {
            // Without a canary the cookie is of no more use, and wrong once its page is another release's.
            if let cookie = pins.cookie, cookie.page != site.releases[current].hex.prefix(ReleaseID.shortCount) { choice.cookie = .expire }
            return choice
        }
        guard let bucket = pins.cookie?.bucket else {
            choice.cookie = .set(bucket: newBucket())
            return choice
        }
        choice.means = .bucket
        if canary.share.contains(bucket: bucket) {
            choice.release = canary.release
            choice.means = .canary
        }
        let page = site.releases[choice.release].hex.prefix(ReleaseID.shortCount)
        if pins.cookie?.page != page { choice.cookie = .set(bucket: bucket) }
        return choice
    }

    private static func follow(_ site: SiteSnapshot, _ current: Int, _ pins: RequestPins) -> ReleaseChoice {
        let hasPin = pins.header != nil || pins.query != nil
        func live(_ text: [UInt8]?) -> Int? {
            guard let text else { return nil }
            return text.withUnsafeBufferPointer { site.release(pinned: $0) }.flatMap { site.releases[$0].state.isLive ? $0 : nil }
        }
        if let release = live(pins.header) { return ReleaseChoice(release: release, means: .headerPin, hasPin: true) }
        if let release = live(pins.query) { return ReleaseChoice(release: release, means: .queryPin, hasPin: true) }
        if let cookie = pins.cookie, let release = live(Array(cookie.page.utf8)) {
            return ReleaseChoice(release: release, means: .cookie, hasPin: hasPin)
        }
        return ReleaseChoice(release: current, means: .current, hasPin: hasPin)
    }
}

/// The pins a request carries, as sent.
struct RequestPins: Equatable {
    struct Cookie: Equatable {
        /// 0…9,999.
        var bucket: Int
        /// 12 digits.
        var page: Substring
    }

    var header: [UInt8]?
    var query: [UInt8]?
    var cookie: Cookie?

    init(header: [UInt8]? = nil, query: [UInt8]? = nil, cookie: Cookie? = nil) {
        self.header = header
        self.query = query
        self.cookie = cookie
    }

    init(_ exchange: Exchange, query: UnsafeBufferPointer<UInt8>?, policy: SitePolicy) {
        header = Self.headerPin(exchange, policy).map { Array($0) }
        self.query = query.flatMap { QueryParameter.value(policy.pin.query, in: $0) }.map { Array($0) }
        if exchange.head.has(.cookie) { cookie = Self.cookie(policy.pin.cookie(isSecure: exchange.isSecure), in: exchange.joined(.cookie)) }
    }

    /// Whether the request carries a header pin or our cookie: then no shared answer serves it.
    static func areIn(_ exchange: Exchange, policy: SitePolicy) -> Bool {
        if exchange.head.has(.cookie),
            cookie(policy.pin.cookie(isSecure: exchange.isSecure), in: exchange.joined(.cookie)) != nil
        {
            return true
        }
        return headerPin(exchange, policy) != nil
    }

    private static func headerPin(_ exchange: Exchange, _ policy: SitePolicy) -> UnsafeBufferPointer<UInt8>? {
        var lower = policy.pin.lowerHeader
        let span = lower.withUTF8 { exchange.head.field(named: $0, in: exchange.base) }
        return span.map { exchange.bytes($0) }
    }

    /// The value of our cookie: `<bucket>.<12 digits>`. Anything else is no cookie of ours.
    static func cookie(_ name: String, in field: [UInt8]) -> Cookie? {
        for pair in String(decoding: field, as: UTF8.self).split(separator: ";") {
            let trimmed = pair.drop(while: { $0 == " " })
            guard trimmed.hasPrefix(name), trimmed.dropFirst(name.count).first == "=" else { continue }
            let value = trimmed.dropFirst(name.count + 1)
            let parts = value.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, (1...4).contains(parts[0].utf8.count), parts[0].utf8.allSatisfy({ $0 &- 0x30 < 10 }),
                let bucket = Int(parts[0]),
                parts[1].count == ReleaseID.shortCount, parts[1].utf8.allSatisfy({ Hexadecimal.value($0) != nil })
            else { continue }
            return Cookie(bucket: bucket, page: parts[1])
        }
        return nil
    }
}
