import Model

/// What visitors do, and what they must find.
extension World {
    /// Opens a page by going to it. Its assets are loaded at once.
    func load(_ visitor: Int, page: String = "index.html") throws {
        let path = page == "index.html" ? "/" : "/\(page)"
        let ask = Ask(target: path, fields: ["sec-fetch-mode": "navigate", "accept": "text/html"])
        let bucket = visitors[visitor].cookie.flatMap { Int($0.split(separator: ".")[0]) }
        let reply = try self.ask(visitor, ask)
        guard let current = book.current else {
            guard reply.status == 503, reply.has("no-store") else {
                throw Violation(scenario: "S3", what: "without a current release \(path) was answered with \(reply.status)")
            }
            return
        }
        guard reply.status == 200, let shown = library.builds.firstIndex(where: { $0.page(page) == reply.body }) else {
            throw Violation(scenario: "S3", what: "\(path) was answered with \(reply.status) \(reply.text)")
        }
        try checkChoice(of: shown, reply, visitor, bucket: bucket, current: current)
        visitors[visitor].tab = Tab(build: shown, page: page, visitor: visitor)
        try loadAssets(of: shown, visitor)
    }

    /// Who gets which release, by the book: the canary by the bucket that the visitor came with, else the current one; what a
    /// cache still holds may be as old as it was allowed to become.
    private func checkChoice(of shown: Int, _ reply: Reply, _ visitor: Int, bucket: Int?, current: Int) throws {
        let isCanary = shown == book.canary?.build
        if let canary = book.canary, !reply.isFromCache {
            let isInside = bucket.map { canary.share.contains(bucket: $0) } ?? false
            let wanted = isInside ? canary.build : current
            if shown != wanted, !wasAllowed(shown) {
                let bringing = bucket.map { "bucket \($0)" } ?? "no cookie"
                throw Violation(scenario: "sticky", what: "\(bringing) at \(canary.share) got build \(shown) and not \(wanted)")
            }
            if bucket == nil, visitors[visitor].cookie == nil {
                throw Violation(scenario: "sticky", what: "visitor \(visitor) got no bucket while a canary runs")
            }
            return
        }
        if shown == current || wasAllowed(shown) { return }
        // A browser may show its owner's own page again where caching it was allowed.
        throw Violation(
            scenario: isCanary ? "S7" : "S3", what: "visitor \(visitor) got build \(shown) while \(current) is current")
    }

    private func wasAllowed(_ shown: Int) -> Bool {
        guard let seconds = terms.documentSeconds, let last = book.wereCurrent[shown] else { return false }
        return now - last <= .seconds(2 * seconds)
    }

    func loadAssets(of build: Int, _ visitor: Int) throws {
        for asset in library.builds[build].assets { try loadAsset(asset, of: build, visitor) }
    }

    func loadChunk(of build: Int, _ visitor: Int) throws { try loadAsset(library.builds[build].chunk, of: build, visitor) }

    /// S3: a page gets what it names for as long as a release has it.
    private func loadAsset(_ asset: Reference, of build: Int, _ visitor: Int) throws {
        let reply = try ask(visitor, Ask(target: asset.target))
        if reply.status == 200, reply.body == asset.bytes { return }
        guard !book.answers(asset.target, library) else {
            throw Violation(
                scenario: "S3",
                what:
                    "a page of build \(build) (\(book.releases[build].map { "\($0.state)" } ?? "removed")) got \(reply.status) for \(asset.target)"
            )
        }
        guard reply.status == 404 || reply.status == 410, reply.has("no-store") else {
            throw Violation(scenario: "S2", what: "\(asset.target), which nobody has, was answered with \(reply.status)")
        }
    }

    /// A page kept since long ago is shown again without asking, and asks for what it loads late.
    func back(_ visitor: Int) throws {
        guard let stored = visitors[visitor].browser.stored("/"),
            let shown = library.builds.firstIndex(where: { $0.page("index.html") == stored.body })
        else { return }
        visitors[visitor].tab = Tab(build: shown, page: "index.html", visitor: visitor)
        try loadAssets(of: shown, visitor)
        try loadChunk(of: shown, visitor)
    }

    enum PinMeans: CaseIterable { case header, query, cookie }

    /// S4: a script of a page of build n asks for what has a fixed name.
    func askPinned(_ build: Int, _ means: PinMeans, _ visitor: Int) throws {
        var ask = Ask(target: "/fixed.css", fields: ["sec-fetch-mode": "cors"])
        var wanted = build
        switch means {
        case .header: ask.fields["x-deployment-id"] = id(build).hex
        case .query: ask.target += "?dpl=\(id(build).hex)"
        case .cookie:
            guard let cookie = visitors[visitor].cookie,
                let page = library.builds.firstIndex(where: { $0.id.hex.hasPrefix(String(cookie.split(separator: ".")[1])) })
            else { return }
            wanted = page
        }
        // Without a pin that reaches anything the cookie does its best, as it was when the request went out.
        let cookiePage = visitors[visitor].cookie.flatMap { cookie in
            library.builds.firstIndex { $0.id.hex.hasPrefix(String(cookie.split(separator: ".")[1])) }
        }.flatMap { book.releases[$0]?.state.isLive == true ? $0 : nil }
        let reply = try self.ask(visitor, ask)
        guard let current = book.current else { return }
        if book.releases[wanted]?.state.isLive != true { wanted = cookiePage ?? current }
        // A cache that holds an answer given before may give it for as long as it was allowed to: one from when the pin reached
        // nothing live, but never one that was given to another pin.
        if let seconds = terms.documentSeconds {
            if means == .cookie { return }
            if let notLive = book.notLiveAt[wanted], now - notLive <= .seconds(2 * seconds) { return }
            if wanted != build { return }
        }
        guard reply.status == 200, reply.body == library.builds[wanted].fixed else {
            throw Violation(
                scenario: "S4",
                what: "pinned to build \(build) by \(means), visitor \(visitor) got \(reply.status) \(reply.text) and not build \(wanted)")
        }
    }

    /// A document without any pin: nobody else's choice may show.
    func askPlain(_ visitor: Int) throws {
        let cookie = visitors[visitor].cookie
        visitors[visitor].cookie = nil
        defer { visitors[visitor].cookie = cookie }
        let reply = try ask(visitor, Ask(target: "/fixed.css", fields: ["sec-fetch-mode": "cors"]))
        guard let current = book.current else { return }
        let allowed = Set(library.builds.indices.filter { $0 == current || wasAllowed($0) }.map { library.builds[$0].fixed })
        guard reply.status == 200,
            allowed.contains(reply.body) || visitors[visitor].browser.stored("/fixed.css") != nil && reply.isFromCache
        else {
            throw Violation(
                scenario: "S7", what: "visitor \(visitor) without a pin got \(reply.status) \(reply.text), current is \(current)")
        }
    }

    /// A name that no build ever had.
    func probe(_ number: Int, _ visitor: Int) throws {
        let digest = ContentDigest.of("nobody's \(number)").hex.prefix(32)
        let target = number.isMultiple(of: 2) ? "/js/core.js?\(digest)" : "/js/core_\(digest).js"
        let reply = try ask(visitor, Ask(target: target))
        // Without any release the whole site is not there yet.
        guard reply.status == 404 || reply.status == 503 && book.current == nil, reply.has("no-store") else {
            throw Violation(scenario: "S2", what: "\(target) was answered with \(reply.status) \(reply.text)")
        }
    }
}
