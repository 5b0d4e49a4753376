import Synchronization

/// Indices of a list of work, handed to whichever core asks next.
final class WorkIndices: Sendable {
    private let next = Mutex(0)
    private let count: Int

    init(count: Int) {
        self.count = count
    }

    func take() -> Int? {
        next.withLock { index in
            guard index < count else { return nil }
            defer { index += 1 }
            return index
        }
    }
}

/// How much of a publish's stage is done, summed over cores.
final class WorkDone: Sendable {
    private let done = Mutex((files: 0, bytes: UInt64(0)))
    private let stage: PublishProgress.Stage
    private let total: (files: Int, bytes: UInt64)
    private let report: @Sendable (PublishProgress) -> Void

    init(_ stage: PublishProgress.Stage, of total: (files: Int, bytes: UInt64), report: @escaping @Sendable (PublishProgress) -> Void) {
        self.stage = stage
        self.total = total
        self.report = report
    }

    func add(bytes: UInt64) {
        let now = done.withLock { done in
            done.files += 1
            done.bytes += bytes
            return done
        }
        report(PublishProgress(stage: stage, files: now.files, of: total.files, bytes: now.bytes, ofBytes: total.bytes))
    }
}
