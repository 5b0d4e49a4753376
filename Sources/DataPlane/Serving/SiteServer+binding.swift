import HTTPEngine
import Model
import Proxying
import Snapshots

// Requests that follow the visitor's release to the servers which that brings.
extension SiteServer {
    /// Decides which release's servers a request goes to, where a live release brings its own for the route's backend, and what the client
    /// and shared caches are told of it: the same as with a document from a release (`contract.md`, who gets which release; S4, S7).
    ///
    /// The server is told the release. Where none brings servers it is told too, by what pins say; what is kept for all is asked for
    /// without, since the key would not tell it.
    func bind(_ order: PassageOrder, _ site: SiteSnapshot, _ target: TargetPath) {
        Self.bind(order, site, target, newBucket: randomBucket)
    }

    /// - Parameter newBucket: of a visitor without one.
    /// - Returns: how the release was chosen; nil: none was.
    @discardableResult
    static func bind(
        _ order: PassageOrder, _ site: SiteSnapshot, _ target: TargetPath, newBucket: () -> Int
    ) -> ReleaseChoice? {
        guard site.current != nil else { return nil }
        let isBound = site.boundBackends.contains(order.backend.name)
        guard isBound || order.policy.cache == nil else { return nil }
        let exchange = order.exchange
        let isNavigation = isBound && exchange.isNavigation
        guard let choice = choice(exchange, site, target, isBound: isBound, isNavigation: isNavigation, newBucket) else { return nil }
        let release = site.releases[choice.release]
        order.requestLines += Array("\(site.policy.pin.header): \(release.hex)\r\n".utf8)
        order.responseLines += Array("Vary: \(choice.vary(site))\r\n".utf8)
        guard isBound else { return choice }
        if let own = release.backends.first(where: { $0.name == order.backend.name }) { order.backend = own }
        order.release = release.hex
        order.releaseMeans = choice.means.rawValue
        order.mayRepeat = false
        order.isPersonal = choice.isPersonal
        order.replacedFields.append(Array(site.policy.pin.lowerHeader.utf8))
        order.responseLines += Array("X-Deployment-Id: \(release.hex)\r\n".utf8)
        if choice.isPersonal { order.responseLines += Array("Cache-Control: private, no-cache\r\n".utf8) }
        if let cookie = choice.setCookie(site, isSecure: exchange.isSecure) {
            order.responseLines += Array("Set-Cookie: \(cookie)\r\n".utf8)
        }
        return choice
    }

    /// Counts a request that a release's servers are about to answer: for the rollout's comparison, and as need where no other has them.
    func count(_ order: PassageOrder, of hex: String) {
        let site = snapshot.sites[order.site]
        guard let release = site.releases.firstIndex(where: { $0.hex == hex }) else { return }
        let exchange = order.exchange
        tally.answered(row: tally.row(site: order.site, release: release), isDocument: exchange.isNavigation)
        guard release != site.current, release != site.canary?.release else { return }
        tally.needed(
            site: order.site, release: release, client: Self.client(of: exchange, site), now: loop.clock.now,
            target: exchange.bytes(exchange.head.target))
    }

    private static func choice(
        _ exchange: Exchange, _ site: SiteSnapshot, _ target: TargetPath, isBound: Bool, isNavigation: Bool, _ newBucket: () -> Int
    ) -> ReleaseChoice? {
        let sent = exchange.bytes(exchange.head.target)
        var pins = RequestPins(
            exchange, query: target.query.map { UnsafeBufferPointer(rebasing: sent[$0]) }, policy: site.policy)
        // What a cookie decides is for one visitor, and only an answer that says so may depend on it.
        if !isBound { pins.cookie = nil }
        return ReleaseChoice.make(site: site, isNavigation: isNavigation, pins: pins, newBucket: newBucket)
    }

    /// For the comparison of a release with the one before.
    func countFailure(of order: PassageOrder, _ site: SiteSnapshot?) {
        guard let hex = order.release, let release = site?.releases.firstIndex(where: { $0.hex == hex }) else { return }
        tally.failed(site: order.site, release: release)
    }
}
