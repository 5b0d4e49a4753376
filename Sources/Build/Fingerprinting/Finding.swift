/// Something in the input that is wrong, with its place.
package struct Finding: Hashable, Sendable {
    package enum Severity: String, Hashable, Sendable {
        case warning, error
    }

    package var severity: Severity
    /// The path in the tree.
    package var file: String
    package var position: Position
    package var message: String

    /// `css/app.css:3:14: error: …`
    package var line: String { "\(file):\(position.line):\(position.column): \(severity.rawValue): \(message)" }

    static func precedes(_ a: Finding, _ b: Finding) -> Bool {
        if a.file != b.file { return a.file.utf8.lexicographicallyPrecedes(b.file.utf8) }
        return (a.position.line, a.position.column, a.message) < (b.position.line, b.position.column, b.message)
    }
}

/// A reference that leads nowhere, until it is known what else is there.
struct MissingReference: Hashable, Sendable {
    /// As written.
    var target: String
    /// The path of the tree that it would have been.
    var name: String
    var isCertain: Bool
    var position: Position
    /// The reference, with no target (-1).
    var link: Link
}

/// Finds what somebody meant to write.
struct NearestName {
    private var byLowercase: [String: String] = [:]
    private var byLast: [Substring: [String]] = [:]
    private var byFolder: [String: [String]] = [:]

    init(_ names: some Sequence<String>) {
        for name in names {
            byLowercase[name.lowercased(), default: name] = min(byLowercase[name.lowercased()] ?? name, name)
            byLast[TreePath.last(of: name), default: []].append(name)
            byFolder[TreePath.folder(of: name), default: []].append(name)
        }
    }

    /// `, which differs only by case from img/Logo.png`, `; the nearest is …`, or nothing.
    func hint(for name: String) -> String {
        if let other = byLowercase[name.lowercased()] { return ", which differs only by case from \(other)" }
        let last = TreePath.last(of: name)
        let folder = TreePath.folder(of: name)
        let bound = last.utf8.count <= 4 ? 1 : last.utf8.count <= 7 ? 2 : 3
        var best: (name: String, distance: Int)?
        let text = Array(last.utf8)
        for candidate in byFolder[folder] ?? [] {
            let distance = Self.distance(text, Array(TreePath.last(of: candidate).utf8), bound: bound)
            if distance <= bound, distance < best?.distance ?? Int.max { best = (candidate, distance) }
        }
        if let best { return "; the nearest is \(best.name)" }
        if let elsewhere = byLast[last]?.first { return "; there is \(elsewhere)" }
        return ""
    }

    /// Insertions, deletions and replacements, or `bound + 1` if more.
    private static func distance(_ a: [UInt8], _ b: [UInt8], bound: Int) -> Int {
        guard abs(a.count - b.count) <= bound else { return bound + 1 }
        var row = Array(0...b.count)
        for i in a.indices {
            var diagonal = row[0]
            row[0] = i + 1
            var least = row[0]
            for j in b.indices {
                let cost = min(row[j] + 1, row[j + 1] + 1, diagonal + (a[i] == b[j] ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = cost
                least = min(least, cost)
            }
            if least > bound { return bound + 1 }
        }
        return row[b.count]
    }
}
