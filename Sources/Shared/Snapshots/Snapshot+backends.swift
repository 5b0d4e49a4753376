import Model

extension Snapshot {
    /// Each backend of its routes and live releases that has checks, once.
    package var checkedBackends: [BackendPolicy] {
        var found: [BackendPolicy] = []
        for route in sites.flatMap(\.policy.routes) {
            guard case .proxy(let proxy) = route.action, proxy.policy.backend.checks != nil else { continue }
            if !found.contains(where: { $0 === proxy.policy.backend }) { found.append(proxy.policy.backend) }
        }
        for release in sites.flatMap(\.releases) where release.state.isLive {
            found += release.backends.filter { $0.checks != nil }
        }
        return found
    }
}
