import Files
import Glibc
import Sockets
import Synchronization
import TestPatience

@testable import HTTPEngine

/// What carries the bytes: whatever holds for one holds for all.
enum Carrier: CaseIterable {
    case plain, tls
}

/// A loop on a thread, listening on loopback or on a Unix socket, with `TestHandler` behind it.
final class TestEngine {
    let thread: EngineThread
    let socket: ListeningSocket
    let carrier: Carrier

    convenience init(
        _ carrier: Carrier, _ address: String = "127.0.0.1:0", limits: EngineLimits = EngineLimits(), file: OpenFile? = nil
    ) throws {
        let socket = try ListeningSocket.open(address)
        try self.init(carrier, socket: socket, entrance: carrier.entrance(socket), limits: limits, file: file)
    }

    init(
        _ carrier: Carrier, socket: ListeningSocket, entrance: Entrance, limits: EngineLimits = EngineLimits(), file: OpenFile? = nil
    ) throws {
        self.socket = socket
        self.carrier = carrier
        thread = try EngineThread(
            entrances: [entrance], limits: limits, makeHandler: { _ in TestHandler(file: file) },
            failure: { fatalError("the loop could not begin: \($0)") })
    }

    /// Ends the loop. Connections that are still busy are cut off.
    func end() {
        thread.stop(grace: .zero)
        thread.join()
        close(socket.descriptor)
        if socket.isUnix { unlink(String(socket.address.dropFirst(5))) }
    }

    /// Runs `question` on the loop and waits for what it says.
    func ask<Answer: Sendable>(_ question: @escaping @Sendable (TestHandler, LoopContext) -> Answer) -> Answer {
        let answer = Reply<Answer>()
        thread.mailbox.post { context in
            guard let handler = context.handler as? TestHandler else { return }
            answer.set(question(handler, context))
        }
        while true {
            if let value = answer.get() { return value }
            usleep(100)
        }
    }

    /// Waits until the loop has come to a state; a test that never gets there fails by its own expectations.
    func until(_ holds: @escaping @Sendable (TestHandler, LoopContext) -> Bool) -> Bool {
        eventually { ask(holds) }
    }

    /// Lets time pass on the loop, behind all that it was sent before.
    func advance(seconds: Int64) {
        ask { _, _ in }
        ask { _, loop in loop.clock.advance(by: seconds * 1000) }
    }

    /// Holds the loop up while `body` runs: what is sent to it meanwhile comes together.
    func whileBusy(_ body: () -> Void) {
        let (begun, over) = (Gate(), Gate())
        thread.mailbox.post { _ in
            begun.open()
            over.wait()
        }
        begun.wait()
        body()
        over.open()
    }

    /// Processor time that the loop has used.
    var loopTime: Duration {
        ask { _, _ in
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        }
    }
}

private final class Reply<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    func set(_ new: Value) { value.withLock { $0 = new } }
    func get() -> Value? { value.withLock { $0 } }
}

/// Answers by path. State belongs to the loop's thread.
final class TestHandler: RequestHandler {
    private let small = PreparedResponse(Response(status: 200, body: .bytes(Array("hello".utf8))))
    private let block = PreparedResponse(Response(status: 200, body: .bytes([UInt8](repeating: 0x62, count: 64 * 1024))))
    private let large: PreparedResponse?
    private let hints: EarlyHints = {
        var fields = FieldLines()
        fields.add("Link", "</a.js>; rel=modulepreload")
        return EarlyHints(fields)
    }()
    private let file: OpenFile?
    /// Suspended, in order of their coming.
    var waiting: [Exchange] = []
    var refusals: [Refusal] = []
    var brokenBodies = 0
    /// Requests that began with the state of another.
    var leftovers = 0
    var bytesAfterAnswer = 0
    /// What is done with requests for `/stream`.
    var onStream: (Exchange) -> Void = { _ in }

    init(file: OpenFile?) {
        self.file = file
        large = file.map { PreparedResponse(Response(status: 200, body: .file($0, 0..<$0.size))) }
    }

    func handle(_ exchange: Exchange) {
        if exchange.handlerState != nil || exchange.bodyReader != nil { leftovers += 1 }
        let path = String(decoding: exchange.bytes(exchange.head.target), as: UTF8.self)
        switch path {
        case "/hello": exchange.respond(small)
        case "/stream": onStream(exchange)
        case "/block": exchange.respond(block)
        case "/echo": exchange.readBody(EchoReader(self, .atTheEnd))
        case "/early": exchange.readBody(EchoReader(self, .atTheFirstBytes))
        case "/late", "/late-prepared":
            exchange.suspend()
            exchange.handlerState = path == "/late" ? nil : small
            waiting.append(exchange)
        case "/hinted", "/hinted-late":
            exchange.inform(hints)
            if path == "/hinted" { return exchange.respond(small) }
            exchange.suspend()
            exchange.handlerState = small
            waiting.append(exchange)
        case "/limited": exchange.readBody(EchoReader(self, .atTheEnd), limit: 8)
        case "/trailers": exchange.readBody(EchoReader(self, .withTrailers))
        case "/late-body": exchange.readBody(EchoReader(self, .later))
        case "/large":
            if let large { exchange.respond(large) } else { exchange.respond(Response(status: 404)) }
        case "/region":
            guard let file else { return exchange.respond(Response(status: 404)) }
            exchange.respond(
                Response(status: 206, body: .parts([.bytes(Array("<".utf8)), .file(file, 1_000..<200_000), .bytes(Array(">".utf8))])))
        case "/nothing": exchange.respond(Response(status: 204))
        default: exchange.respond(Response(status: 200, body: .bytes(Array(path.utf8))))
        }
    }

    /// Answers everything that waits.
    func answerAll() {
        let all = waiting
        waiting = []
        for exchange in all {
            if exchange.handlerState is PreparedResponse {
                exchange.respond(small)
            } else {
                exchange.respond(Response(status: 200, body: .bytes([0x6c])))
            }
        }
    }

    func refused(_ refusal: Refusal, peer: PeerAddress, request: Exchange?, answered: Int?) { refusals.append(refusal) }
    func turn(_ loop: LoopContext) {}

    enum Moment { case atTheEnd, atTheFirstBytes, later, withTrailers }

    private final class EchoReader: BodyReader {
        private let handler: TestHandler
        private let moment: Moment
        private var body: [UInt8] = []

        init(_ handler: TestHandler, _ moment: Moment) { (self.handler, self.moment) = (handler, moment) }

        func received(_ bytes: UnsafeRawBufferPointer, of exchange: Exchange) {
            if exchange.isAnswered {
                handler.bytesAfterAnswer += bytes.count
                return
            }
            body += bytes
            if moment == .atTheFirstBytes { exchange.respond(Response(status: 413)) }
        }

        func ended(_ exchange: Exchange) {
            switch moment {
            case .later:
                exchange.handlerState = handler.small
                handler.waiting.append(exchange)
            case .withTrailers: exchange.respond(Response(status: 200, body: .bytes(body + exchange.trailers)))
            case .atTheEnd, .atTheFirstBytes: exchange.respond(Response(status: 200, body: .bytes(body)))
            }
        }

        func broken(_ exchange: Exchange) { handler.brokenBodies += 1 }
    }
}
