import Caching
import Snapshots

// What is stored stays, and answers.
extension CacheFetch {
    func renew(_ answer: OriginResponse) {
        guard let stored else { return }
        let since = stored.stored.provisionalSince
        var answer = answer
        if let since {
            let settle = ask.policy.guarding?.settle ?? .seconds(600)
            let verdict = GuardVerdict(unchangedSince: since, settle: settle, now: door.now)
            answer = make(answer.status, verdict.fields(answer.fields))
        }
        finish(door.node.cache.renew(stored, by: answer, at: askedAt))
    }

    func bridge() {
        guard let stored else { return }
        status.detail = CacheStatus.staleIfError
        finish(stored, .standsIn(stored))
    }

    func finish(_ object: CachedObject, _ outcome: CacheNode.Landing.Outcome = .stored) {
        mode = .discarding
        land(outcome)
        guard hasClient else { return }
        release()
        door.send(object, to: order, ask, status, asked: asked)
    }

    func askAgain() {
        mode = .discarding
        let again = CacheFetch(door, ask, order, stored: nil, conditions: FieldLines(), ifError: false, why: .stale)
        again.begin(isLead: isLead, hasClient: hasClient)
    }
}
