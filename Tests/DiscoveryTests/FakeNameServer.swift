import Glibc
import Synchronization

@testable import Discovery

/// A name server of this machine for one test: answers as the test says, over UDP and TCP, on threads of its own.
final class FakeNameServer: Sendable {
    typealias Script = @Sendable (DNSMessage.Question, _ overTCP: Bool) -> Reply?

    struct Reply: Sendable {
        var records: [[UInt8]] = []
        var more: [[UInt8]] = []
        var isTruncated = false
        var code: UInt8 = 0
        /// Sent in front, as somebody else would.
        var forged = false
    }

    let port: UInt16
    private let datagrams: Int32
    private let listener: Int32
    private let threads = Mutex<[pthread_t]>([])
    private let asked = Mutex<[DNSMessage.Question]>([])

    var questions: [DNSMessage.Question] { asked.withLock { $0 } }

    init(_ script: @escaping Script) {
        var port: UInt16 = 0
        var (datagrams, listener) = (Int32(-1), Int32(-1))
        // The same port twice: another may have the second of them.
        for _ in 0..<20 {
            datagrams = Self.bound(Int32(SOCK_DGRAM.rawValue), 0)
            port = Self.port(datagrams)
            listener = Self.bound(Int32(SOCK_STREAM.rawValue), port)
            if listener >= 0 { break }
            close(datagrams)
        }
        listen(listener, 16)
        (self.port, self.datagrams, self.listener) = (port, datagrams, listener)
        start { [self] in serveDatagrams(script) }
        start { [self] in serveStreams(script) }
    }

    private final class Job: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private func start(_ run: @escaping @Sendable () -> Void) {
        var identity = pthread_t()
        pthread_create(
            &identity, nil,
            {
                Unmanaged<Job>.fromOpaque($0!).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(Job(run)).toOpaque())
        threads.withLock { $0.append(identity) }
    }

    private static func bound(_ kind: Int32, _ port: UInt16) -> Int32 {
        let descriptor = socket(AF_INET, kind | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let code = withUnsafeBytes(of: &address) {
            bind(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        if code == 0 { return descriptor }
        close(descriptor)
        return -1
    }

    private static func port(_ descriptor: Int32) -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutableBytes(of: &address) {
            getsockname(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
        }
        return UInt16(bigEndian: address.sin_port)
    }

    private func serveDatagrams(_ script: Script) {
        var block = [UInt8](repeating: 0, count: 2048)
        while true {
            var from = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let count = withUnsafeMutableBytes(of: &from) {
                recvfrom(datagrams, &block, block.count, 0, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
            }
            // Whoever ends it sends nothing.
            if count <= 0 { return }
            for message in answers(Array(block[..<count]), script, overTCP: false) {
                _ = withUnsafeBytes(of: &from) {
                    sendto(datagrams, message, message.count, 0, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), length)
                }
            }
        }
    }

    private func serveStreams(_ script: Script) {
        while true {
            let line = accept(listener, nil, nil)
            if line < 0 { return }
            var block = [UInt8](repeating: 0, count: 2048)
            let count = recv(line, &block, block.count, 0)
            if count > 2 {
                for message in answers(Array(block[2..<count]), script, overTCP: true) {
                    let bytes = [UInt8(message.count >> 8), UInt8(message.count & 0xff)] + message
                    // In pieces, as it may come.
                    send(line, bytes, 3, Int32(MSG_NOSIGNAL))
                    bytes[3...].withUnsafeBytes { _ = send(line, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                }
            }
            close(line)
        }
    }

    private func answers(_ query: [UInt8], _ script: Script, overTCP: Bool) -> [[UInt8]] {
        guard let question = Self.question(query) else { return [] }
        asked.withLock { $0.append(question) }
        guard let reply = script(question, overTCP) else { return [] }
        let right = Self.message(query, reply)
        guard reply.forged else { return [right] }
        var wrong = right
        wrong[0] ^= 0xff
        return [wrong, [1, 2, 3], right]
    }

    private static func question(_ query: [UInt8]) -> DNSMessage.Question? {
        var (labels, at) = ([String](), 12)
        while at < query.count, query[at] > 0 {
            labels.append(String(decoding: query[(at + 1)...(at + Int(query[at]))], as: UTF8.self))
            at += 1 + Int(query[at])
        }
        guard at + 4 < query.count, let kind = DNSMessage.Kind(rawValue: UInt16(query[at + 2])) else { return nil }
        return DNSMessage.Question(labels.joined(separator: "."), kind)
    }

    static func message(_ query: [UInt8], _ reply: Reply) -> [UInt8] {
        var bytes = Array(query[..<2])
        bytes += [
            reply.isTruncated ? 0x83 : 0x81, 0x80 | reply.code, 0, 1, 0, UInt8(reply.records.count), 0, 0, 0, UInt8(reply.more.count),
        ]
        return bytes + query[12...] + reply.records.joined() + reply.more.joined()
    }

    func end() {
        shutdown(datagrams, Int32(SHUT_RDWR))
        shutdown(listener, Int32(SHUT_RDWR))
        // A datagram of nothing wakes who waits for one.
        let last = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        _ = withUnsafeBytes(of: &address) {
            sendto(last, "", 0, 0, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        for thread in threads.withLock({ $0 }) { pthread_join(thread, nil) }
        close(last)
        close(datagrams)
        close(listener)
    }
}

/// Records in wire form.
enum Wire {
    static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    static func record(_ owner: String, _ kind: DNSMessage.Kind, seconds: UInt8 = 60, _ data: [UInt8]) -> [UInt8] {
        name(owner) + [0, UInt8(kind.rawValue), 0, 1, 0, 0, 0, seconds, UInt8(data.count >> 8), UInt8(data.count & 0xff)] + data
    }

    static func service(_ owner: String, _ priority: UInt8, _ weight: UInt8, _ port: UInt16, _ target: String, seconds: UInt8 = 60)
        -> [UInt8]
    {
        record(
            owner, .service, seconds: seconds, [0, priority, 0, weight, UInt8(port >> 8), UInt8(port & 0xff)] + name(target))
    }
}
