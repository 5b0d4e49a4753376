import Model
import Names

func contentDigests(of text: String) -> ContentDigests {
    Array(text.utf8).withUnsafeBytes { ContentDigests(of: $0) }
}

/// Classes of names whose contents prove nothing.
func classes(_ names: [String], declared: DeclaredPatterns = .none, listed: Set<String> = []) -> [NameClass] {
    NameClassifier.classify(
        files: names.map { ($0, contentDigests(of: "content of \($0)")) }, declared: declared, listed: listed)
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same names from the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func token(_ alphabet: String, _ count: Int) -> String {
        let characters = Array(alphabet)
        return String((0..<count).map { _ in characters.randomElement(using: &self) ?? "0" })
    }
}
