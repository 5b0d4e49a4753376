import Caching
import Snapshots

extension Caching.FieldLines {
    /// Without those that a route takes away by their beginning; whole names are taken away where the lines are written.
    func without(_ edits: FieldEdits) -> Caching.FieldLines {
        if edits.removedPrefixes.isEmpty { return self }
        return Caching.FieldLines(lines.filter { line in !edits.removedPrefixes.contains { line.name.utf8.starts(with: $0) } })
    }
}
