/// Finds what somebody meant to type.
package enum Nearest {
    /// The candidate with the fewest edits, if they are few enough for the length: one for up to 4 letters, two for up to 7, else
    /// three. Of equals the first.
    static func match(for text: String, among candidates: [String]) -> String? {
        let bound = text.count <= 4 ? 1 : text.count <= 7 ? 2 : 3
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let distance = distance(Array(text.lowercased().utf8), Array(candidate.lowercased().utf8), bound: bound)
            if distance <= bound, distance < (best?.distance ?? Int.max) { best = (candidate, distance) }
        }
        return best?.name
    }

    /// `, did you mean "hosts"?` or nothing.
    package static func hint(for text: String, among candidates: [String]) -> String {
        match(for: text, among: candidates).map { ", did you mean \"\($0)\"?" } ?? ""
    }

    /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment), or `bound + 1` if more.
    private static func distance(_ a: [UInt8], _ b: [UInt8], bound: Int) -> Int {
        guard abs(a.count - b.count) <= bound else { return bound + 1 }
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
