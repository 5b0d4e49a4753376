/// What an `Accept-Language` asks for (RFC 9110 §12.5.4): ranges without case, each with its weight. Of two with one weight neither is
/// liked more, wherever it stands.
struct LanguageWishes {
    /// The same for all that ask for the same; what cannot be read stands for itself.
    let text: String

    init(_ members: [String]) {
        let wishes = members.map { Wish($0.lowercased().filter { $0 != " " && $0 != "\t" }) }
        guard !wishes.contains(where: { $0 == nil }) else {
            text = members.joined(separator: ", ")
            return
        }
        text = wishes.compactMap(\.self).sorted { ($1.weight, $0.range) < ($0.weight, $1.range) }
            .map { $0.weight == Wish.full ? $0.range : "\($0.range);q=\($0.weight)" }.joined(separator: ",")
    }

    private struct Wish {
        static let full = 1000

        let range: String
        /// Thousandths.
        let weight: Int

        /// Nil where it has other parameters than a weight, or one that is none (RFC 9110 §12.4.2).
        init?(_ member: String) {
            let parts = member.split(separator: ";", omittingEmptySubsequences: false)
            guard parts.count <= 2, let range = parts.first, !range.isEmpty else { return nil }
            self.range = String(range)
            guard parts.count == 2 else {
                weight = Self.full
                return
            }
            guard parts[1].hasPrefix("q="), let weight = Self.thousandths(parts[1].dropFirst(2)) else { return nil }
            self.weight = weight
        }

        private static func thousandths(_ text: Substring) -> Int? {
            let halves = text.split(separator: ".", omittingEmptySubsequences: false)
            guard halves.count <= 2, halves[0] == "0" || halves[0] == "1" else { return nil }
            let digits = halves.count == 2 ? String(halves[1]) : ""
            guard digits.utf8.count <= 3, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            let fraction = Int(digits.padding(3)) ?? 0
            let weight = (halves[0] == "1" ? full : 0) + fraction
            return weight <= full ? weight : nil
        }
    }
}

extension String {
    /// With zeros behind it.
    fileprivate func padding(_ count: Int) -> String { self + String(repeating: "0", count: count - utf8.count) }
}
