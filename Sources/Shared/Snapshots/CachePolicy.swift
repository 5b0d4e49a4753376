import Model
import Names

/// What a route keeps of the answers of its backend.
package struct CachePolicy: Sendable {
    /// A request that is for nobody else, and is passed by the cache.
    package enum Bypass: Hashable, Sendable {
        case cookie(String)
        /// In lower case.
        case header(String)
    }

    /// What is kept is tagged with it.
    package var site: SiteName
    /// How long an answer is good whose origin says nothing; nil: as HTTP has it.
    package var defaultLifetime: Duration?
    /// Names by which all that is kept can be purged, in lower case.
    package var tags: [String] = []
    package var bypass: [Bypass] = []
    /// Whether `Cache-Control` of requests is obeyed.
    package var obeysRequests = false
    /// Nil: names are not looked at.
    package var guarding: GuardPolicy?

    package init(site: SiteName) { self.site = site }
}

/// How names of a foreign origin's answers are held against their content.
package struct GuardPolicy: Hashable, Sendable {
    package struct Rule: Hashable, Sendable {
        /// Searched in the query; else in the path with its leading slash.
        package var isOfQuery: Bool
        /// A regular expression with a group called `digest`.
        package var pattern: String
        package var kind: DigestKind

        package init(isOfQuery: Bool, pattern: String, kind: DigestKind) {
            (self.isOfQuery, self.pattern, self.kind) = (isOfQuery, pattern, kind)
        }
    }

    package var rules: [Rule]
    /// Regular expressions: names that match mean one content, though nothing proves it.
    package var declared = DeclaredPatterns.none
    /// Whether the common shapes are looked for behind the rules.
    package var isAuto: Bool
    /// How long a name that cannot be proven must have been the same.
    package var settle: Duration
    /// Whether a client gets `502` in place of content that is not what its name says; else that content, as `no-store`.
    package var refusesMismatch: Bool

    package init(rules: [Rule] = [], isAuto: Bool = true, settle: Duration = .seconds(600), refusesMismatch: Bool = false) {
        (self.rules, self.isAuto, self.settle, self.refusesMismatch) = (rules, isAuto, settle, refusesMismatch)
    }
}
