import Model

extension Configuration {
    package struct Site: Hashable, Sendable {
        package var name: SiteName
        /// Not empty.
        package var hosts: [HostPattern] = []
        package var releases = Retention()
        package var rollout = Rollout()
        package var pin = Pin()
        package var preview = Preview()
        package var fingerprints = Fingerprints.auto
        /// How long a request for a fingerprinted name on its way may wait for it.
        package var arrivalWait = Duration.seconds(2)
        package var documents = Documents()
        /// Deltas between releases.
        package var dictionaries = Dictionaries.on
        /// Nil: browsers are not told to keep to https.
        package var hsts: StrictTransport?
        package var securityHeaders = SecurityHeaders.off
        /// Added to every answer of the site, in the order of the file.
        package var headers: [Header] = []
        /// Pages for errors that Tandem answers itself.
        package var errors: [ErrorPage] = []
        /// The largest body that a request may bring, where its route says nothing else.
        package var maximumBody = ByteCount(64 << 20)
        /// First match wins.
        package var routes = [Route.everything]
        /// In the order of the file; names are unique.
        package var backends: [Backend] = []

        package init(name: SiteName) {
            self.name = name
        }
    }

    /// How long releases are kept. Ages count from the end of being canary or current, else from publishing.
    package struct Retention: Hashable, Sendable {
        /// The newest that stay, whatever their age.
        package var keep = 3
        package var minimumAge = Duration.days(7)
        package var maximumAge = Duration.days(30)

        package init() {}
    }

    package struct Rollout: Hashable, Sendable {
        /// Ascending; the last is the whole.
        package var canary = [Share.whole]
        package var step = Duration.minutes(5)
        package var retireWhen = RetireWhen()
        /// nil: a rollout never undoes itself.
        package var abort: Abort?

        package init() {}
    }

    /// When documents, backends and mounts of the old release go.
    package struct RetireWhen: Hashable, Sendable {
        package var quiet = Duration.minutes(15)
        /// Fewer distinct clients within `quiet` are no need.
        package var clients = 1
        package var deadline = Duration.days(30)

        package init() {}
    }

    /// When a rollout undoes itself. Compares the new release with the old one beside it.
    package struct Abort: Hashable, Sendable {
        package var errorRatio = Share(basisPoints: 100)
        package var missingAssets = 5
        package var clients = 3
        package var minimumRequests = 200
        package var over = Duration.minutes(1)

        package init() {}
    }

    /// What browsers are told over TLS: to use nothing else for this host (RFC 6797).
    package struct StrictTransport: Hashable, Sendable {
        package var maximumAge = Duration.days(365)
        package var subdomains = false
        package var preload = false

        package init() {}
    }

    /// Where a client names the release it wants.
    package struct Pin: Hashable, Sendable {
        package var header = "X-Deployment-Id"
        package var query = "dpl"
        package var cookie = "tandem"

        package init() {}
    }

    package struct Preview: Hashable, Sendable {
        package var hosts = Absent.off
        package var allow: [AddressRange] = []
        package var token: Secret?

        package init() {}
    }

    /// A capability that does not exist yet, but that can be said to be off.
    package enum Absent: Hashable, Sendable {
        case off
    }

    /// Sets of response fields that browsers heed; what `headers` sets itself is left to it.
    package enum SecurityHeaders: String, CaseIterable, Hashable, Sendable {
        case off, basic, strict

        /// In the order in which they are sent.
        package var fields: [Header] {
            switch self {
            case .off: []
            case .basic:
                [
                    Header(name: "X-Frame-Options", value: "SAMEORIGIN"),
                    Header(name: "Referrer-Policy", value: "strict-origin-when-cross-origin"),
                    Header(name: "Cross-Origin-Opener-Policy", value: "same-origin-allow-popups"),
                ]
            case .strict:
                [
                    Header(name: "X-Frame-Options", value: "DENY"), Header(name: "Referrer-Policy", value: "no-referrer"),
                    Header(name: "Cross-Origin-Opener-Policy", value: "same-origin"),
                    Header(name: "Cross-Origin-Resource-Policy", value: "same-origin"),
                    Header(name: "Permissions-Policy", value: "camera=(), geolocation=(), microphone=()"),
                    Header(
                        name: "Content-Security-Policy",
                        value: "default-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'"),
                ]
            }
        }
    }

    package enum Dictionaries: String, CaseIterable, Hashable, Sendable {
        case on, off, always
    }

    /// Whether clients are told what a page will fetch.
    package enum Preload: String, CaseIterable, Hashable, Sendable {
        case off, links
        case earlyHints = "early_hints"
    }

    package enum Fingerprints: Hashable, Sendable {
        /// Recognised by shape and proof.
        case auto
        /// Names that match one are declared; the others are recognised as with `auto`. Each is a regular expression that compiles.
        case declared([String])

        package var patterns: [String] {
            switch self {
            case .auto: []
            case .declared(let patterns): patterns
            }
        }
    }

    package struct Documents: Hashable, Sendable {
        package var cacheControl = CacheControl.noCache
        package var preload = Preload.off

        package init() {}
    }

    /// A response field: a token, and visible text.
    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }
}

extension Duration {
    static func minutes(_ count: Int) -> Duration { .seconds(count * 60) }
    static func hours(_ count: Int) -> Duration { .seconds(count * 3600) }
    static func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
}
