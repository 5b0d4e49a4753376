import Glibc
import Sockets

/// Who is asked for names, and how long each is waited for.
package struct NameServers: Hashable, Sendable {
    package var addresses: [SocketAddress]
    package var patience = Duration.seconds(2)

    package init(_ addresses: [SocketAddress]) {
        self.addresses = addresses
    }

    /// Those of `resolv.conf(5)`: three at most, this machine where it names none. Its other lines are passed over.
    package init(resolvConf text: String) {
        var found: [SocketAddress] = []
        for line in text.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count >= 2, words[0] == "nameserver", let address = SocketAddress(host: String(words[1]), port: 53) else {
                continue
            }
            found.append(address)
        }
        self.init(found.isEmpty ? [SocketAddress(host: "127.0.0.1", port: 53)].compactMap { $0 } : Array(found.prefix(3)))
    }

    /// Asks one after the other until one can say. Blocks for as long as that takes.
    /// - Throws: what the last one did; `.refused(2)`, a server's failure, where none answered in time.
    package func ask(_ question: DNSMessage.Question) throws(DNSMessage.Fault) -> DNSMessage.Answer {
        var last = DNSMessage.Fault.refused(2)
        for address in addresses {
            do throws(DNSMessage.Fault) {
                return try ask(question, at: address)
            } catch {
                last = error
            }
        }
        throw last
    }

    private func ask(_ question: DNSMessage.Question, at address: SocketAddress) throws(DNSMessage.Fault) -> DNSMessage.Answer {
        // What is guessed must be guessed with the port, which the system chooses for each question (RFC 5452 §9.2).
        let id = UInt16.random(in: .min ... .max)
        guard let query = DNSMessage.query(question, id: id) else { throw .malformed }
        let answer = try exchange(query, question, id, address, overTCP: false)
        return answer.isTruncated ? try exchange(query, question, id, address, overTCP: true) : answer
    }

    private func exchange(
        _ query: [UInt8], _ question: DNSMessage.Question, _ id: UInt16, _ address: SocketAddress, overTCP: Bool
    ) throws(DNSMessage.Fault) -> DNSMessage.Answer {
        let line = NameServerLine(address, overTCP: overTCP, until: ContinuousClock.now.advanced(by: patience))
        guard let line, line.send(query) else { throw .refused(2) }
        while let message = line.receive() {
            do throws(DNSMessage.Fault) {
                return try DNSMessage.read(message, question: question, id: id)
            } catch {
                // Somebody else's answer is no answer: the right one may follow.
                if overTCP || (error != .foreign && error != .malformed) { throw error }
            }
        }
        throw .refused(2)
    }
}

/// A socket to a name server, with a moment when waiting ends.
private final class NameServerLine {
    private let descriptor: Int32
    private let isStream: Bool
    private let deadline: ContinuousClock.Instant

    init?(_ address: SocketAddress, overTCP: Bool, until deadline: ContinuousClock.Instant) {
        isStream = overTCP
        self.deadline = deadline
        let kind =
            Int32(overTCP ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        descriptor = socket(address.family, kind, 0)
        guard descriptor >= 0 else { return nil }
        // Connected, so that what comes from elsewhere is dropped by the system.
        let code = address.bytes.withUnsafeBytes { raw -> Int32 in
            guard let base = raw.baseAddress else { return -1 }
            return connect(descriptor, base.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
        }
        if code != 0, errno != EINPROGRESS { return nil }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// - Returns: whether it is so before the deadline.
    private func wait(for events: Int32) -> Bool {
        while true {
            let left = deadline - ContinuousClock.now
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            guard milliseconds > 0 else { return false }
            var one = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let count = poll(&one, 1, Int32(clamping: milliseconds))
            if count > 0 { return true }
            if count == 0 || errno != EINTR { return false }
        }
    }

    func send(_ query: [UInt8]) -> Bool {
        // Over TCP a length stands in front (RFC 1035 §4.2.2).
        let bytes = isStream ? [UInt8(query.count >> 8), UInt8(query.count & 0xff)] + query : query
        guard wait(for: POLLOUT) else { return false }
        return Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// The next message; nil when none comes in time.
    func receive() -> [UInt8]? {
        guard isStream else { return read(atMost: 65_535) }
        guard let head = read(exactly: 2) else { return nil }
        return read(exactly: Int(head[0]) << 8 | Int(head[1]))
    }

    private func read(atMost count: Int) -> [UInt8]? {
        guard wait(for: POLLIN) else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        let taken = recv(descriptor, &bytes, count, 0)
        return taken > 0 ? Array(bytes[..<taken]) : nil
    }

    private func read(exactly count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let more = read(atMost: count - bytes.count) else { return nil }
            bytes += more
        }
        return bytes
    }
}
