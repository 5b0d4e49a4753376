extension Snapshot {
    /// Each backend of its routes that has checks, once.
    package var checkedBackends: [BackendPolicy] {
        var found: [BackendPolicy] = []
        for route in sites.flatMap(\.policy.routes) {
            guard case .proxy(let policy) = route.action, policy.backend.checks != nil else { continue }
            if !found.contains(where: { $0 === policy.backend }) { found.append(policy.backend) }
        }
        return found
    }
}
