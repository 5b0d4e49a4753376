import Model

extension Kind where Value == Configuration.PathPattern {
    static var pathPattern: Kind {
        .parsed("path", pattern: "^/") { text, _ throws(Complaint) in
            try Value(parsing: text)
        } write: {
            $0.description
        }
    }
}

/// What is read of one before it is known to be whole.
private struct RedirectDraft {
    var to: String?
    var status: UInt16 = 308
}

extension Kind where Value == Configuration.Redirect {
    static var redirect: Kind {
        let statuses: [UInt16] = [301, 302, 303, 307, 308]
        return .section(
            Section(
                RedirectDraft(),
                [
                    Key(
                        "to", \.to, .redirectTarget, required: true,
                        "A path or a URL. Its `*` stands for what the route's `*` matched; the request's query is kept."),
                    Key("status", \.status, .words("status", statuses.map { ("\($0)", $0) }), "Status of the answer."),
                ]),
            finish: { draft in draft.to.map { Value(to: $0, status: draft.status) } },
            draft: { RedirectDraft(to: $0.to, status: $0.status) })
    }
}

private struct ReleaseDraft {
    var fallback: String?
    var listing = false
}

extension Configuration.Respond {
    static var schema: Section<Self> {
        let statuses: [UInt16] = [200, 204, 400, 401, 403, 404, 405, 410, 429, 451, 500, 501, 503]
        return Section(
            Self(),
            [
                Key("status", \.status, .words("status", statuses.map { ("\($0)", $0) }), "Status of the answer."),
                Key("body", \.body, .body, "Its text, at most 64 KB; it may have several lines."),
                Key("type", \.type, .fieldValue, "`Content-Type` of the text."),
                Key("cache_control", \.cacheControl, .cacheControl, "`Cache-Control`; errors are `no-store` whatever it says."),
                Key("headers", \.headers, .headers, "Response fields added to the site's."),
            ],
            check: { value, fields, reading in
                guard fields.areSound("status", "body"), value.status == 204, !value.body.isEmpty else { return }
                reading.fault(fields.at("body"), "an answer with status 204 has no body")
            })
    }
}

/// A route before one action is chosen.
private struct RouteDraft {
    var path: Configuration.PathPattern?
    var release: ReleaseDraft?
    var redirect: Configuration.Redirect?
    var respond: Configuration.Respond?
    var maximumBody: ByteCount?
    var proxy: Configuration.Proxy?
    var affinity: AffinityDraft?
    var allow: [Configuration.AddressRange] = []
    var deny: [Configuration.AddressRange] = []
    var limits: [Configuration.Limit] = []
}

private struct AffinityDraft {
    var path: String?
}

extension Kind where Value == Configuration.Route {
    /// A route before one action is chosen: exactly one of its keys may be given.
    static var route: Kind {
        let release = Section(
            ReleaseDraft(),
            [
                Key(
                    "fallback", \.fallback, .documentName,
                    "Document for navigations to paths the release lacks, as single-page applications need. Never for asset names."),
                Key("listing", \.listing, .onOff, "Folders without a page of their own are answered with a list of what is in them."),
            ])
        let affinity = Section(
            AffinityDraft(),
            [Key("path", \.path, .serverPath, required: true, "With the server's id as a segment: `/assets/{server}/*`.")])
        return .section(
            Section(
                RouteDraft(),
                [
                    Key("path", \.path, .pathPattern, required: true, "A path, or what begins with it: `/old/*`."),
                    Key("release", \.release, .section(release), "Serves the site's release; `{}` without more."),
                    Key("redirect", \.redirect, .redirect, "Answers with another address."),
                    Key("respond", \.respond, .section(Configuration.Respond.schema), "Answers with a fixed text."),
                    Key("proxy", \.proxy, .proxy, "Passes requests to a backend."),
                    Key(
                        "max_body", \.maximumBody, .size(ByteCount(0)...ByteCount(1 << 50)),
                        "The largest body a request may bring here; left out: the site's."),
                    .notYet("dataset", "Serves a dataset's tiles."),
                    .notYet("geo", "Adds the visitor's country and city."),
                    Key(
                        "affinity", \.affinity, .section(affinity),
                        "Sends a request to the server whose `id` its path names, and to any other when that one has gone."),
                    Key("allow", \.allow, .list(.addressRange), "Who may use it. Left out: everybody who is not denied."),
                    Key("deny", \.deny, .list(.addressRange), "Who may not (`403`), whatever `allow` says."),
                    Key("limits", \.limits, .list(.limit, count: 0...10), "How often it may be used (`429`)."),
                ], check: check),
            finish: { draft in
                guard let path = draft.path, let action = action(draft) else { return nil }
                var route = Value(path: path, action: action, maximumBody: draft.maximumBody)
                route.allow = draft.allow
                route.deny = draft.deny
                route.limits = draft.limits
                return route
            },
            draft: draft)
    }

    private static func draft(_ route: Value) -> RouteDraft {
        var draft = RouteDraft(path: route.path)
        draft.maximumBody = route.maximumBody
        draft.allow = route.allow
        draft.deny = route.deny
        draft.limits = route.limits
        switch route.action {
        case .release(let fallback, let listing): draft.release = ReleaseDraft(fallback: fallback, listing: listing)
        case .redirect(let redirect): draft.redirect = redirect
        case .respond(let respond): draft.respond = respond
        case .proxy(let proxy):
            draft.proxy = proxy
            draft.affinity = proxy.affinity.map { AffinityDraft(path: $0) }
        }
        return draft
    }

    private static func action(_ draft: RouteDraft) -> Value.Action? {
        if let redirect = draft.redirect { return .redirect(redirect) }
        if let respond = draft.respond { return .respond(respond) }
        if var proxy = draft.proxy {
            proxy.affinity = draft.affinity?.path
            return .proxy(proxy)
        }
        return draft.release.map { .release(fallback: $0.fallback, listing: $0.listing) }
    }

    private static func check(_ draft: RouteDraft, _ fields: Section<RouteDraft>.Fields, _ reading: inout Reading) {
        let given = ["release", "redirect", "respond", "proxy"].filter(fields.isGiven)
        if given.count > 1 {
            reading.fault(fields.at(given[1]), "a route has one action: \(given[0]) or \(given[1]), not both")
        }
        if given.isEmpty, !fields.hasRefusal {
            let ways = "release: {}, proxy: {backend: …}, redirect: {to: …} or respond: {body: …}"
            reading.fault(fields.position, "the route has no action: add \(ways)")
        }
        if fields.isGiven("affinity"), !fields.isGiven("proxy"), !fields.hasRefusal {
            reading.fault(fields.at("affinity"), "affinity chooses among the servers of a backend: it belongs to a route with proxy")
        }
        guard fields.areSound("path", "redirect"), let path = draft.path, let redirect = draft.redirect else { return }
        if redirect.to.contains("*"), !path.hasStar {
            reading.fault(fields.at("redirect"), "the target has a * but the path \(Quoted(path.description)) has none")
        }
        if redirect.to == path.description { reading.fault(fields.at("redirect"), "redirects to itself") }
    }
}
