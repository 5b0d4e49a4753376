import AdminAPI

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

extension ReportCache: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> Answer { try await desk.cacheClerk().report() }
}

extension InspectCache: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> Answer { try await desk.cacheClerk().inspect(self) }
}

extension PurgeCache: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> Answer {
        if urls.isEmpty, tags.isEmpty, site == nil { throw Problem.usage("say what: --url, --tag or --site") }
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
