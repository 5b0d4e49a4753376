import HTTPEngine
import Snapshots

/// Asks servers of a backend once each, all at the same time, and says what was found. State belongs to one event loop.
package final class HealthRound {
    private var running: [HealthCheck] = []
    private var findings: [HealthFinding]
    private var left: Int
    private let done: ([HealthFinding]) -> Void

    /// - Parameter done: called once, on the loop, with a finding for each server; within the limits of the backend.
    package static func ask(
        _ servers: [UpstreamServer], of backend: BackendPolicy, on loop: LoopContext, done: @escaping ([HealthFinding]) -> Void
    ) {
        let round = HealthRound(servers.count, done)
        for (index, server) in servers.enumerated() {
            // The round lives as long as one of its checks does.
            let check = HealthCheck(server, of: backend, loop: loop) { check, finding in round.ended(check, index, finding) }
            round.running.append(check)
        }
        for check in round.running { check.begin() }
    }

    private init(_ count: Int, _ done: @escaping ([HealthFinding]) -> Void) {
        findings = Array(repeating: .silent, count: count)
        left = count
        self.done = done
    }

    private func ended(_ check: HealthCheck, _ index: Int, _ finding: HealthFinding) {
        findings[index] = finding
        running.removeAll { $0 === check }
        left -= 1
        if left == 0 { done(findings) }
    }
}
