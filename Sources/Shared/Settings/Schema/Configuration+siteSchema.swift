import Model

extension Configuration.Site {
    static var schema: Section<Self> {
        Section(
            Self(name: .default),
            [
                Key(
                    "hosts", \.hosts, .list(.host, count: 1...10_000), required: true,
                    "Host names it answers for: exact, `\"*.example.com\"` for all below, `\"*\"` for all that no other site names."),
                Key("releases", \.releases, .section(Configuration.Retention.schema), "How long releases are kept."),
                Key("rollout", \.rollout, .section(Configuration.Rollout.schema), "How a release takes over from the one before."),
                Key("pin", \.pin, .section(Configuration.Pin.schema), "Where a client names the release it wants."),
                Key("preview", \.preview, .section(Configuration.Preview.schema), "Looking at a release before it is current."),
                Key(
                    "fingerprints", \.fingerprints, .fingerprints,
                    "Which names mean one content for ever. Names that match a pattern are declared; the others are recognised as with `auto`. "
                        + "A pattern is searched in the path with its leading slash, and in `path?query`: `^/static/` and not `^static/`."
                ),
                Key(
                    "arrival_wait", \.arrivalWait, .duration(.zero ... .seconds(60)),
                    "How long a request for a fingerprinted name on its way may wait for it."),
                Key("documents", \.documents, .section(Configuration.Documents.schema), "Names that do not change with their content."),
                Key(
                    "dictionaries", \.dictionaries, .words("dictionaries"),
                    "Deltas between releases (RFC 9842): a browser that has the old script gets the new one as its difference. `on`: but "
                        + "not through a proxy that announces itself with `Via`; `always`: there too."),
                Key(
                    "hsts", \.hsts, .section(Configuration.StrictTransport.schema),
                    "Tells browsers, over TLS alone, to use https for this host from now on (RFC 6797). Left out: nothing is said."),
                Key(
                    "security_headers", \.securityHeaders, .words("security_headers"),
                    "Fields that browsers heed, added to every answer. `basic`: frames of this site alone, short referrers, windows of other "
                        + "sites kept apart; `strict`: no frames, no referrer, nothing from other origins, no inline scripts. One that "
                        + "`headers` names is left to it."),
                Key("headers", \.headers, .headers, "Response fields added to every answer."),
                Key(
                    "errors", \.errors, .errorPages,
                    "Pages for errors that Tandem answers itself: `404: errors/404.html` is a path in the release, "
                        + "`503: /etc/tandem/503.html` a file of this machine, read at start and reload; `4xx` and `5xx` are for all others. "
                        + "Never for names that look fingerprinted, never kept by caches."),
                Key(
                    "max_body", \.maximumBody, .size(ByteCount(0)...ByteCount(1 << 50)),
                    "The largest body a request may bring; beyond it the answer is `413`. A route may say otherwise."),
                Key(
                    "routes", \.routes, .list(.route, count: 1...2000, check: Self.checkRoutes),
                    "What answers which path; the first match wins."
                ),
                Key("backends", \.backends, .backends, "Servers behind `proxy` routes."),
            ],
            check: { site, fields, reading in
                checkBackends(site, fields, &reading)
                if site.hsts != nil, site.headers.contains(where: { $0.name.lowercased() == "strict-transport-security" }) {
                    reading.fault(fields.at("hsts"), "headers sets Strict-Transport-Security as well: leave one of them out")
                }
                let deadline = site.rollout.retireWhen.deadline
                let use = site.documents.cacheControl.longestUse
                guard fields.areSound("rollout", "documents"), use > deadline else { return }
                reading.fault(
                    fields.at("documents", "rollout"),
                    "caches may use documents for \(Quantity.text(use)) (documents.cache_control), longer than their release may drain "
                        + "(rollout.retire_when.deadline: \(Quantity.text(deadline)))")
            })
    }

    /// A route's backend is one of the site's.
    private static func checkBackends(_ site: Self, _ fields: Section<Self>.Fields, _ reading: inout Reading) {
        guard fields.areSound("routes", "backends") else { return }
        for route in site.routes {
            guard case .proxy(let proxy) = route.action, !site.backends.contains(where: { $0.name == proxy.backend.name }) else { continue }
            let hint = Nearest.hint(for: proxy.backend.name, among: site.backends.map(\.name))
            reading.fault(
                proxy.backend.place.position,
                "the site has no backend \(Quoted(proxy.backend.name))" + (hint.isEmpty ? ": add it to backends" : hint))
        }
    }

    private static func checkRoutes(_ routes: [(value: Configuration.Route, position: Position)], _ reading: inout Reading) {
        for (index, route) in routes.enumerated() {
            guard let cover = routes[..<index].first(where: { $0.value.path.covers(route.value.path) }) else { continue }
            reading.fault(
                route.position,
                "never reached: the route \(Quoted(cover.value.path.description)) in line \(cover.position.line) takes its paths")
        }
    }
}

