import Glibc

/// Named places at which a process can be made to die or to meet an error, so that tests can prove what is left behind.
///
/// `TANDEM_FAULT=publish.manifest.renamed` kills the process there with `SIGKILL`; `TANDEM_FAULT=blobs.write:enospc` makes the
/// write fail as on a full disk. Compiled in always: what is tested is what is shipped, and a point costs a load and a branch.
package enum FaultPoint: String, CaseIterable, Sendable {
    case blobWrite = "blobs.write"
    case blobsWritten = "publish.blobs.written"
    case blobsSynced = "publish.blobs.synced"
    case blobsRenamed = "publish.blobs.renamed"
    case manifestWritten = "publish.manifest.written"
    case manifestRenamed = "publish.manifest.renamed"
    case releaseMade = "publish.release.made"
    case encodingsRecorded = "publish.encodings.recorded"
    case gcListed = "gc.listed"
    case gcUnlinked = "gc.unlinked"
    case generationLoading = "generation.loading"
    case generationReady = "generation.ready"

    private static let armed: (name: String, isFull: Bool)? = {
        guard let raw = getenv("TANDEM_FAULT") else { return nil }
        let text = String(cString: raw)
        let isFull = text.hasSuffix(":enospc")
        return (isFull ? String(text.dropLast(7)) : text, isFull)
    }()

    /// Dies here if this point is armed.
    package static func hit(_ point: FaultPoint) {
        if let armed, armed.name == point.rawValue, !armed.isFull { kill(getpid(), SIGKILL) }
    }

    /// Whether a write here is to fail as on a full disk.
    package static func isFull(_ point: FaultPoint) -> Bool {
        if let armed, armed.name == point.rawValue, armed.isFull { return true }
        return false
    }
}
