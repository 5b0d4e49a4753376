import Glibc
import Snapshots
import Sockets
import Synchronization
import TestPatience
import Testing

@testable import HTTPEngine
@testable import Proxying

/// A connection over TLS by itself: sessions that are resumed, and ends that are none.
@Suite struct SecureConnectionTests {
    /// What became of a connection, and the loop that has it.
    private final class Outcome: Sendable {
        private let held = Mutex<[String]>([])
        func add(_ word: String) { held.withLock { $0.append(word) } }
        func until(_ isEnough: ([String]) -> Bool) -> [String] {
            _ = eventually { isEnough(held.withLock { $0 }) }
            return held.withLock { $0 }
        }
    }

    /// Asks once it is connected. State belongs to the loop.
    private final class Asker: OutgoingOwner {
        var socket: OutgoingSocket?
        let outcome: Outcome
        init(_ outcome: Outcome) { self.outcome = outcome }

        func connected() {
            outcome.add(socket?.tls?.isResumed == true ? "resumed" : "connected")
            let request: StaticString = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
            _ = socket?.send(UnsafeRawBufferPointer(start: request.utf8Start, count: request.utf8CodeUnitCount))
        }

        func received(_ bytes: UnsafeRawBufferPointer) { outcome.add("bytes") }
        func endOfInput() { outcome.add("end") }
        func writable() {}
        func failed(_ fault: OutgoingFault) { outcome.add("failed \(fault)") }
        func expired() {}
    }

    private static func ask(_ proxy: ProxyUnderTest, _ port: UInt16, _ connector: TLSConnector) -> Outcome {
        let outcome = Outcome()
        proxy.thread.mailbox.post { loop in
            let asker = Asker(outcome)
            guard let address = SocketAddress(host: "127.0.0.1", port: port) else { return }
            asker.socket = loop.connect(to: address, owner: asker, encryption: connector)
        }
        return outcome
    }

    @Test func aSessionIsResumed() throws {
        let front = try SecureFront()
        let connector = try Trust.connector()
        let proxy = try Trust.proxy(front.port, connector)
        defer {
            proxy.end()
            front.end()
        }
        // Tickets come with the first bytes.
        #expect(Self.ask(proxy, front.port, connector).until { $0.contains("bytes") }.first == "connected")
        #expect(Self.ask(proxy, front.port, connector).until { $0.contains("bytes") }.first == "resumed")
        // Another name is another proof.
        let other = try Trust.connector("127.0.0.1")
        #expect(Self.ask(proxy, front.port, other).until { $0.contains("bytes") }.first == "connected")
    }

    @Test func anEndWithoutItsAlertIsAFailure() throws {
        let front = try SecureFront()
        let port = front.port
        // Passes what comes, both ways, until it is told to end both plainly.
        let gate = Gate()
        let relay = ScriptedServer { connection, _ in
            let onward = RawConnection(port: port)
            while !gate.isOpen {
                onward.send(connection.available())
                connection.send(onward.available())
                usleep(200)
            }
            connection.leave()
        }
        let connector = try Trust.connector()
        let proxy = try Trust.proxy(front.port, connector)
        defer {
            proxy.end()
            relay.end()
            front.end()
        }
        let outcome = Self.ask(proxy, relay.port, connector)
        #expect(outcome.until { $0.contains("bytes") }.contains("bytes"))
        gate.open()
        let told = outcome.until { $0.contains { $0.hasPrefix("failed") || $0 == "end" } }
        #expect(told.last == "failed system(\(ECONNRESET))")
    }
}
