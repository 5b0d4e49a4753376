import Model
import Rollouts

/// One random sequence of actions from a seed, on terms that the seed decides as well.
struct Trial {
    let seed: UInt64
    let actions: [Action]
    let terms: World.Terms

    init(seed: UInt64, count: Int = 25, sabotage: Sabotage? = nil) {
        self.seed = seed
        var terms = World.Terms()
        if seed % 3 == 0 { terms.canary = [] }
        if seed % 4 == 1 { terms.documentSeconds = 180 }
        if seed % 5 == 2 { terms.retention.keep = 1 }
        terms.isOnDisk = seed % 64 == 7
        terms.sabotage = sabotage
        self.terms = terms
        actions = Action.sequence(seed: seed, count: count)
    }

    /// What went wrong; nil if nothing did.
    func violation(_ library: Library, _ actions: [Action]? = nil) -> String? {
        do {
            let world = try World(library, terms, seed: seed)
            for action in actions ?? self.actions { try action.perform(in: world) }
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Leaves out ever smaller pieces for as long as something still goes wrong (Zeller and Hildebrandt, 2002).
    func shrunk(_ library: Library) -> [Action] {
        var actions = actions
        var size = actions.count / 2
        while size > 0 {
            var start = 0
            while start < actions.count {
                var less = actions
                less.removeSubrange(start..<min(start + size, actions.count))
                if violation(library, less) != nil { actions = less } else { start += size }
            }
            size /= 2
        }
        return actions
    }

    func report(_ library: Library) -> String {
        let least = shrunk(library)
        return "seed \(seed): \(violation(library, least) ?? "not again")\n\(least.map { "  \($0)," }.joined(separator: "\n"))"
    }
}
