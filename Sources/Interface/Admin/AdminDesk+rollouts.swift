import AdminAPI
import Model
import Releases
import Rollouts
import State

extension ActivateRelease: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> RolloutReport { try await desk.activate(self) }
}

extension RollBack: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> RolloutReport { try await desk.rollBack(self) }
}

extension ActOnRelease: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> Done { try await desk.act(self) }
}

extension ActOnRollout: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> RolloutReport { try await desk.act(self) }
}

extension RolloutStatus: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> RolloutReport { try await desk.report(of: site) }
}

extension ListEvents: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> [Event] { try await desk.events(self) }
}

extension NodeStatus: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> StatusReport { try await desk.status() }
}

extension StopNode: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> StopReport { try await desk.surroundings.stop() }
}

extension ExplainRequest: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> Answer { try await desk.surroundings.explain(self) }
}

extension AdminDesk {
    func activate(_ operation: ActivateRelease) async throws -> RolloutReport {
        let release = try find(operation.site, operation.release)
        if !release.state.isLive { try await expectWell(release, or: "is not activated") }
        return try await move(operation.site) {
            try controller.activate(operation.site, release.id, from: operation.canary, now: now)
        }
    }

    func rollBack(_ operation: RollBack) async throws -> RolloutReport {
        let release = try operation.release.map { try find(operation.site, $0) }
        if let target = try target(of: operation) { try await expectWell(target, isReturn: true, or: "is not returned to") }
        return try await move(operation.site) { try controller.rollback(operation.site, to: release?.id, now: now) }
    }

    func act(_ operation: ActOnRelease) async throws -> Done {
        let release = try find(operation.site, operation.release)
        let site = operation.site
        switch operation.act {
        case .retire:
            _ = try await move(site) { try controller.retire(site, release.id, now: now) }
            return Done("release \(release.id) is kept: its names go on answering, its documents no longer do")
        case .revoke:
            _ = try await move(site) { try controller.revoke(site, release.id, now: now) }
            await collection.removed(now: now)
            try await forgetAnswers(of: release.id, site)
            return Done("release \(release.id) is revoked: names that no other release has answer 410")
        case .protect, .unprotect:
            let isProtected = operation.act == .protect
            let event = Event(
                at: now, site: site, release: release.id, kind: isProtected ? "protected" : "unprotected", actor: "operator",
                reason: "asked for")
            do throws(StateError) {
                try database.setProtected(site, release.id, isProtected, event: event)
            } catch {
                throw Problem(error)
            }
            return Done("release \(release.id) is \(isProtected ? "protected: retention never removes it" : "no longer protected")")
        }
    }

    func act(_ operation: ActOnRollout) async throws -> RolloutReport {
        let site = operation.site
        return try await move(site) {
            switch operation.act {
            case .advance: try controller.advance(site, now: now)
            case .hold: try controller.hold(site, now: now)
            case .resume: try controller.resume(site, now: now)
            case .abort: try controller.abort(site, now: now)
            }
        }
    }

    func report(of site: SiteName) throws -> RolloutReport { try report(site) }

    func events(_ operation: ListEvents) throws -> [Event] {
        try database.events(operation.site, since: operation.after, limit: 200)
    }

    func status() async throws -> StatusReport {
        await surroundings.status(try database.sites().map { try report($0) })
    }
}
