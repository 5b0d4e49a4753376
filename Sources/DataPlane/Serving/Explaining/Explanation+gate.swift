import Snapshots

extension Explanation {
    /// Who asks is not known here: what the route wants of them is.
    mutating func explain(_ gate: RouteGate) {
        if !gate.denied.isEmpty { add("deny", "403 for \(gate.denied.map(\.description).joined(separator: ", "))") }
        if !gate.allowed.isEmpty { add("allow", "403 for all but \(gate.allowed.map(\.description).joined(separator: ", "))") }
        for limit in gate.limits {
            add("limit", "429 for more than \(limit.requests) in \(limit.seconds) s, by \(limit.key)")
        }
    }
}
