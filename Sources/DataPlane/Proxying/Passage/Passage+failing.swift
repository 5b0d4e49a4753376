import HTTPEngine
import Snapshots

// What becomes of a request that a server did not answer (RFC 9110 §9.2.2): it is asked again only where nothing of an answer has
// gone to the client, and either nothing of the request can have reached a server or its method may be repeated.
extension Passage {
    func failed(_ failure: PassageFailure) {
        guard phase != .over else { return }
        let failure = phase == .connecting ? failure.whileConnecting : failure
        let isStale = isStaleConnection(failure) || isUnprocessedOnce(failure)
        dropConnection()
        if failure.blamesServer, !isStale, failure != .noServer {
            target?.server.health.failed(now: proxy.loop.clock.monotonic)
        }
        if isStale {
            // The next may be one that others have used before.
            if target?.speaksHTTP2 == true { wasUnprocessed = true }
            needsFresh = true
            return ask()
        }
        if failure != .noServer, mayRepeat(failure) { return again(failure) }
        answer(failure)
    }

    /// Whether the server has most likely ended an idle connection before the request came: then a new one is all that is needed.
    private func isStaleConnection(_ failure: PassageFailure) -> Bool {
        guard let connection, connection.isUsed, !(target?.speaksHTTP2 == true && wasUnprocessed), !connection.hasAnswerBegun, isRepeatable,
            canReplay, phase == .waiting
        else {
            return false
        }
        switch failure {
        case .transport, .answer(.endedBeforeAnswer): return true
        default: return false
        }
    }

    /// A server that goes away is no failure, and costs nothing the first time (RFC 9113 §8.7).
    private func isUnprocessedOnce(_ failure: PassageFailure) -> Bool {
        guard failure == .unprocessed, canReplay, phase != .streaming, !wasUnprocessed else { return false }
        wasUnprocessed = true
        return true
    }

    func mayRepeat(_ failure: PassageFailure) -> Bool {
        guard let pool, phase == .connecting || phase == .waiting, earlierTries < pool.policy.retry.attempts, canReplay else {
            return false
        }
        let retry = pool.policy.retry
        let isWanted =
            switch failure {
            case .noServer, .mismatch: false
            case .connect, .tls, .unprocessed: retry.onConnect
            case .connectTimeout: retry.onConnect || retry.onTimeout
            case .transport, .answer: retry.onConnect
            case .firstByteTimeout, .idleTimeout: retry.onTimeout
            case .status(let status): retry.statuses.contains(status)
            }
        guard isWanted, failure.isBeforeRequest || (isRepeatable && retry.repeatsIdempotent) else { return false }
        // Garbage is what the server makes of this request, and the next may make the same of it; an end says nothing about it.
        if case .answer(let fault) = failure, fault != .endedBeforeAnswer { return false }
        // A server that has answered has said what it has to say; and one that is overloaded is not helped by being asked at once again.
        let needsOther = if case .status = failure { true } else { failure.isBeforeRequest }
        let hasOther = pool.servers.count > earlierTries + 1 || !needsOther
        return hasOther && pool.budget.take(now: proxy.loop.clock.monotonic)
    }

    func again(_ failure: PassageFailure) {
        dropConnection()
        earlierTries += 1
        if let target { tried.append(target) }
        if let pool, earlierTries >= pool.servers.count {
            // None is left that has not failed: a new connection is the only thing that can be tried.
            tried.removeAll()
            needsFresh = true
        }
        ask()
    }

    /// The connection's deadline has passed.
    func expired() {
        guard let pool, let order, let connection else { return }
        switch phase {
        case .over: break
        case .connecting: failed(.connectTimeout)
        case .waiting:
            if hasSentAll { return failed(.firstByteTimeout) }
            // The client is the slow one, and has limits of its own.
            if !connection.hasUnsent { return connection.setDeadline(seconds: pool.policy.limits.idleSeconds) }
            failed(.idleTimeout)
        case .streaming:
            if order.taker?.isCongested ?? order.exchange.isCongested {
                return connection.setDeadline(seconds: pool.policy.limits.idleSeconds)
            }
            failed(.idleTimeout)
        case .tunnel: tunnelExpired()
        }
    }
}

extension PassageFailure {
    fileprivate var whileConnecting: PassageFailure {
        if case .transport(let code) = self { return .connect(code) }
        return self
    }
}
