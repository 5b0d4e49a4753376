import AdminAPI
import Blobs
import Model
import Releases
import Rollouts
import State

/// Performs what the admin API offers: the one place where an operator's wish meets the control plane. The running server
/// has one behind its socket; a command without a server makes one over the locked data folder.
///
/// Every act that changes content is a row first; then `follow` hands the data plane a snapshot of it and waits until every
/// loop serves from it. So a command that has ended has taken effect.
package actor AdminDesk {
    /// What the desk asks of the process it stands in.
    package struct Surroundings: Sendable {
        package var now: @Sendable () -> Timestamp
        /// Makes the data plane follow the state, and returns when it does.
        package var follow: @Sendable () async -> Void
        package var explain: @Sendable (ExplainRequest) async throws -> ExplainRequest.Answer
        package var status: @Sendable ([RolloutReport]) async -> StatusReport
        package var stop: @Sendable () async throws -> StopReport
        /// Nil where nothing is kept.
        package var cache: CacheClerk?
        /// Lets go of what is kept of a release's servers; nil where nothing is kept.
        package var forget: (@Sendable (ReleaseID) async throws -> Void)?
        /// Asks the servers that a release brings whether they are well; nil where nobody serves.
        package var inspect: (@Sendable (ReleaseRecord, _ isReturn: Bool) async -> [ServerTrouble])?
        /// Nil where nobody serves.
        package var measure: (@Sendable () -> NodeMeasures)?

        package init(
            now: @escaping @Sendable () -> Timestamp, follow: @escaping @Sendable () async -> Void,
            explain: @escaping @Sendable (ExplainRequest) async throws -> ExplainRequest.Answer,
            status: @escaping @Sendable ([RolloutReport]) async -> StatusReport,
            stop: @escaping @Sendable () async throws -> StopReport, cache: CacheClerk? = nil,
            forget: (@Sendable (ReleaseID) async throws -> Void)? = nil,
            inspect: (@Sendable (ReleaseRecord, _ isReturn: Bool) async -> [ServerTrouble])? = nil,
            measure: (@Sendable () -> NodeMeasures)? = nil
        ) {
            self.forget = forget
            self.measure = measure
            self.inspect = inspect
            self.now = now
            self.follow = follow
            self.explain = explain
            self.status = status
            self.stop = stop
            self.cache = cache
        }
    }

    let store: ReleaseStore
    let controller: RolloutController
    /// When a command last added encodings of a release: until it falls silent nobody else makes them.
    var encodingsAdded: [ReleaseID: Timestamp] = [:]
    let surroundings: Surroundings
    /// Beside the desk, which is free for others meanwhile.
    package nonisolated let collection: Collection
    var database: StateDatabase { controller.database }

    package init(store: ReleaseStore, controller: RolloutController, surroundings: Surroundings) {
        self.store = store
        collection = Collection(store: store)
        self.controller = controller
        self.surroundings = surroundings
    }

    package nonisolated var directory: DataDirectory { store.directory }

    var now: Timestamp { surroundings.now() }

    package func encodingsAddedAt(_ id: ReleaseID) -> Timestamp? { encodingsAdded[id] }

    func follow() async { await surroundings.follow() }

    /// The release an operator means by an abbreviated id or a label.
    func find(_ site: SiteName, _ reference: String) throws -> ReleaseRecord {
        do throws(StateError) {
            return try database.find(site, reference)
        } catch {
            throw Problem(error)
        }
    }

    func report(_ site: SiteName, changed: Bool = false) throws -> RolloutReport {
        let status = try controller.status(site, now: now)
        let drains = status.drains.map { drain in
            RolloutReport.Drain(
                release: drain.release, lastNeededAt: drain.lastNeededAt, requestsPerMinute: drain.requestsPerMinute,
                clients: drain.clients, names: drain.names, sentence: drain.sentence)
        }
        return RolloutReport(
            site: site, current: status.current, rollout: try database.rollouts(site).max { $0.number < $1.number }, draining: drains,
            sentences: status.sentences, changed: changed)
    }

    func describe(_ record: ReleaseRecord) throws -> ReleaseReport {
        let needed = try database.need(record.site).first { $0.release == record.id }
        return ReleaseReport(record: record, lastNeededAt: needed?.lastAt, names: store.nameCounts(of: record.id))
    }

    /// Runs a rollout operation and follows it.
    func move(_ site: SiteName, _ act: () throws -> RolloutAnswer) async throws -> RolloutReport {
        let answer: RolloutAnswer
        do {
            answer = try act()
        } catch let refusal as RolloutRefusal {
            throw Problem.refused(refusal.description)
        } catch let error as StateError {
            throw Problem(error)
        }
        if answer.changed { await follow() }
        return try report(site, changed: answer.changed)
    }
}

extension Problem {
    /// A fault of the state, with the status and exit code it has for whoever asked.
    package init(_ error: StateError) {
        switch error {
        case .labelTaken, .revoked, .illegalTransition, .refused, .leaseHeld, .leaseLost: self = .refused(error.description)
        case .labelMalformed, .ambiguous, .referenceTooShort: self = .usage(error.description)
        case .notFound, .unknownSite: self = .notFound("\(error.description)\nSee `tandem release list`.")
        default: self = .failed(error.description)
        }
    }
}
