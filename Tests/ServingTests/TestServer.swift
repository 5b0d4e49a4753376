import Dispatch
import Glibc
import HTTPEngine
import Model
import Snapshots
import Sockets
import Synchronization
import Testing

@testable import Serving

/// A site server on an event loop of its own, over a real socket. Stop it at the end of the test.
final class TestServer: Sendable {
    let counters = CounterBox()
    private let socket: ListeningSocket
    private let thread: EngineThread

    init(_ snapshot: Snapshot, options: SiteServer.Options = SiteServer.Options(), bucket: Int = 9999) throws {
        let counters = counters
        socket = try ListeningSocket.open("127.0.0.1:0")
        thread = try EngineThread(entrances: [Entrance(socket)]) { loop in
            SiteServer(loop: loop, snapshot: snapshot, counters: counters, options: options, randomBucket: { bucket })
        } failure: { error in
            Issue.record("the loop did not begin: \(error)")
        }
    }

    func stop() {
        thread.stop(grace: .zero)
        thread.join()
        close(socket.descriptor)
    }

    var port: UInt16 { UInt16(socket.address.split(separator: ":").last ?? "") ?? 0 }

    /// Runs `body` on the loop and waits for its result.
    func onLoop<Result: Sendable>(_ body: @escaping @Sendable (LoopContext, SiteServer) -> Result) -> Result {
        let result = Mutex<Result?>(nil)
        let box = ResultBox(result: result)
        let done = DispatchSemaphore(value: 0)
        thread.mailbox.post { loop in
            let value = body(loop, loop.handler as! SiteServer)
            box.result.withLock { $0 = value }
            done.signal()
        }
        done.wait()
        return box.result.withLock { $0! }
    }

    /// Serves from the snapshot when it returns.
    func follow(_ snapshot: Snapshot) { onLoop { _, server in server.follow(snapshot) } }

    /// Returns when the loop has begun so many requests.
    func waitForRequests(_ count: UInt64) {
        while onLoop({ loop, _ in loop.requestCount }) < count { sched_yield() }
    }

    /// Everything counted since it was taken last: the loop hands some of it over by itself once a second.
    func takeTally() -> CounterBatch {
        var batch = onLoop { loop, server in server.tally.take(loop, droppedLogLines: 0) }
        let own = batch.releases
        batch.releases = []
        for handed in counters.takeAll() {
            batch.requests += handed.requests
            batch.missing = handed.missing + batch.missing
            batch.missingCount += handed.missingCount
            batch.damaged = handed.damaged + batch.damaged
            batch.add(handed.releases)
        }
        batch.add(own)
        return batch
    }

    func get(_ target: String, _ fields: [String] = [], method: String = "GET", host: String = "shop.example.com") throws -> Received {
        let client = try TestClient(self)
        return try client.ask(target, fields, method: method, host: host)
    }
}

extension CounterBatch {
    /// Adds rows to those of the same release.
    fileprivate mutating func add(_ rows: [ReleaseCounts]) {
        for row in rows {
            guard let index = releases.firstIndex(where: { $0.site == row.site && $0.release == row.release }) else {
                releases.append(row)
                continue
            }
            releases[index].requests += row.requests
            releases[index].documents += row.documents
            releases[index].errors += row.errors
            releases[index].needed += row.needed
            releases[index].sketch.formUnion(row.sketch)
            releases[index].lastNeededAt = row.lastNeededAt ?? releases[index].lastNeededAt
            releases[index].neededNames += row.neededNames.filter { !releases[index].neededNames.contains($0) }
        }
    }
}

private final class ResultBox<Result: Sendable>: Sendable {
    let result: Mutex<Result?>

    init(result: consuming sending Mutex<Result?>) { self.result = result }
}

struct ClientError: Error {
    var what: String
}

/// An answer as a client sees it.
struct Received: Sendable {
    var status: Int
    var fields: [String]
    var body: String

    /// The value of a field; nil if it was not sent.
    subscript(name: String) -> String? {
        let found = fields.filter { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
        precondition(found.count < 2, "\(name) is sent twice")
        return found.first.map { String($0.dropFirst(name.count + 2)) }
    }
}

/// A blocking client that keeps its connection and never tries again.
final class TestClient {
    private let descriptor: Int32
    private var held: [UInt8] = []

    init(_ server: TestServer) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = server.port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        if code != 0 { throw ClientError(what: "connect: \(errno)") }
        // A server that never answers fails the test and does not hold it up.
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Leaves without a farewell: the server sees a reset.
    func reset() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    }

    deinit { close(descriptor) }

    func send(_ target: String, _ fields: [String] = [], method: String = "GET", host: String = "shop.example.com") throws {
        let lines = ["\(method) \(target) HTTP/1.1", "Host: \(host)"] + fields
        let bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        let sent = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if sent != bytes.count { throw ClientError(what: "send: \(errno)") }
    }

    func receive(isHead: Bool = false) throws -> Received {
        var end = Self.endOfHead(held)
        while end == nil {
            try fill()
            end = Self.endOfHead(held)
        }
        let head = String(decoding: held[..<end!], as: UTF8.self).split(separator: "\r\n").map(String.init)
        held.removeFirst(end!)
        var answer = Received(status: Int(head[0].split(separator: " ")[1]) ?? 0, fields: Array(head.dropFirst()), body: "")
        if isHead || answer.status == 304 { return answer }
        guard let count = answer["Content-Length"].flatMap({ Int($0) }) else { throw ClientError(what: "no length") }
        while held.count < count { try fill() }
        answer.body = String(decoding: held.prefix(count), as: UTF8.self)
        held.removeFirst(count)
        return answer
    }

    /// Sends this as it stands, and reads until the server closes.
    func conversation(_ text: String) -> String {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        var all: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = recv(descriptor, &block, block.count, 0)
            if count <= 0 { return String(decoding: all, as: UTF8.self) }
            all += block[..<count]
        }
    }

    func ask(_ target: String, _ fields: [String] = [], method: String = "GET", host: String = "shop.example.com") throws -> Received {
        try send(target, fields, method: method, host: host)
        return try receive(isHead: method == "HEAD")
    }

    private func fill() throws {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count <= 0 { throw ClientError(what: count == 0 ? "the server closed" : "recv: \(errno)") }
        held.append(contentsOf: buffer.prefix(count))
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (0...(bytes.count - 4)).first { bytes[$0..<$0 + 4].elementsEqual([0x0d, 0x0a, 0x0d, 0x0a]) }.map { $0 + 4 }
    }
}

extension TestSite {
    func snapshot(_ number: UInt64, isStopping: Bool = false) -> Snapshot {
        Snapshot(number: number, sites: [snapshot], blobs: store.blobs, isStopping: isStopping)
    }
}
