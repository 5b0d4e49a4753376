import Model

extension Configuration {
    package struct Route: Hashable, Sendable {
        package var path: PathPattern
        package var action: Action
        /// Nil: the site's.
        package var maximumBody: ByteCount?
        /// Empty: everybody who is not denied.
        package var allow: [AddressRange] = []
        package var deny: [AddressRange] = []
        package var limits: [Limit] = []

        package static let everything = Route(path: .everything, action: .release(fallback: nil))

        package init(path: PathPattern, action: Action, maximumBody: ByteCount? = nil) {
            self.path = path
            self.action = action
            self.maximumBody = maximumBody
        }

        package enum Action: Hashable, Sendable {
            /// `fallback` names the document that answers navigations to paths the release lacks, without a leading slash.
            /// With `listing` a folder without a page of its own is answered with what is in it.
            case release(fallback: String?, listing: Bool = false)
            case redirect(Redirect)
            case respond(Respond)
            case proxy(Proxy)
        }
    }

    /// Passes requests on.
    package struct Proxy: Hashable, Sendable {
        package var backend: BackendName
        /// What servers see as `Host`.
        package var host = Host.client
        /// Nil: nothing is kept.
        package var cache: ProxyCache?
        /// Counts where something is kept.
        package var guarding = ProxyGuard.auto
        /// Nil: answers go as they come.
        package var compression: Compression?
        package var path = PathEdit()
        package var request = FieldEdits()
        package var response = FieldEdits()
        /// Where the path names a server, as `/assets/{server}/*`; nil: nowhere.
        package var affinity: String?

        package init(backend: BackendName) {
            self.backend = backend
        }

        package enum Host: Hashable, Sendable {
            /// As the client asked.
            case client
            /// That of the server's URL.
            case server
            case name(String)
        }
    }

    /// One of the site's backends, and where it is named.
    package struct BackendName: Hashable, Sendable {
        package var name: String
        package var place: Place

        package init(_ name: String, place: Place = Place()) {
            self.name = name
            self.place = place
        }
    }

    /// A fixed answer.
    package struct Respond: Hashable, Sendable {
        package var status: UInt16 = 200
        package var type = "text/plain; charset=utf-8"
        package var cacheControl = CacheControl.noCache
        package var headers: [Header] = []
        /// At most 64 KB.
        package var body = ""

        package init() {}
    }

    package struct Redirect: Hashable, Sendable {
        /// A path or an absolute URL; `*` stands for what the route's `*` matched.
        package var to: String
        /// 301, 302, 303, 307 or 308.
        package var status: UInt16

        package init(to: String, status: UInt16 = 308) {
            self.to = to
            self.status = status
        }

        /// The target for a request.
        /// - Parameter rest: what the route's `*` matched, encoded for a URL.
        package func location(rest: String) -> String {
            guard let star = to.firstIndex(of: "*") else { return to }
            return to[..<star] + rest + to[to.index(after: star)...]
        }
    }

    /// Matched against the decoded path with its leading slash.
    package enum PathPattern: Hashable, Sendable, CustomStringConvertible {
        /// `/*`.
        case everything
        case exact(String)
        /// `/old/*` as `/old/`: what begins with it.
        case prefix(String)

        /// What the text says, or what is wrong with it.
        init(parsing text: String) throws(Complaint) {
            guard text.hasPrefix("/") else { throw Complaint("a path begins with /") }
            guard !text.utf8.contains(UInt8(ascii: "?")), !text.utf8.contains(UInt8(ascii: "#")) else {
                throw Complaint("a path has no ? and no #: routes are chosen by path alone")
            }
            guard !text.utf8.contains(UInt8(ascii: "%")) else { throw Complaint("a path is written decoded, without %") }
            guard !text.utf8.contains(UInt8(ascii: "\\")) else { throw Complaint("a path has no backslash") }
            let body = text.hasSuffix("/*") ? text.dropLast() : text[...]
            guard !body.utf8.contains(UInt8(ascii: "*")) else { throw Complaint("* stands at the end only, after a slash: /old/*") }
            let segments = body.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
            guard segments.dropLast().allSatisfy({ !$0.isEmpty }) else { throw Complaint("a path has no empty segment (//)") }
            guard segments.allSatisfy({ $0 != "." && $0 != ".." }) else {
                throw Complaint("a path has no segment . or ..: they are resolved before routes are chosen")
            }
            if text == "/*" {
                self = .everything
            } else if text.hasSuffix("/*") {
                self = .prefix(String(body))
            } else {
                self = .exact(text)
            }
        }

        package var description: String {
            switch self {
            case .everything: "/*"
            case .exact(let path): path
            case .prefix(let path): path + "*"
            }
        }

        package var hasStar: Bool {
            if case .exact = self { return false }
            return true
        }

        /// Whether every path that `other` matches is matched by this one too.
        func covers(_ other: PathPattern) -> Bool {
            switch (self, other) {
            case (.everything, _): true
            case (.exact(let mine), .exact(let path)): mine == path
            case (.prefix(let mine), .exact(let path)), (.prefix(let mine), .prefix(let path)): path.utf8.starts(with: mine.utf8)
            default: false
            }
        }
    }
}

/// What is wrong with a text, in words that go on after it: `"old" is not a path: …`.
struct Complaint: Error {
    var words: String

    init(_ words: String) {
        self.words = words
    }
}
