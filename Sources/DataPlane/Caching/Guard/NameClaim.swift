import Model
import Names

/// What the name of a foreign origin's response says of its content.
package struct NameClaim: Hashable, Sendable {
    package enum Ground: Hashable, Sendable {
        /// A rule says so: the content must match.
        case rule(DigestKind)
        /// A whole digest in the query, as `core.js?<md5>`.
        case query(DigestKind)
        /// The shape of the path alone: of which digest, if of any, nothing tells.
        case shape
        /// The operator says that it names one content, as a number raised by hand does: nothing can be proven.
        case declared
    }

    package let ground: Ground
    /// The digits, or the token, as the name has them.
    package let digits: String
    /// Names that differ in these digits alone are one family: where one of them was true, all must be.
    package let family: String
    /// The path, for what has a shape.
    private let path: String
    /// Whether it is called a script, a style sheet, an image: what no page is.
    package let isAsset: Bool

    /// Whether the content is the one that the name means.
    package func matches(_ digests: ContentDigests) -> Bool {
        switch ground {
        case .rule(let kind), .query(let kind):
            let hex = digests.withBytes(of: kind) { Hexadecimal.string($0) }
            return hex.hasPrefix(digits.lowercased())
        case .shape: return Proof.find(in: path, digests) != nil
        case .declared: return false
        }
    }

    /// Whether the right content would prove it: the name has a whole digest.
    package var isProvable: Bool {
        switch ground {
        case .rule, .query: true
        case .shape: DigestKind(digitCount: digits.utf8.count) != nil && digits.utf8.allSatisfy { Hexadecimal.value($0) != nil }
        case .declared: false
        }
    }

    /// Of a content, the digits that should have stood in the name: of a shape alone those of SHA-256.
    package func hex(_ digests: ContentDigests) -> String {
        switch ground {
        case .rule(let kind), .query(let kind): digests.withBytes(of: kind) { Hexadecimal.string($0) }
        case .shape, .declared: digests.sha256.hex
        }
    }

    init(ground: Ground, digits: String, family: String, path: String) {
        self.ground = ground
        self.digits = digits
        self.family = family
        self.path = path
        isAsset = AssetExtension.isKnown(path)
    }
}

/// Reads the claims of names. Belongs to one event loop: regular expressions are nobody else's.
package struct ClaimReader {
    private let rules: [(rule: GuardRule, regex: Regex<AnyRegexOutput>)]
    private let declared: DeclaredPatterns.Matcher
    private let isAuto: Bool

    /// - Parameters:
    ///   - declared: names of these forms mean one content, though nothing proves it.
    ///   - isAuto: whether the common shapes are looked for behind the rules.
    package init(rules: [GuardRule] = [], declared: DeclaredPatterns = .none, isAuto: Bool = true) {
        self.rules = rules.compactMap { rule in (try? Regex(rule.pattern)).map { (rule, $0) } }
        self.declared = declared.matcher()
        self.isAuto = isAuto
    }

    /// - Parameters:
    ///   - origin: scheme and authority, in lower case.
    ///   - target: in origin form.
    /// - Returns: nil where the name says nothing of its content.
    package func claim(origin: String, target: String) -> NameClaim? {
        let mark = target.firstIndex(of: "?")
        let path = String(target[..<(mark ?? target.endIndex)])
        let query = mark.map { String(target[target.index(after: $0)...]) }
        return byRule(origin, path, query) ?? (isAuto ? byQuery(origin, path, query) ?? byShape(origin, path) : nil)
            ?? byDeclaration(origin, target, path)
    }

    private func byDeclaration(_ origin: String, _ target: String, _ path: String) -> NameClaim? {
        // As for names of releases, a pattern is searched in the path and in the path with its query.
        guard !declared.isEmpty, declared.matches(path) || declared.matches(target) else { return nil }
        return NameClaim(ground: .declared, digits: "", family: origin + target, path: path)
    }

    private func byRule(_ origin: String, _ path: String, _ query: String?) -> NameClaim? {
        for (rule, regex) in rules {
            guard let subject = rule.part == .name ? path : query, let match = try? regex.firstMatch(in: subject),
                let digits = match["digest"]?.substring, digits.utf8.count >= Proof.minimumDigits
            else { continue }
            let family = subject.replacing(digits, with: "*", maxReplacements: 1)
            return NameClaim(
                ground: .rule(rule.kind), digits: String(digits),
                family: "\(origin)\(rule.part == .name ? family : path + "?" + family)", path: path)
        }
        return nil
    }

    private func byQuery(_ origin: String, _ path: String, _ query: String?) -> NameClaim? {
        guard let query, let claim = QueryName.parse(query) else { return nil }
        return NameClaim(
            ground: .query(claim.kind), digits: claim.withBytes { Hexadecimal.string($0) }, family: "\(origin)\(path)?\(claim.kind.word)",
            path: path)
    }

    private func byShape(_ origin: String, _ path: String) -> NameClaim? {
        var name = path
        return name.withUTF8 { bytes in
            guard let found = Fingerprint(in: bytes), !DocumentName.isAlways(bytes, fingerprint: found) else { return nil }
            let token = String(decoding: bytes[found.token], as: UTF8.self)
            let before = String(decoding: bytes[..<found.token.lowerBound], as: UTF8.self)
            let after = String(decoding: bytes[found.token.upperBound...], as: UTF8.self)
            // As many digits: a bundler's short token beside another tool's digest is another family.
            let family = "\(origin)\(before)*\(token.utf8.count)\(after)"
            return NameClaim(ground: .shape, digits: token, family: family, path: path)
        }
    }
}
