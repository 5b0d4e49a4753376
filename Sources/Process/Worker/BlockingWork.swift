import Glibc

/// Work that blocks, on a thread of its own: the threads of the control plane are few, and each waits for none.
enum BlockingWork {
    private final class Job: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    static func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { done in
            let job = Job { done.resume(returning: work()) }
            var identity = pthread_t()
            let code = pthread_create(
                &identity, nil,
                { raw in
                    guard let raw else { return nil }
                    Unmanaged<Job>.fromOpaque(raw).takeRetainedValue().run()
                    return nil
                }, Unmanaged.passRetained(job).toOpaque())
            if code == 0 {
                pthread_detach(identity)
            } else {
                // Without a thread it is done here, late rather than never.
                job.run()
            }
        }
    }
}
