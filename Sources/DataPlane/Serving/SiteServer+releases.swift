import Glibc
import HTTPEngine
import Model
import Snapshots

// Requests that a release answers.
extension SiteServer {
    func answerFromReleases(_ request: ReleaseRequest, mayWait: Bool) {
        let outcome = Resolution.resolve(request, randomBucket: randomBucket)
        switch outcome {
        case .content(let content): answer(request, content)
        case .slash(let choice): redirectToSlash(request, choice)
        case .listing(let choice, let listing): list(request, choice, listing)
        case .noRelease: answerError(request.exchange, ErrorAnswer(status: 503, site: request.site))
        case .gone: answerError(request.exchange, ErrorAnswer(status: 410, site: request.site, mayBePage: false))
        case .missing(let miss):
            if miss.mayArrive, mayWait, waits(request) { return }
            if request.site.isDamaged, miss.isSuspected {
                return answerError(request.exchange, ErrorAnswer(status: 503, site: request.site, mayBePage: false))
            }
            if miss.isSuspected {
                tally.missing(
                    MissingName(
                        site: request.site.name, name: request.pathText,
                        client: Self.client(of: request.exchange, request.site).clientHash, at: loop.clock.now))
            }
            answerMissing(request, miss)
        }
    }

    /// Lets a request wait for a name that may be on its way.
    /// - Returns: false when too many wait already.
    func waits(_ request: ReleaseRequest) -> Bool {
        let deadline = loop.clock.monotonic + request.site.policy.arrivalWait
        guard waiting.add(request.exchange, site: request.siteIndex, until: deadline) else { return false }
        loop.nextTurn = waiting.nextDeadline
        return true
    }

    func answer(_ request: ReleaseRequest, _ content: Resolution.Content) {
        let release = request.site.releases[content.release]
        let answer = ContentAnswer(request: request, content: content, release: release)
        let hints = PreloadUse.hints(request, content, release)
        guard let result = answer.make(blobs: snapshot.blobs) ?? makeAgain(answer) else {
            tally.damaged(release: release.id, blob: answer.selected.blob, what: "the blob is missing or short")
            tally.failed(site: request.siteIndex, release: content.release)
            return answerError(request.exchange, ErrorAnswer(status: 503, site: request.site, mayBePage: !content.isFingerprinted))
        }
        tally.answered(row: tally.row(site: request.siteIndex, release: content.release), isDocument: !content.isFingerprinted)
        let isNeed = content.isNeed(in: request.site)
        if isNeed {
            tally.needed(
                site: request.siteIndex, release: content.release, client: Self.client(of: request.exchange, request.site),
                now: loop.clock.now, target: request.exchange.bytes(request.exchange.head.target))
        }
        if log.isOn {
            let count = request.exchange.head.method == .head ? 0 : result.response.body.count
            writeLog(
                request.exchange, status: result.response.status, bytes: count, request.site, release: content.release, content.means)
        }
        if let hints, result.response.status == 200, PreloadUse.takesHints(request.exchange) { request.exchange.inform(hints) }
        guard result.mayBePrepared, !request.isGated, !hasConditions(request.exchange) else {
            return request.exchange.respond(result.response)
        }
        answerAndRemember(result.response, request, content, isNeed: isNeed, hints: hints)
    }

    /// Without a descriptor for the blob an open file that only waits for requests goes.
    private func makeAgain(_ answer: ContentAnswer) -> ContentAnswer.Result? {
        guard errno == EMFILE || errno == ENFILE, giveUpDescriptors() else { return nil }
        return answer.make(blobs: snapshot.blobs)
    }

    /// Answers, and from now on without a look at the release where the table takes it.
    private func answerAndRemember(
        _ response: Response, _ request: ReleaseRequest, _ content: Resolution.Content, isNeed: Bool, hints: EarlyHints?
    ) {
        let host = request.exchange.bytes(request.exchange.head.authority)
        let target = request.exchange.bytes(request.exchange.head.target)
        let hash = HotTable.hash(host, target, request.preference)
        guard hot.admits(hash, response, connections: loop.connectionCount) else { return request.exchange.respond(response) }
        let prepared = PreparedResponse(response)
        hot.insert(
            HotTable.Entry(
                key: Array(host) + Array(target), preference: request.preference, response: prepared,
                isDocument: !content.isFingerprinted, site: request.siteIndex, release: content.release,
                row: tally.row(site: request.siteIndex, release: content.release), isNeed: isNeed, hints: hints),
            hash: hash, connections: loop.connectionCount)
        request.exchange.respond(prepared)
    }

    private func answerMissing(_ request: ReleaseRequest, _ miss: Resolution.Miss) {
        if let page = miss.page { return answer(request, page) }
        answerError(
            request.exchange, ErrorAnswer(status: 404, site: request.site, release: miss.release, mayBePage: !miss.isSuspected))
    }

    private func redirectToSlash(_ request: ReleaseRequest, _ choice: ReleaseChoice) {
        var fields = FieldLines()
        let query = request.target.query.map { "?" + String(decoding: request.targetBytes[$0], as: UTF8.self) } ?? ""
        fields.add("Location", PercentEncoding.path(request.target.path) + "/" + query)
        DocumentFields.add(to: &fields, request: request, choice: choice, cacheControl: "no-cache", usesFallback: false, encodings: false)
        finish(request.exchange, Response(status: 308, fields: fields), request.site)
    }

    private func list(_ request: ReleaseRequest, _ choice: ReleaseChoice, _ listing: Listing) {
        let body = listing.page(request.target.path)
        let tag = "\"\(body.withUnsafeBytes { ContentDigest(of: $0) }.hex)\""
        let outcome = Precondition.evaluate(request.exchange, tag: tag)
        let status: UInt16 = outcome == .proceed ? 200 : outcome == .notModified ? 304 : 412
        var fields = FieldLines()
        if status == 200 {
            fields.add("Content-Type", "text/html; charset=utf-8")
            fields.add("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'")
        }
        if status != 412 { fields.add("ETag", tag) }
        DocumentFields.add(
            to: &fields, request: request, choice: choice,
            cacheControl: status == 412 ? "no-store" : request.site.policy.documentCacheControl,
            usesFallback: request.fallback != nil, encodings: false)
        let isSent = status == 200 && request.exchange.head.method == .get
        finish(
            request.exchange,
            Response(
                status: status, fields: fields, body: isSent ? .bytes(body) : .empty, declaredLength: status == 200 ? body.count : nil),
            request.site)
    }
}
