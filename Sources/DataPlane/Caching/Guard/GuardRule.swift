import Names

/// An operator's word that names of a form carry a digest of their content: `{name: "_(?<digest>[0-9a-f]{32})\\.js$", digest: md5}`.
package struct GuardRule: Hashable, Sendable {
    package enum Part: Hashable, Sendable {
        /// The path with its leading slash.
        case name
        /// What stands after the question mark.
        case query
    }

    package let part: Part
    /// A regular expression with a group called `digest`.
    package let pattern: String
    package let kind: DigestKind

    /// - Throws: why the pattern cannot be used.
    package init(_ part: Part, _ pattern: String, _ kind: DigestKind) throws(GuardRuleFault) {
        do {
            let regex = try Regex(pattern)
            guard pattern.contains("(?<digest>") else { throw GuardRuleFault(reason: "it has no group (?<digest>…)") }
            _ = regex
        } catch let fault as GuardRuleFault {
            throw fault
        } catch {
            throw GuardRuleFault(reason: "it is no regular expression: \(error)")
        }
        (self.part, self.pattern, self.kind) = (part, pattern, kind)
    }
}

package struct GuardRuleFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let reason: String
    package var description: String { reason }
}
