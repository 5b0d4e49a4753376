import Glibc
import Serving
import Synchronization

/// Writes access-log lines on a thread of its own, so that a slow disk or pipe never holds up a request. What does not fit in
/// its queue is dropped, and counted by who offered it.
package final class LogWriter: LogSink {
    private struct Queue {
        var chunks: [[UInt8]] = []
        var bytes = 0
        var isOver = false
    }

    /// Bytes that may wait.
    private static let capacity = 8 << 20
    private let queue = Mutex(Queue())
    private let filled: Semaphore
    private let descriptor: Int32

    /// - Parameter descriptor: where lines go; it stays open for as long as the process.
    package init(descriptor: Int32) {
        self.descriptor = descriptor
        filled = Semaphore()
    }

    /// A writer with its thread.
    package static func started(descriptor: Int32) -> LogWriter {
        let writer = LogWriter(descriptor: descriptor)
        var identity = pthread_t()
        let code = pthread_create(
            &identity, nil,
            { raw in
                if let raw { Unmanaged<LogWriter>.fromOpaque(raw).takeRetainedValue().run() }
                return nil
            }, Unmanaged.passRetained(writer).toOpaque())
        precondition(code == 0, "no thread for the access log: \(code)")
        pthread_detach(identity)
        return writer
    }

    package func accept(_ lines: [UInt8]) -> Bool {
        let accepted = queue.withLock { queue in
            guard queue.bytes + lines.count <= Self.capacity, !queue.isOver else { return false }
            queue.chunks.append(lines)
            queue.bytes += lines.count
            return true
        }
        if accepted { filled.signal() }
        return accepted
    }

    /// Writes until `finish`: call it on a thread of its own.
    package func run() {
        while true {
            filled.wait()
            let (chunks, isOver) = queue.withLock { queue in
                defer {
                    queue.chunks = []
                    queue.bytes = 0
                }
                return (queue.chunks, queue.isOver)
            }
            for chunk in chunks { write(chunk) }
            if isOver { return }
        }
    }

    package func finish() {
        queue.withLock { $0.isOver = true }
        filled.signal()
    }

    private func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { raw in
            var at = 0
            while at < raw.count {
                let written = Glibc.write(descriptor, raw.baseAddress.map { $0 + at }, raw.count - at)
                if written < 0, errno == EINTR { continue }
                // The reader has gone, or the disk is full: there is nobody to tell.
                if written <= 0 { return }
                at += written
            }
        }
    }
}

/// A counting semaphore of the C library.
// `sem_t` is made to be used from several threads; it is allocated once and freed with its owner: hence unchecked.
private final class Semaphore: @unchecked Sendable {
    private let handle: UnsafeMutablePointer<sem_t>

    init() {
        handle = .allocate(capacity: 1)
        sem_init(handle, 0, 0)
    }

    deinit {
        sem_destroy(handle)
        handle.deallocate()
    }

    func signal() { sem_post(handle) }
    func wait() { while sem_wait(handle) != 0 && errno == EINTR {} }
}
