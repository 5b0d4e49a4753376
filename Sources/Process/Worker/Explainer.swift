import AdminAPI
import Serving
import Snapshots

/// Asks the serving code what a request would meet.
package enum Explainer {
    package static func answer(_ request: ExplainRequest, snapshot: Snapshot) throws -> ExplainRequest.Answer {
        guard let head = request.head else { throw Problem.usage("a header is `Name: value` on one line, without control characters") }
        let explanation = Explanation(head: head, isSecure: request.isSecure ?? false, snapshot: snapshot)
        return ExplainRequest.Answer(
            status: Int(explanation.status),
            steps: explanation.steps.map { ExplainRequest.Step(subject: $0.subject, finding: $0.finding) }, fields: explanation.fields)
    }
}
