import AdminAPI
import Model
import Rollouts
import State

/// A server of a release that is not well.
package struct ServerTrouble: Hashable, Sendable {
    package let backend: String
    package let server: String
    /// What is said of it: "cannot be reached: Connection refused".
    package let reason: String

    package init(backend: String, server: String, reason: String) {
        (self.backend, self.server, self.reason) = (backend, server, reason)
    }
}

// A release whose servers are not there is an outage for everybody who is sent to it. So they are asked before the row is written that
// sends anybody: by whoever owns the state, with the backends of the configuration that serves.
extension AdminDesk {
    /// - Parameters:
    ///   - isReturn: to a release that was live. It must not be made harder than it has to be: one good server of a backend is enough.
    ///   - act: what does not happen where they are not well.
    func expectWell(_ record: ReleaseRecord, isReturn: Bool = false, or act: String) async throws {
        guard let inspect = surroundings.inspect, record.backends?.isEmpty == false else { return }
        let troubles = await inspect(record, isReturn)
        guard !troubles.isEmpty else { return }
        let shown = troubles.prefix(5).map { "server \($0.server) of backend \($0.backend) \($0.reason)" }
        let more = troubles.count > shown.count ? ["and \(troubles.count - shown.count) more"] : []
        throw Problem.refused(
            (["release \(record.id.short) \(act):"] + shown + more).joined(separator: "\n")
                + "\nStart what is missing, or publish the same again with other servers (--backend NAME=URL).")
    }

    /// The servers that a live release is to have from now on, where these are others.
    func expectWell(_ operation: CommitRelease) async throws {
        guard let backends = operation.backends else { return }
        let known = try database.releases(operation.site).first { $0.id == operation.release }
        guard var record = known, record.state.isLive, record.backends != backends else { return }
        record.backends = backends
        try await expectWell(record, or: "keeps its servers")
    }

    /// The release that a rollback leads to, where it is not one that is being served beside the current one.
    func target(of operation: RollBack) throws -> ReleaseRecord? {
        if let reference = operation.release { return try find(operation.site, reference) }
        return try controller.returnTarget(operation.site)
    }
}
