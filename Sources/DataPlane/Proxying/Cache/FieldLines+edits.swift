import Caching
import Snapshots

extension Caching.FieldLines {
    /// Without those that a route takes away by their beginning, and those that give way in a personal answer; whole names are taken away
    /// where the lines are written.
    func without(_ order: PassageOrder) -> Caching.FieldLines {
        let prefixes = order.policy.response.removedPrefixes
        if prefixes.isEmpty, !order.isPersonal { return self }
        return Caching.FieldLines(
            lines.filter { line in
                !prefixes.contains { line.name.utf8.starts(with: $0) } && !order.replacesPersonal(line.name, line.value)
            })
    }
}
