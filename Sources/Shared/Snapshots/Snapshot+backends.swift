import Model

extension Snapshot {
    /// A backend, and whose servers it has.
    package struct Serving: Sendable {
        package var backend: BackendPolicy
        package var site: SiteName
        /// Nil: the configuration's.
        package var release: ReleaseID?
    }

    /// Each backend of its routes and live releases, once.
    package var backends: [Serving] {
        var found: [Serving] = []
        for site in sites {
            for case .proxy(let proxy) in site.policy.routes.map(\.action) {
                let backend = proxy.policy.backend
                if !found.contains(where: { $0.backend === backend }) { found.append(Serving(backend: backend, site: site.name)) }
            }
            for release in site.releases where release.state.isLive {
                found += release.backends.map { Serving(backend: $0, site: site.name, release: release.id) }
            }
        }
        return found
    }

    /// Those whose servers are asked whether they are well.
    package var checkedBackends: [BackendPolicy] { backends.map(\.backend).filter { $0.checks != nil } }
}
