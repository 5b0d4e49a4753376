import Model
import Names
import TestSeeds

func contentDigests(of text: String) -> ContentDigests {
    Array(text.utf8).withUnsafeBytes { ContentDigests(of: $0) }
}

/// Classes of names whose contents prove nothing.
func classes(_ names: [String], declared: DeclaredPatterns = .none, listed: Set<String> = []) -> [NameClass] {
    NameClassifier.classify(
        files: names.map { ($0, contentDigests(of: "content of \($0)")) }, declared: declared, listed: listed)
}

extension SeededGenerator {
    mutating func token(_ alphabet: String, _ count: Int) -> String {
        let characters = Array(alphabet)
        return String((0..<count).map { _ in characters.randomElement(using: &self) ?? "0" })
    }
}
