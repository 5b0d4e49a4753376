import Glibc
import HTTPEngine
import Sockets
import Synchronization
import Testing

/// A server behind the one under test, on a loop of its own, that answers as the test says. Stop it at the end.
final class TestOrigin: Sendable {
    /// What it was asked for: method, target and field lines.
    struct Asked: Sendable {
        var line: String
        var fields: [String]
    }

    let seen: Mutex<[Asked]>
    private let socket: ListeningSocket
    private let thread: EngineThread

    init(_ answer: @escaping @Sendable (Asked) -> Response) throws {
        let box = Box()
        seen = Mutex([])
        socket = try ListeningSocket.open("127.0.0.1:0")
        thread = try EngineThread(entrances: [Entrance(socket)]) { _ in
            Handler { asked in
                box.origin?.seen.withLock { $0.append(asked) }
                return answer(asked)
            }
        } failure: { error in
            Issue.record("the loop did not begin: \(error)")
        }
        box.set(self)
    }

    var port: UInt16 { UInt16(socket.address.split(separator: ":").last ?? "") ?? 0 }
    var count: Int { seen.withLock { $0.count } }

    func stop() {
        thread.stop(grace: .zero)
        thread.join()
        close(socket.descriptor)
    }

    static func answer(_ body: String, _ lines: String..., status: UInt16 = 200) -> Response {
        var fields = FieldLines()
        fields.add(lines: Array(lines.map { $0 + "\r\n" }.joined().utf8))
        return Response(status: status, fields: fields, body: .bytes(Array(body.utf8)))
    }

    private final class Box: Sendable {
        private let held = Mutex<TestOrigin?>(nil)
        var origin: TestOrigin? { held.withLock { $0 } }
        func set(_ origin: TestOrigin) { held.withLock { $0 = origin } }
    }

    private final class Handler: RequestHandler {
        private let answer: (Asked) -> Response

        init(_ answer: @escaping (Asked) -> Response) { self.answer = answer }

        func handle(_ exchange: Exchange) {
            var asked = Asked(
                line: Self.text(exchange, exchange.head.methodName) + " " + Self.text(exchange, exchange.head.target), fields: [])
            exchange.head.forEachField(in: exchange.base) { name, value in
                asked.fields.append(Self.text(exchange, name).lowercased() + ": " + Self.text(exchange, value))
                return true
            }
            exchange.respond(answer(asked))
        }

        private static func text(_ exchange: Exchange, _ span: RequestHead.Span) -> String {
            String(decoding: exchange.bytes(span), as: UTF8.self)
        }

        func refused(_ refusal: Refusal, peer: PeerAddress, request: Exchange?, answered: Int?) {}
        func turn(_ loop: LoopContext) {}
    }
}
