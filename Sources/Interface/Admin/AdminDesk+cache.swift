import AdminAPI
import Model
import State

/// What the desk asks of the proxy cache.
package struct CacheClerk: Sendable {
    package var report: @Sendable () -> ReportCache.Answer
    package var inspect: @Sendable (InspectCache) -> InspectCache.Answer
    package var purge: @Sendable (PurgeCache) throws -> Void

    package init(
        report: @escaping @Sendable () -> ReportCache.Answer, inspect: @escaping @Sendable (InspectCache) -> InspectCache.Answer,
        purge: @escaping @Sendable (PurgeCache) throws -> Void
    ) {
        self.report = report
        self.inspect = inspect
        self.purge = purge
    }
}

extension AdminDesk {
    func cacheClerk() throws -> CacheClerk {
        guard let clerk = surroundings.cache else {
            throw Problem.refused("nothing is kept: no running server here has a proxy route with cache: on")
        }
        return clerk
    }
}

extension AdminDesk {
    /// Where servers belong to releases, each release's answers are kept for themselves.
    func inspect(_ operation: InspectCache) throws -> InspectCache.Answer {
        let clerk = try cacheClerk()
        var answer = clerk.inspect(operation)
        if operation.release != nil { return answer }
        let bound = try database.sites().flatMap { try database.releases($0) }.filter { $0.backends?.isEmpty == false || $0.state.isLive }
        answer.releases = Set(bound.map(\.id)).sorted().filter { id in
            let found = clerk.inspect(InspectCache(url: operation.url, headers: operation.headers, release: id))
            return found.entry != nil || found.hasVariants
        }
        return answer
    }
}

extension AdminDesk {
    /// Where servers belong to releases, what those of a release have said is kept under its id: nobody asks for it any more.
    func forgetAnswers(of release: ReleaseID, _ site: SiteName) async throws {
        guard let forget = surroundings.forget, try database.releases(site).contains(where: { $0.backends?.isEmpty == false }) else {
            return
        }
        do {
            try await forget(release)
        } catch {
            throw Problem.failed("release \(release) is revoked; what is kept of its servers may lie in data/cache for some time: \(error)")
        }
    }
}

extension ReportCache: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> Answer { try await desk.cacheClerk().report() }
}

extension InspectCache: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> Answer { try await desk.inspect(self) }
}

extension PurgeCache: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> Answer {
        if urls.isEmpty, tags.isEmpty, site == nil, releases?.isEmpty != false {
            throw Problem.usage("say what: --url, --tag, --site or --release")
        }
        do {
            try await desk.cacheClerk().purge(self)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem.failed("\(error)")
        }
        return Answer()
    }
}
