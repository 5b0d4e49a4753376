import Caching
import HTTPEngine
import Model
import Names
import Snapshots

// What becomes of an answer under a name that claims something of its content (`proxy.md`, Poison guard).
//
// ```
//  true                                            kept, as the server sent it
//  cannot be proven                                kept for a minute
//  other bytes, or a page in place of a script ─┬─ what is kept is what the name means: that, for another lifetime
//                                               ├─ another server may have it: it is asked
//                                               ├─ a release has other versions of it: 404
//                                               ├─ the route refuses it: 502
//                                               └─ else passed on, for nobody to keep
// ```
extension CacheFetch {
    /// The whole is there, and is looked at.
    func endSpool() {
        guard let answer, let claim else { return }
        _ = encodedEnd()
        let content = spool.withUnsafeBytes { GuardedContent($0, answer.fields) }
        let isPage = answer.fields.single("content-type")?.starts(with: Array("text/html".utf8)) ?? false
        let earlier = stored.map { GuardVerdict.Earlier(digest: $0.bodyDigest, since: $0.stored.provisionalSince) }
        let verdict = GuardVerdict(
            claim, status: answer.status, isPage: isPage, content: content,
            isFamilyProven: order.isOwnVersion || door.node.families.contains(claim.family), earlier: earlier,
            settle: ask.policy.guarding?.settle ?? .seconds(600), now: door.now)
        if verdict == .mismatch { tell(claim, content.digests) }
        if verdict == .proven { door.node.families.insert(claim.family) }
        door.node.judged(verdict, changed: earlier.map { $0.since != nil && $0.digest != content.sent } ?? false)
        status.detail = verdict.detail
        let isLie = verdict.isLie(status: answer.status)
        if isLie, let stored, claim.isTrue(of: stored) { return renewDespite(answer, stored) }
        let mayBeElsewhere = isLie || answer.status == 404 || (verdict.since != nil && claim.isProvable)
        if mayBeElsewhere, order.backend.retry.onMismatch {
            let asked = order.passedOver + [server].compactMap { $0 }
            if door.proxy.mayAskAnother(order.backend, besides: asked) {
                return askAnother(
                    Rejected(answer: make(answer.status, verdict.fields(answer.fields)), body: spool, isLie: isLie), besides: asked)
            }
        }
        if isLie, let rejected, rejected.answer.status == 404 { return relay(rejected.answer, rejected.body) }
        if isLie, order.isOwnVersion { return answerNotFound() }
        if isLie, refusesMismatch { return refuse() }
        let guarded = make(answer.status, verdict.fields(answer.fields))
        if verdict.mayBeStored, Storing(guarded, to: ask.storing) == .allowed {
            openWriting(guarded, since: verdict.since)
            spool.withUnsafeBytes { store($0) }
        }
        if let writing, let object = try? door.node.cache.finish(writing) {
            self.writing = nil
            status.isStored = true
            keepEncoded(beside: object)
            // Fields that are for the one who asked are not in it.
            if guarded.directives.hiddenFields.isEmpty { return finish(object) }
            land(.stored)
        }
        relay(guarded, spool)
    }

    var refusesMismatch: Bool { ask.policy.guarding?.refusesMismatch ?? false }

    private func tell(_ claim: NameClaim, _ digests: ContentDigests?) {
        door.tell(GuardFinding(url: ask.key.text, says: claim.digits, has: digests.map(claim.hex) ?? ""))
    }

    /// By choice nobody gets what is not what the name says; who waits for it is told the same.
    func refuse() {
        door.node.refusedMismatch()
        status.detail = nil
        order.cacheStatus = Array("Cache-Status: \(status.about(502).text)\r\n".utf8)
        status.detail = GuardVerdict.refused
        land(.failed(.mismatch))
        guard hasClient else { return }
        release()
        let response = door.proxy.answer(to: .mismatch, order, retryAfterSeconds: 1)
        door.report(order, status: response.status, bytes: response.body.count, status, asked, failure: .mismatch)
        order.exchange.respond(response)
    }

    // MARK: Too long to be looked at first

    /// What was hashed on its way is whole: counts what is not what its name says.
    /// - Returns: whether the client must not get the end of it.
    func isRefused(_ digests: ContentDigests) -> Bool {
        // Under a coding it is the content that was named, and that was not looked at.
        guard let claim, let answer, answer.status == 200, GuardedContent.isIdentity(answer.fields), !claim.matches(digests),
            claim.mustMatch(isFamilyProven: order.isOwnVersion || door.node.families.contains(claim.family))
        else { return false }
        tell(claim, digests)
        door.node.judged(.mismatch, changed: false)
        status.detail = refusesMismatch ? GuardVerdict.refused : GuardVerdict.mismatch.detail
        if refusesMismatch { door.node.refusedMismatch() }
        return refusesMismatch
    }

    /// It ends before it is whole, so that nobody takes it for what the name says.
    func cutOff() {
        if hasClient { order.exchange.abort() }
        over()
    }

    /// Sends what nobody keeps.
    func relay(_ guarded: OriginResponse, _ body: [UInt8]) {
        land(.forNobody)
        guard hasClient else { return }
        release()
        respond(guarded, body)
    }

    /// Of several servers one may have been deployed already, or not yet.
    private func askAnother(_ rejected: Rejected, besides asked: [UpstreamServer]) {
        mode = .discarding
        order.passedOver = asked
        let again = CacheFetch(door, ask, order, stored: stored, conditions: FieldLines(), ifError: ifError, why: status.forward ?? .miss)
        again.rejected = rejected
        again.share = share
        again.begin(isLead: isLead, hasClient: hasClient)
    }

    /// The server has something else under the name now. What the name means has not changed, and is here.
    private func renewDespite(_ answer: OriginResponse, _ stored: CachedObject) {
        let date = answer.fields.lines.filter { $0.name == "date" }
        finish(door.node.cache.renew(stored, by: make(304, FieldLines(date))))
    }

    /// Another version's bytes are no answer, and nobody is to remember that there was none.
    private func answerNotFound() {
        land(.forNobody)
        guard hasClient else { return }
        release()
        var fields = HTTPEngine.FieldLines()
        fields.add("Content-Type", "text/plain; charset=utf-8")
        fields.add("Cache-Control", "no-store")
        fields.add("Cache-Status", status.text)
        fields.add(lines: order.responseLines)
        let response = Response(status: 404, fields: fields, body: .bytes(Array("Not Found\n".utf8)))
        door.report(order, status: response.status, bytes: response.body.count, status, asked)
        order.exchange.respond(response)
    }
}
