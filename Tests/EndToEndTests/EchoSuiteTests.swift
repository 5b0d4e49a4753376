import Foundation
import Glibc
import TestPatience
import Testing

/// What a WebSocket server says through Tandem, by every way there is, is byte for byte what it says without (`serving.md`, Engine).
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct EchoSuiteTests {
    enum Backend: String, CaseIterable, Sendable {
        /// Of these tests: says each frame again as it came.
        case frames
        /// Python's `websockets`, where it is installed: puts messages together, and judges what it gets.
        case websockets

        var isThere: Bool { self == .frames || PythonEcho.isInstalled }
    }

    private static let mask = WebSocketClient.mask

    private static func frame(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true) -> [UInt8] {
        WebSocketFrame(opcode: opcode, payload: payload, isFinal: isFinal).bytes(mask: mask)
    }

    private static func text(_ text: String, isFinal: Bool = true) -> [UInt8] { frame(1, Array(text.utf8), isFinal: isFinal) }

    private static func close(_ code: UInt16, _ reason: String = "") -> [UInt8] {
        frame(8, [UInt8(code >> 8), UInt8(code & 255)] + reason.utf8)
    }

    private static func random(_ count: Int) -> [UInt8] {
        var state = UInt64(count) | 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
    }

    /// What a client says, what it says when all of that has come back, and how it ends then.
    struct Conversation: Sendable {
        static let lastWords = "that is all"

        var name: String
        var says: [UInt8] = []
        var ends = close(1000)
    }

    private static let conversations: [Conversation] = {
        let pieces =
            text("one, ", isFinal: false) + frame(9, [1, 2, 3]) + frame(0, Array("two, ".utf8), isFinal: false)
            + frame(0, [], isFinal: false) + frame(0, Array("three".utf8))
        let thousand = (0..<1_000).flatMap { frame(0, random($0), isFinal: false) }
        let codes: [UInt16] = [1000, 1001, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 4999]
        return [
            Conversation(name: "a text and a binary message", says: text("hello, wörld") + frame(2, random(1_000))),
            Conversation(name: "empty messages", says: text("") + frame(2, [])),
            Conversation(name: "every form of a length", says: [125, 126, 127, 65_535, 65_536].flatMap { frame(2, random($0)) }),
            Conversation(name: "a message in pieces with a ping between them", says: pieces),
            Conversation(name: "pings and a pong that nobody asked for", says: frame(9, random(125)) + frame(9, []) + frame(10, [5])),
            Conversation(name: "many small messages", says: (0..<2_000).flatMap { text("message \($0)") }),
            Conversation(name: "a message of a thousand pieces", says: frame(2, [0], isFinal: false) + thousand + frame(0, [])),
            Conversation(name: "an end without a code", ends: frame(8, [])),
            Conversation(name: "a code with its reason", ends: close(4000, "tschüß")),
        ] + codes.map { Conversation(name: "close code \($0)", ends: close($0)) }
    }()

    /// What no client may send: `websockets` says why it ends.
    private static let faults = [
        Conversation(name: "no mask", ends: [0x81, 1, 0x61]),
        Conversation(name: "a reserved bit", ends: [0xc1, 0x80, 1, 2, 3, 4]),
        Conversation(name: "a reserved opcode", ends: [0x83, 0x80, 1, 2, 3, 4]),
        Conversation(name: "a continuation of nothing", ends: frame(0, [1])),
        Conversation(name: "a long ping", ends: frame(9, random(126))),
        Conversation(name: "a ping in pieces", ends: frame(9, [1], isFinal: false)),
        Conversation(name: "a text that is none", ends: frame(1, [0xff, 0xfe])),
        Conversation(name: "a close of one byte", ends: frame(8, [3])),
        Conversation(name: "a close with a code of nobody", ends: close(1005)),
        Conversation(name: "a close with a code out of range", ends: close(999)),
    ]

    /// A server with both listeners in front of a backend, and how to ask that without it.
    private final class Ways {
        let bench: Bench
        let server: Server
        let ports: (plain: UInt16, secure: UInt16)
        let direct: UInt16
        private let echo: EchoServer?
        private let python: PythonEcho?

        init(_ backend: Backend) throws {
            bench = try Bench(hasConfiguration: false)
            echo = backend == .frames ? try EchoServer() : nil
            python = backend == .websockets ? try PythonEcho(in: bench.root) : nil
            direct = echo?.port ?? python?.port ?? 0
            try bench.write(
                "tandem.yaml",
                """
                data: \(bench.data)
                listen:
                  - address: 127.0.0.1:0
                  - {address: "127.0.0.1:0", tls: internal}
                log: {access: off}
                sites:
                  default:
                    hosts: ["*"]
                    routes: [{path: /*, proxy: {backend: app}}]
                    backends: {app: {servers: [{url: "http://127.0.0.1:\(direct)"}]}}

                """)
            server = try bench.serve()
            let found = try server.ports(2)
            ports = (found[0], found[1])
        }

        deinit { echo?.end() }
    }

    private func sameByEveryWay(_ conversations: [Conversation], _ backend: Backend) throws {
        let ways = try Ways(backend)
        for conversation in conversations {
            let expected = try EchoCarrier.http1.exchange(conversation, with: (ways.direct, 0))
            #expect(expected.count > Conversation.lastWords.utf8.count)
            for carrier in EchoCarrier.allCases {
                do {
                    let came = try carrier.exchange(conversation, with: ways.ports)
                    // Told by hand: a difference of megabytes would be looked for byte by byte.
                    if came != expected {
                        Issue.record("\(conversation.name), \(carrier): \(came.count) bytes, not the \(expected.count) without")
                    }
                } catch { Issue.record("\(conversation.name), \(carrier): \(error)") }
            }
        }
        #expect(ways.server.stop().code == 0)
    }

    @Test(arguments: Backend.allCases.filter(\.isThere)) func opcodesPiecesAndCloseCodes(_ backend: Backend) throws {
        try sameByEveryWay(Self.conversations, backend)
    }

    @Test(arguments: Backend.allCases.filter(\.isThere)) func messagesOfSixteenMegabytes(_ backend: Backend) throws {
        let large = Self.random(16 << 20)
        try sameByEveryWay([Conversation(name: "16 MB", says: Self.frame(2, large))], backend)
    }

    @Test(.enabled(if: PythonEcho.isInstalled, "no python3-websockets: run scripts/bootstrap test"))
    func whatIsNoWebSocketIsJudgedByTheServer() throws { try sameByEveryWay(Self.faults, .websockets) }
}

/// `websockets` of Python in a process of its own.
private final class PythonEcho {
    static let isInstalled: Bool = {
        guard let process = try? Running(["python3", "-c", "import websockets"], in: "/tmp", environment: [:], program: "env") else {
            return false
        }
        return process.wait().code == 0
    }()

    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Programs/websocket_echo.py").path

    let port: UInt16
    private let process: Running

    init(in folder: String) throws {
        let process = try Running(["python3", Self.script], in: folder, environment: [:], program: "env")
        self.process = process
        #expect(eventually { process.out.hasSuffix("\n") || !process.isRunning })
        port = try #require(UInt16(process.out.trimmingCharacters(in: .whitespacesAndNewlines)), "\(process.error)")
    }
}
