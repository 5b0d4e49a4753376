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
        /// Whoever asked for the file to be opened anew, and is told what came of it.
        var reopening: (@Sendable (_ fault: String?) -> Void)?
    }

    /// Bytes that may wait.
    private static let capacity = 8 << 20
    private let queue = Mutex(Queue())
    private let filled = Semaphore()
    private let over = Semaphore()
    private let path: String?
    /// Where lines go; changed by the writer's thread alone.
    private let descriptor: Atomic<Int32>

    /// - Parameters:
    ///   - descriptor: where lines go; it stays open for as long as the process, or until `reopen`.
    ///   - path: the file it was opened from, to be opened again after a rotation.
    package init(descriptor: Int32, path: String? = nil) {
        self.descriptor = Atomic(descriptor)
        self.path = path
    }

    /// Whether it writes a file that can be rotated.
    package var isFile: Bool { path != nil }

    /// A writer of a file, with its thread.
    /// - Throws: `AccessLogFault` when it cannot be opened for appending.
    package static func started(path: String) throws(AccessLogFault) -> LogWriter {
        started(descriptor: try open(path), path: path)
    }

    /// A writer with its thread.
    package static func started(descriptor: Int32, path: String? = nil) -> LogWriter {
        let writer = LogWriter(descriptor: descriptor, path: path)
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
            let (chunks, isOver, reopening) = queue.withLock { queue in
                defer {
                    queue.chunks = []
                    queue.bytes = 0
                    queue.reopening = nil
                }
                return (queue.chunks, queue.isOver, queue.reopening)
            }
            // What was said before the file was moved belongs to the old one.
            for chunk in chunks { write(chunk) }
            if let reopening { reopening(openAnew()) }
            if isOver { return over.signal() }
        }
    }

    /// Opens the file anew, for a rotation that has moved it away.
    /// - Parameter told: called on the writer's thread with what went wrong, if anything; then the old file is still written.
    package func reopen(_ told: @escaping @Sendable (_ fault: String?) -> Void) {
        queue.withLock { $0.reopening = told }
        filled.signal()
    }

    /// Writes what was accepted and ends the thread. Waits for at most a second: a pipe that nobody reads must not keep a node.
    package func finish() {
        queue.withLock { $0.isOver = true }
        filled.signal()
        over.wait(seconds: 1)
    }

    private func openAnew() -> String? {
        guard let path else { return nil }
        do throws(AccessLogFault) {
            close(descriptor.exchange(try Self.open(path), ordering: .relaxed))
            return nil
        } catch {
            return error.description
        }
    }

    private static func open(_ path: String) throws(AccessLogFault) -> Int32 {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        if descriptor < 0 { throw AccessLogFault(path: path, code: errno) }
        return descriptor
    }

    private func write(_ bytes: [UInt8]) {
        let descriptor = descriptor.load(ordering: .relaxed)
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

    func wait(seconds: Int) {
        var until = timespec()
        clock_gettime(CLOCK_REALTIME, &until)
        until.tv_sec += seconds
        while sem_timedwait(handle, &until) != 0 && errno == EINTR {}
    }
}

/// Why the access log cannot be written.
package struct AccessLogFault: Error, Hashable, Sendable, CustomStringConvertible {
    package var path: String
    package var code: Int32

    package var description: String { "cannot write the access log \(path): \(String(cString: strerror(code)))" }
}
