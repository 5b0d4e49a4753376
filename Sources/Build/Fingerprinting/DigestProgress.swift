import Synchronization

/// How far a digest is.
package struct DigestProgress: Hashable, Sendable {
    package enum Stage: String, Hashable, Sendable {
        case reading, writing, compressing
    }

    package var stage: Stage
    package var files: Int
    package var of: Int
    package var bytes: UInt64
    package var ofBytes: UInt64

    /// 0…1.
    package var fraction: Double { ofBytes == 0 ? 1 : min(Double(bytes) / Double(ofBytes), 1) }
}

/// Sums up one stage over the threads.
final class StageProgress: Sendable {
    private struct Done {
        var files = 0
        var bytes: UInt64 = 0
        var lastStep = -1
    }

    /// How often a stage is reported at most: ten thousand times would cost more than the work.
    private static let steps = 400

    private let done = Mutex(Done())
    private let stage: DigestProgress.Stage
    private let total: (files: Int, bytes: UInt64)
    private let report: @Sendable (DigestProgress) -> Void

    init(_ stage: DigestProgress.Stage, files: Int, bytes: UInt64, report: @escaping @Sendable (DigestProgress) -> Void) {
        self.stage = stage
        total = (files, bytes)
        self.report = report
    }

    func add(bytes: UInt64) {
        let now: Done? = done.withLock { done in
            done.files += 1
            done.bytes += bytes
            let step = done.files * Self.steps / max(total.files, 1) + Int(done.bytes * UInt64(Self.steps) / max(total.bytes, 1))
            if step == done.lastStep { return nil }
            done.lastStep = step
            return done
        }
        guard let now else { return }
        report(DigestProgress(stage: stage, files: now.files, of: total.files, bytes: now.bytes, ofBytes: total.bytes))
    }
}
