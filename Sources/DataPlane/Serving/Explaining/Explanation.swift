import HTTPEngine
import Manifests
import Model
import Names
import Proxying
import Snapshots

/// What a request would meet, and why, in the order in which it is decided: the same code as answers it.
package struct Explanation: Sendable {
    package struct Step: Sendable {
        package var subject: String
        package var finding: String
    }

    package private(set) var steps: [Step] = []
    package private(set) var status: UInt16 = 0
    package private(set) var fields: [String] = []
    /// Of a request that a backend answers.
    package var passing: Passing?
    let cache: Cache?

    /// What is kept, and the moment at which somebody looks.
    package struct Cache: Sendable {
        let node: CacheNode
        let now: Timestamp

        package init(node: CacheNode, now: Timestamp) { (self.node, self.now) = (node, now) }
    }

    /// - Parameters:
    ///   - head: the request head as it would be sent.
    ///   - isSecure: whether it would come over TLS.
    ///   - bucket: the bucket of a visitor without a cookie.
    ///   - cache: nil: nothing is kept, or nobody knows it.
    package init(head: [UInt8], isSecure: Bool = false, snapshot: Snapshot, bucket: Int = 0, cache: Cache? = nil) {
        self.cache = cache
        let request: DetachedRequest
        do throws(Refusal) {
            request = try DetachedRequest(head: head, isSecure: isSecure)
        } catch {
            add("request", "refused before any route sees it: \(error.reason.rawValue)")
            status = error.status
            return
        }
        explain(request.exchange, snapshot, bucket)
    }

    private mutating func explain(_ exchange: Exchange, _ snapshot: Snapshot, _ bucket: Int) {
        let host = String(decoding: exchange.bytes(exchange.head.authority), as: UTF8.self)
        if let target = try? TargetPath(exchange.bytes(exchange.head.target)), WellKnown.isOurs(target.path) {
            let site = snapshot.site(for: exchange.bytes(exchange.head.authority)).map { snapshot.sites[$0] }
            add("path", "answered by the server itself, before any route")
            return take(WellKnown.answer(exchange, target, site: site, isStopping: snapshot.isStopping))
        }
        guard let siteIndex = snapshot.site(for: exchange.bytes(exchange.head.authority)) else {
            add("site", "no site answers for \(host)")
            status = 421
            return
        }
        let site = snapshot.sites[siteIndex]
        add("site", "\(site.name) answers for \(host)")
        let target: TargetPath
        do throws(TargetPath.Fault) {
            target = try TargetPath(exchange.bytes(exchange.head.target))
        } catch {
            add("path", "refused: \(error)")
            status = 400
            return
        }
        let matched = target.path.withUnsafeBufferPointer { path in site.policy.routes.first { $0.path.match(path) != nil } }
        guard let route = matched else {
            add("route", "none matches")
            status = 404
            return
        }
        if let gate = route.gate { explain(gate) }
        var preference = exchange.joined(.acceptEncoding).withUnsafeBufferPointer {
            exchange.head.has(.acceptEncoding) ? EncodingPreference($0) : .identityOnly
        }
        preference.isProxied = exchange.head.has(.via)
        switch route.action {
        case .redirect(let to, let code):
            add("route", "\(route.path) redirects to \(to)")
            status = code
        case .respond(let answer):
            add("route", "\(route.path) answers with a fixed text of \(answer.body.count) bytes")
            take(FixedResponse.make(answer, exchange, policy: site.policy))
        case .proxy(let proxy):
            let policy = proxy.policy
            add("route", "\(route.path) is passed to the backend \(policy.backend.name)")
            if let compression = policy.compression { explain(compression, preference) }
            if policy.cache?.guarding != nil {
                explainByName(
                    ReleaseRequest(
                        exchange: exchange, target: target, site: site, siteIndex: siteIndex, fallback: nil, preference: preference),
                    snapshot)
            }
            // What releases answer by its name reaches no server.
            if status == 0 { explainPassing(exchange, target, site, proxy, bucket) }
        case .release(let fallback, let listing):
            add("route", "\(route.path) is answered from releases" + (fallback.map { ", \($0) stands in for missing pages" } ?? ""))
            explain(
                ReleaseRequest(
                    exchange: exchange, target: target, site: site, siteIndex: siteIndex, fallback: fallback, preference: preference,
                    listing: listing),
                bucket, snapshot)
        }
    }

    /// What the answer says of itself decides the rest.
    private mutating func explain(_ compression: CompressionPolicy, _ preference: EncodingPreference) {
        let coding = compression.coding(for: preference).map { "in \($0.token)" } ?? "as they come"
        add("compress", "this client gets texts of \(ByteCount(compression.minimum)) and more \(coding)")
    }

    /// What releases have to say on a guarded route.
    private mutating func explainByName(_ request: ReleaseRequest, _ snapshot: Snapshot) {
        switch Resolution.word(request) {
        case .content(let content): explain(request, content, snapshot)
        case .gone:
            add("name", "only revoked releases have it")
            status = 410
        case .unknownVersion(let mayArrive):
            add("name", "releases have other versions of it: a server must prove that it has this one, else it is 404 no-store")
            if mayArrive { add("arrival", "may be on its way: waits up to \(request.site.policy.arrivalWait) ms for it") }
        case .none: break
        }
    }

    private mutating func explain(_ request: ReleaseRequest, _ bucket: Int, _ snapshot: Snapshot) {
        switch Resolution.resolve(request, randomBucket: { bucket }) {
        case .content(let content): explain(request, content, snapshot)
        case .slash(let choice):
            describe(choice, request.site)
            add("path", "is a folder of the release: redirected to its slash")
            status = 308
        case .listing(let choice, let listing):
            describe(choice, request.site)
            add("path", "is a folder without a page: a list of its \(listing.children.count) names")
            status = 200
        case .gone:
            add("name", "only revoked releases have it")
            status = 410
        case .noRelease:
            add("release", "the site has no current release: publish one with --activate")
            status = 503
        case .missing(let miss):
            add(
                "name",
                miss.isSuspected ? "looks fingerprinted, and no release has it: no page stands in for it" : "no such path in the release")
            if miss.mayArrive { add("arrival", "may be on its way: waits up to \(request.site.policy.arrivalWait) ms, then 404 no-store") }
            if let nearest = nearestByCase(request) { add("hint", "differs only by case from \(nearest)") }
            status = 404
            if let page = miss.page { explain(request, page, snapshot) } else { fields = ["Cache-Control: no-store"] }
        }
    }

    private mutating func explain(_ request: ReleaseRequest, _ content: Resolution.Content, _ snapshot: Snapshot) {
        let release = request.site.releases[content.release]
        let name = release.manifest.name(at: content.entry)
        let nameClass = release.manifest.nameClass(at: content.entry)
        if let choice = content.choice {
            describe(choice, request.site)
            add("name", "\(name) is a document" + (nameClass == .suspected ? " (suspected by its shape, not confirmed)" : ""))
            if content.usesFallback, content.status == 200 { add("fallback", "a navigation to a path the release lacks") }
        } else {
            let basis = request.query.flatMap { QueryName.parse($0) } != nil ? "proven by the digest in the query" : nameClass.word
            add("name", "\(name) is fingerprinted (\(basis)): looked up by name, whatever is current")
            add("release", "\(release.id.short), \(release.state.rawValue), the newest that has it")
        }
        let answer = ContentAnswer(request: request, content: content, release: release)
        guard let result = answer.make(blobs: snapshot.blobs) else {
            add("blob", "\(answer.selected.blob.hex) is missing or short: run tandem fsck")
            status = 503
            return
        }
        add("content", "\(answer.selected.size) bytes, \(answer.selected.token ?? "identity"), blob \(answer.selected.blob.hex)")
        if let dictionary = answer.selected.dictionary {
            add("dictionary", "the answer is the difference to \(dictionary.hex), which the client has")
        } else if let refusal = answer.whyNoDelta {
            add("dictionary", "no delta: \(refusal.rawValue)")
        }
        if content.isNeed(in: request.site) { add("need", "counts as need: only \(release.id.short) can answer it") }
        take(result.response)
    }

    private mutating func take(_ response: Response) {
        status = response.status
        fields = String(decoding: response.fields.bytes, as: UTF8.self).split(separator: "\r\n").map(String.init)
    }

    mutating func describe(_ choice: ReleaseChoice, _ site: SiteSnapshot) {
        let release = site.releases[choice.release]
        let how =
            switch choice.means {
            case .current where choice.cookie != .none && site.canary != nil:
                "it is current; a visitor without a bucket gets it, and a bucket for the next navigation"
            case .current: "it is current"
            case .canary: "the visitor's bucket is within the canary's \(site.canary?.share.description ?? "share")"
            case .bucket: "the visitor's bucket is outside the canary's \(site.canary?.share.description ?? "share")"
            case .headerPin: "pinned by the header \(site.policy.pin.header)"
            case .queryPin: "pinned by the query \(site.policy.pin.query)"
            case .cookie: "the cookie names the page it belongs to"
            case .name: "by name"
            }
        add("release", "\(release.id.short), \(release.state.rawValue): \(how)")
    }

    /// A name, or a folder with its slash, that is the one asked for but for capitals.
    private func nearestByCase(_ request: ReleaseRequest) -> String? {
        guard let current = request.site.current else { return nil }
        let manifest = request.site.releases[current].manifest
        let wanted = String(decoding: request.name, as: UTF8.self).lowercased()
        let folder = wanted.hasSuffix("/") ? wanted : wanted + "/"
        for index in 0..<manifest.count {
            let name = manifest.name(at: index)
            let lower = name.lowercased()
            if lower == wanted || lower == wanted + ".html" { return name }
            // Capitals may take another number of bytes than their small letters: as many segments, not as many bytes.
            if lower.hasPrefix(folder) {
                return name.split(separator: "/").prefix(folder.split(separator: "/").count).joined(separator: "/") + "/"
            }
        }
        return nil
    }

    mutating func add(_ subject: String, _ finding: String) {
        steps.append(Step(subject: subject, finding: finding))
    }
}

extension SitePolicy.PathPattern: CustomStringConvertible {
    package var description: String {
        switch self {
        case .everything: "/*"
        case .exact(let path): path
        case .prefix(let path): path + "*"
        }
    }
}
