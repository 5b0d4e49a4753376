extension Configuration {
    /// What a `proxy` route keeps.
    package struct ProxyCache: Hashable, Sendable {
        /// How long an answer is good whose origin says nothing; nil: as HTTP has it.
        package var defaultTTL: Duration?
        /// Names by which all answers of the route can be purged.
        package var tags: [String] = []
        package var bypass: [Bypass] = []
        package var requests = Obedience.ignore

        package init() {}

        /// Requests that are for nobody else.
        package enum Bypass: Hashable, Sendable {
            case cookie(String)
            case header(String)
        }

        /// `Cache-Control` of requests.
        package enum Obedience: String, CaseIterable, Hashable, Sendable {
            case ignore, obey
        }
    }

    /// How names are held against the content that comes under them.
    package enum ProxyGuard: Hashable, Sendable {
        case off
        case on(Checks)

        package static let auto = ProxyGuard.on(Checks())

        package struct Checks: Hashable, Sendable {
            /// Looked at before the common shapes.
            package var rules: [Rule] = []
            package var onMismatch = Mismatch.pass
            /// How long a name that nothing proves must have had the same content.
            package var settle = Duration.seconds(600)

            package init() {}
        }

        /// What becomes of content that is not what its name says, and that nobody keeps.
        package enum Mismatch: String, CaseIterable, Hashable, Sendable {
            case pass, refuse
        }

        package struct Rule: Hashable, Sendable {
            /// A regular expression with a group `digest`, searched in the path; or in the query.
            package var name: String?
            package var query: String?
            package var digest: Hash

            package init(name: String?, query: String?, digest: Hash) {
                (self.name, self.query, self.digest) = (name, query, digest)
            }
        }

        package enum Hash: String, CaseIterable, Hashable, Sendable {
            case md5, sha1, sha256
        }
    }
}
