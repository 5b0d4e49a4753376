import CTandem
import Glibc
import Sockets
import Synchronization

/// The only way into an event loop from another thread: work is put in, the loop wakes and does it.
package final class LoopMailbox: Sendable {
    package typealias Work = @Sendable (LoopContext) -> Void

    private let waiting = Mutex<[Work]>([])
    /// An `eventfd` in the loop's epoll set; open for as long as the mailbox is.
    let descriptor: Int32

    init() throws(EngineError) {
        descriptor = tandem_eventfd()
        if descriptor < 0 { throw EngineError.system("eventfd", errno) }
    }

    deinit {
        close(descriptor)
    }

    /// Runs `work` on the loop, soon.
    package func post(_ work: @escaping Work) {
        let wasEmpty = waiting.withLock { list in
            list.append(work)
            return list.count == 1
        }
        if !wasEmpty { return }
        var one: UInt64 = 1
        write(descriptor, &one, 8)
    }

    func takeAll() -> [Work] {
        var count: UInt64 = 0
        read(descriptor, &count, 8)
        return waiting.withLock { list in
            let all = list
            list.removeAll()
            return all
        }
    }
}

package enum EngineError: Error, Hashable, Sendable, CustomStringConvertible {
    case system(String, Int32)
    case socket(SocketFault)

    package var description: String {
        switch self {
        case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
        case .socket(let fault): fault.description
        }
    }
}
