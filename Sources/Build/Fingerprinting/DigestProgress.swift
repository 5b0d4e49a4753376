import Synchronization

/// How far a digest is.
package struct DigestProgress: Hashable, Sendable {
    package enum Stage: String, Hashable, Sendable {
        case reading, writing, compressing
    }

    package var stage: Stage
    package var files: Int
    package var of: Int
    package var bytes: Int64
    package var ofBytes: Int64

    /// 0…1.
    package var fraction: Double { ofBytes == 0 ? 1 : min(Double(bytes) / Double(ofBytes), 1) }
}

/// Sums up one stage over the threads.
final class StageProgress: Sendable {
    private let done = Mutex((files: 0, bytes: Int64(0)))
    private let stage: DigestProgress.Stage
    private let total: (files: Int, bytes: Int64)
    private let report: @Sendable (DigestProgress) -> Void

    init(_ stage: DigestProgress.Stage, files: Int, bytes: Int64, report: @escaping @Sendable (DigestProgress) -> Void) {
        self.stage = stage
        total = (files, bytes)
        self.report = report
    }

    func add(bytes: Int64) {
        let now = done.withLock { done in
            done.files += 1
            done.bytes += bytes
            return done
        }
        report(DigestProgress(stage: stage, files: now.files, of: total.files, bytes: now.bytes, ofBytes: total.bytes))
    }
}