extension Configuration.StrictTransport {
    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key("max_age", \.maximumAge, .duration(.zero ... .days(3650)), "How long they keep to it; `0s` takes it back."),
                Key("subdomains", \.subdomains, .onOff, "For every host below too."),
                Key("preload", \.preload, .onOff, "Asks to be in the lists that browsers ship with."),
            ],
            check: { value, fields, reading in
                guard fields.areSound("max_age", "subdomains", "preload"), value.preload else { return }
                if !value.subdomains || value.maximumAge < .days(365) {
                    reading.fault(fields.at("preload"), "preload lists take hosts with subdomains: on and a max_age of 365d or more")
                }
            })
    }
}

extension Configuration.Retention {
    static var schema: Section<Self> {
        let ages: ClosedRange<Duration> = .zero ... .days(3650)
        return Section(
            Self(),
            [
                Key("keep", \.keep, .count(1...1000), "The newest that stay, whatever their age."),
                Key(
                    "minimum_age", \.minimumAge, .duration(ages),
                    "Younger ones stay. Ages count from the end of being canary or current, else from publishing."),
                Key("maximum_age", \.maximumAge, .duration(ages), "Older ones go, needed or not."),
            ],
            check: { value, fields, reading in
                guard fields.areSound("minimum_age", "maximum_age"), value.minimumAge > value.maximumAge else { return }
                reading.fault(
                    fields.at("minimum_age", "maximum_age"),
                    "minimum_age (\(fields.words("minimum_age", Quantity.text(value.minimumAge)))) is longer than maximum_age "
                        + "(\(fields.words("maximum_age", Quantity.text(value.maximumAge))))")
            })
    }
}

extension Configuration.Rollout {
    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key(
                    "canary", \.canary, .list(.share(Share(basisPoints: 1)...Share.whole), count: 1...100, check: Self.checkSteps),
                    "Shares of visitors that get the new release, step by step; ascending, the last is 100%."),
                Key("step", \.step, .duration(.seconds(1) ... .days(30)), "How long each step but the last stays."),
                .notYet("groups", "Groups of nodes that change one after the other."),
                Key("retire_when", \.retireWhen, .section(Configuration.RetireWhen.schema), "When the old release's documents go."),
                Key(
                    "abort", \.abort, .section(Configuration.Abort.schema),
                    "When a rollout undoes itself, by comparing the new release with the old one beside it. Left out: never; `{}`: with these values."
                ),
            ])
    }

    private static func checkSteps(_ steps: [(value: Share, position: Position)], _ reading: inout Reading) {
        for (step, next) in zip(steps, steps.dropFirst()) where next.value <= step.value {
            reading.fault(next.position, "canary steps ascend: \(next.value) follows \(step.value)")
        }
        if let last = steps.last, last.value != .whole { reading.fault(last.position, "the last canary step must be 100%") }
    }
}

extension Configuration.RetireWhen {
    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key("quiet", \.quiet, .duration(.seconds(1) ... .days(365)), "How long nothing must have needed it."),
                Key("clients", \.clients, .count(1...100_000), "Fewer distinct clients within `quiet` are no need."),
                Key("deadline", \.deadline, .duration(.seconds(1) ... .days(3650)), "When it goes in any case."),
            ],
            check: { value, fields, reading in
                guard fields.areSound("quiet", "deadline"), value.quiet > value.deadline else { return }
                reading.fault(
                    fields.at("quiet", "deadline"),
                    "quiet (\(fields.words("quiet", Quantity.text(value.quiet)))) is longer than deadline "
                        + "(\(fields.words("deadline", Quantity.text(value.deadline))))")
            })
    }
}

extension Configuration.Abort {
    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key(
                    "error_ratio", \.errorRatio, .share(Share(basisPoints: 1)...Share.whole),
                    "By how much the new release's share of server errors may exceed the old one's."),
                Key(
                    "missing_assets", \.missingAssets, .count(1...1_000_000), "Requests for names that the new release refers to and lacks."
                ),
                Key("clients", \.clients, .count(1...100_000), "Distinct clients that must have met the trouble."),
                Key("minimum_requests", \.minimumRequests, .count(1...100_000_000), "Fewer requests to the new release decide nothing."),
                Key("over", \.over, .duration(.seconds(1) ... .days(1)), "The time looked back on."),
            ])
    }
}

extension Configuration.Pin {
    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key("header", \.header, .requestField, "Request field."),
                Key("query", \.query, .parameter, "Query parameter."),
                Key("cookie", \.cookie, .cookieName, "Cookie; over TLS `__Host-` is put before it."),
            ])
    }
}

extension Configuration.Preview {
    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key("hosts", \.hosts, .off("preview"), "Preview host names; `on` is not yet available."),
                Key("allow", \.allow, .list(.addressRange), "Addresses that may look."),
                Key("token", \.token, .secret(atLeast: 16), "Or the token that lets anyone look."),
            ])
    }
}

extension Configuration.Documents {
    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key(
                    "cache_control", \.cacheControl, .cacheControl,
                    "`Cache-Control` of documents. An old release drains for at least `max-age` and `stale-while-revalidate` together."),
                Key(
                    "preload", \.preload, .words("preload"),
                    "Whether a page's head names what it will fetch, for releases published since this was set. `links`: in `Link` fields; "
                        + "`early_hints`: also in a `103` that goes out first, to clients that take one."),
            ])
    }
}
