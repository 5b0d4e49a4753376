import Glibc
import Synchronization

/// A server that does with each connection what the test says, on a thread of its own, and keeps what it was sent.
final class ScriptedServer: Sendable {
    typealias Script = @Sendable (RawConnection, Int) -> Void

    let port: UInt16
    let path: String
    private let listener: Int32
    private let accepted = Mutex<Int>(0)
    private let open = Mutex<Int>(0)
    private let heads = Mutex<[String]>([])
    private let thread = Mutex<pthread_t?>(nil)

    private final class Start: Sendable {
        let server: ScriptedServer
        let script: Script
        init(_ server: ScriptedServer, _ script: @escaping Script) { (self.server, self.script) = (server, script) }
    }

    /// - Parameters:
    ///   - unix: a socket's path; nil: a port of this machine.
    ///   - script: what to do with a connection, and the number of those that came before it. It is closed after that.
    init(unix: String? = nil, _ script: @escaping Script) {
        let listener = socket(unix == nil ? AF_INET : AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        path = unix ?? ""
        if let unix {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: unix.utf8) }
            Self.bind(listener, &address, MemoryLayout<sockaddr_un>.size)
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
            Self.bind(listener, &address, MemoryLayout<sockaddr_in>.size)
        }
        listen(listener, 128)
        var bound = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutableBytes(of: &bound) {
            getsockname(listener, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
        }
        port = unix == nil ? UInt16(bigEndian: bound.sin_port) : 0
        var identity = pthread_t()
        pthread_create(
            &identity, nil,
            { raw in
                let start = Unmanaged<Start>.fromOpaque(raw!).takeRetainedValue()
                start.server.run(start.script)
                return nil
            }, Unmanaged.passRetained(Start(self, script)).toOpaque())
        thread.withLock { $0 = identity }
    }

    private static func bind<Address>(_ listener: Int32, _ address: inout Address, _ size: Int) {
        let code = withUnsafeBytes(of: &address) {
            Glibc.bind(listener, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(size))
        }
        precondition(code == 0, "bound: \(errno)")
    }

    /// One connection after the other, each on a thread of its own, since a proxy keeps several.
    private func run(_ script: @escaping Script) {
        while true {
            let descriptor = accept(listener, nil, nil)
            if descriptor < 0 { return }
            let number = accepted.withLock { count in
                defer { count += 1 }
                return count
            }
            open.withLock { $0 += 1 }
            let job = Job(server: self, script: script, descriptor: descriptor, number: number)
            var identity = pthread_t()
            pthread_create(
                &identity, nil,
                { raw in
                    let job = Unmanaged<Job>.fromOpaque(raw!).takeRetainedValue()
                    job.script(RawConnection(job.descriptor), job.number)
                    job.server.open.withLock { $0 -= 1 }
                    return nil
                }, Unmanaged.passRetained(job).toOpaque())
            pthread_detach(identity)
        }
    }

    private final class Job: Sendable {
        let server: ScriptedServer
        let script: Script
        let descriptor: Int32
        let number: Int
        init(server: ScriptedServer, script: @escaping Script, descriptor: Int32, number: Int) {
            self.server = server
            self.script = script
            self.descriptor = descriptor
            self.number = number
        }
    }

    /// Connections that are not over.
    var openCount: Int { open.withLock { $0 } }
    var connectionCount: Int { accepted.withLock { $0 } }
    var seen: [String] { heads.withLock { $0 } }
    func note(_ head: String) { heads.withLock { $0.append(head) } }

    /// Accepts no more. Nothing happens where it had been ended.
    func end() {
        let running = thread.withLock { running in
            defer { running = nil }
            return running
        }
        guard let running else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        pthread_join(running, nil)
        close(listener)
        if !path.isEmpty { unlink(path) }
    }
}

extension ScriptedServer {
    /// Says this to a request, and nothing behind it.
    static func saying(_ text: String) -> ScriptedServer {
        ScriptedServer { connection, _ in
            guard connection.head() != nil else { return }
            connection.send(text)
            connection.finishSending()
            _ = connection.rest()
        }
    }

    /// Answers each request with its own head, over connections that persist.
    static func echoing(unix: String? = nil) -> ScriptedServer {
        let box = Mutex<ScriptedServer?>(nil)
        let server = ScriptedServer(unix: unix) { connection, _ in
            while let head = connection.head() {
                box.withLock { $0 }?.note(head)
                let length =
                    head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }
                    .flatMap { Int($0.dropFirst(16)) } ?? 0
                let body = connection.read(length)
                let answer = head.hasPrefix("HEAD") ? [] : Array(head.utf8) + body
                connection.send(Array("HTTP/1.1 200 OK\r\nContent-Length: \(head.utf8.count + length)\r\nDate: x\r\n\r\n".utf8) + answer)
            }
        }
        box.withLock { $0 = server }
        return server
    }
}
