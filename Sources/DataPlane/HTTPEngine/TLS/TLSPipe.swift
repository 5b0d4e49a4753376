internal import CNIOBoringSSL
import Glibc

/// Where BoringSSL reads encrypted bytes from and writes them to: blocks that all connections of a loop share, since one of them at
/// a time is at work. So an idle connection holds none. State belongs to one event loop.
final class TLSPipe {
    /// What the functions of the BIO see of it.
    private struct Ends {
        var input: UnsafePointer<UInt8>?
        var inputCount = 0
        let output: UnsafeMutablePointer<UInt8>
        var outputCount = 0
    }

    /// Plain bytes that are encrypted and sent at once: four records, so that a large file costs a fourth of the calls.
    static let batch = 64 * 1024
    /// A batch with its framing, or the flight of a handshake with a long chain.
    private static let capacity = 2 * batch
    /// The most plain bytes that a record has (RFC 8446 §5.1).
    private static let record = 16 * 1024

    private let ends: UnsafeMutablePointer<Ends>
    let bio: OpaquePointer
    /// For one record's plain bytes.
    let plain = UnsafeMutableRawBufferPointer.allocate(byteCount: record, alignment: 64)
    /// For plain bytes that do not stand together.
    let gathered = UnsafeMutableRawBufferPointer.allocate(byteCount: batch, alignment: 64)

    init() {
        ends = .allocate(capacity: 1)
        ends.initialize(to: Ends(output: .allocate(capacity: Self.capacity)))
        guard let made = BIO_new(Self.method) else { fatalError("out of memory") }
        bio = made
        BIO_set_data(made, ends)
        BIO_set_init(made, 1)
    }

    deinit {
        BIO_free(bio)
        ends.pointee.output.deallocate()
        ends.deallocate()
        plain.deallocate()
        gathered.deallocate()
    }

    /// Gives what has come to the connection that reads next.
    func setInput(_ bytes: UnsafeRawBufferPointer) {
        ends.pointee.input = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        ends.pointee.inputCount = bytes.count
    }

    /// Forgets what was not read.
    func dropInput() { ends.pointee.inputCount = 0 }

    /// Does something for a connection that has no input, in the middle of what another one reads.
    func apart<Result>(_ body: () -> Result) -> Result {
        let (input, count) = (ends.pointee.input, ends.pointee.inputCount)
        ends.pointee.inputCount = 0
        defer {
            ends.pointee.input = input
            ends.pointee.inputCount = count
        }
        return body()
    }

    /// What was encrypted since the last call; valid until something else is.
    func takeOutput() -> UnsafeRawBufferPointer {
        defer { ends.pointee.outputCount = 0 }
        return UnsafeRawBufferPointer(start: ends.pointee.output, count: ends.pointee.outputCount)
    }

    // Made once and only read.
    private nonisolated(unsafe) static let method: OpaquePointer = {
        guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tandem") else { fatalError("out of memory") }
        BIO_meth_set_read(method) { bio, target, count in
            guard let ends = BIO_get_data(bio)?.assumingMemoryBound(to: Ends.self), let target else { return -1 }
            BIO_clear_retry_flags(bio)
            let taken = min(ends.pointee.inputCount, Int(count))
            guard taken > 0, let input = ends.pointee.input else {
                BIO_set_retry_read(bio)
                return -1
            }
            memcpy(target, input, taken)
            ends.pointee.input = input + taken
            ends.pointee.inputCount -= taken
            return Int32(taken)
        }
        BIO_meth_set_write(method) { bio, source, count in
            guard let ends = BIO_get_data(bio)?.assumingMemoryBound(to: Ends.self), let source else { return -1 }
            BIO_clear_retry_flags(bio)
            let taken = min(TLSPipe.capacity - ends.pointee.outputCount, Int(count))
            if taken == 0 {
                BIO_set_retry_write(bio)
                return -1
            }
            memcpy(ends.pointee.output + ends.pointee.outputCount, source, taken)
            ends.pointee.outputCount += taken
            return Int32(taken)
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return method
    }()
}
