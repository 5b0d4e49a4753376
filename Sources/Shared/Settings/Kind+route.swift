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
}

/// A route before one action is chosen.
private struct RouteDraft {
    var path: Configuration.PathPattern?
    var release: ReleaseDraft?
    var redirect: Configuration.Redirect?
}

extension Kind where Value == Configuration.Route {
    /// A route before one action is chosen: exactly one of its keys may be given.
    static var route: Kind {
        let release = Section(
            ReleaseDraft(),
            [
                Key(
                    "fallback", \.fallback, .documentName,
                    "Document for navigations to paths the release lacks, as single-page applications need. Never for asset names.")
            ])
        return .section(
            Section(
                RouteDraft(),
                [
                    Key("path", \.path, .pathPattern, required: true, "A path, or what begins with it: `/old/*`."),
                    Key("release", \.release, .section(release), "Serves the site's release; `{}` without more."),
                    Key("redirect", \.redirect, .redirect, "Answers with another address."),
                    .notYet("proxy", "Passes requests to a backend."),
                    .notYet("dataset", "Serves a dataset's tiles."),
                    .notYet("respond", "Answers with a fixed text."),
                    .notYet("geo", "Adds the visitor's country and city."),
                    .notYet("affinity", "Sends a request to the server named in its path."),
                ], check: check),
            finish: finish,
            draft: { route in
                switch route.action {
                case .release(let fallback): RouteDraft(path: route.path, release: ReleaseDraft(fallback: fallback))
                case .redirect(let redirect): RouteDraft(path: route.path, redirect: redirect)
                }
            })
    }

    private static func finish(_ draft: RouteDraft) -> Value? {
        guard let path = draft.path else { return nil }
        if let redirect = draft.redirect { return Value(path: path, action: .redirect(redirect)) }
        return draft.release.map { Value(path: path, action: .release(fallback: $0.fallback)) }
    }

    private static func check(_ draft: RouteDraft, _ fields: Section<RouteDraft>.Fields, _ reading: inout Reading) {
        if fields.isGiven("release"), fields.isGiven("redirect") {
            reading.fault(fields.at("redirect"), "a route has one action: release or redirect, not both")
        }
        if !fields.isGiven("release"), !fields.isGiven("redirect"), !fields.hasRefusal {
            reading.fault(fields.position, "the route has no action: add release: {} or redirect: {to: …}")
        }
        guard fields.areSound("path", "redirect"), let path = draft.path, let redirect = draft.redirect else { return }
        if redirect.to.contains("*"), !path.hasStar {
            reading.fault(fields.at("redirect"), "the target has a * but the path \(Quoted(path.description)) has none")
        }
        if redirect.to == path.description { reading.fault(fields.at("redirect"), "redirects to itself") }
    }
}
