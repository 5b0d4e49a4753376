import AdminAPI
import Caching
import Proxying
import Serving
import Snapshots

/// Asks the serving code what a request would meet.
package enum Explainer {
    package static func answer(
        _ request: ExplainRequest, snapshot: Snapshot, cache: Explanation.Cache? = nil
    ) throws -> ExplainRequest.Answer {
        guard let head = request.head else { throw Problem.usage("a header is `Name: value` on one line, without control characters") }
        let explanation = Explanation(head: head, isSecure: request.isSecure ?? false, snapshot: snapshot, cache: cache)
        return ExplainRequest.Answer(
            status: Int(explanation.status),
            steps: explanation.steps.map { ExplainRequest.Step(subject: $0.subject, finding: $0.finding) }, fields: explanation.fields,
            proxy: explanation.passing.map(ExplainRequest.Proxy.init))
    }
}

extension ExplainRequest.Proxy {
    fileprivate init(_ passing: Explanation.Passing) {
        self.init(
            backend: passing.backend, servers: passing.servers, release: passing.release,
            cache: passing.cache.map(ExplainRequest.Cache.init))
    }
}

extension ExplainRequest.Cache {
    fileprivate init(_ forecast: CacheForecast) {
        self.init(
            key: forecast.key, state: forecast.state, age: forecast.entry?.age.components.seconds,
            remaining: forecast.entry?.remaining.components.seconds, tags: forecast.entry?.tags ?? forecast.tags,
            guarding: forecast.guarding.words)
    }
}
