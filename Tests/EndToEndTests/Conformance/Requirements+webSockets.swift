/// RFC 8441: WebSockets over HTTP/2. `/ws` leads to a server that echoes.
extension Requirement {
    private static let fields: [(String, String)] = [
        (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", "/ws/echo"), (":authority", "shop.test"),
        ("sec-websocket-version", "13"),
    ]

    /// A block of those fields, with some changed or, where they are nil, left out.
    private static func block(_ changes: [String: String?] = [:], _ more: [UInt8] = []) -> [UInt8] {
        fields.flatMap { name, value in
            guard let change = changes[name] else { return Wire.literal(name, value) }
            return change.map { Wire.literal(name, $0) } ?? []
        } + more
    }

    private static func connect(_ stream: UInt32, _ path: String = "/ws/echo") -> [UInt8] {
        Wire.headers(stream, block([":path": path]), ends: false)
    }

    private static func malformed(_ words: String, _ block: [UInt8]) -> Requirement {
        Requirement("8441 4", words, Wire.headers(1, block, ends: false), .streamError(1, .protocolError))
    }

    private static func bytes(_ opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
        WebSocketFrame(opcode: opcode, payload: payload).bytes(mask: [1, 2, 3, 4])
    }

    private static func data(_ stream: UInt32, _ bytes: [UInt8], ends: Bool = false) -> [UInt8] {
        Wire.frame(.data, ends ? Wire.endStream : 0, stream, bytes)
    }

    /// What has come on a stream, up to so many bytes.
    private static func body(_ peer: Peer, _ stream: UInt32, _ count: Int) -> [UInt8] {
        func all() -> [UInt8] { peer.frames.filter { $0.kind == .data && $0.stream == stream }.flatMap(\.payload) }
        peer.read { _ in all().count >= count }
        return all()
    }

    private static func connected(_ peer: Peer, _ path: String = "/ws/echo") -> String? {
        peer.send(connect(1, path))
        let head = peer.read { $0.stream == 1 && ($0.kind == .headers || $0.kind == .reset) }
        guard head?.status == 200 else { return "no tunnel: \(peer.frames)" }
        return head?.endsStream == true ? "it has ended" : nil
    }

    static let webSockets: [Requirement] = [
        Requirement(
            "8441 3", "SETTINGS_ENABLE_CONNECT_PROTOCOL is sent, with 1", greeted: false, Wire.preface + Wire.settings(),
            .check { peer in
                let settings = peer.read { $0.kind == .settings && $0.flags & Wire.ack == 0 }?.payload ?? []
                let pairs = stride(from: 0, to: settings.count, by: 6).map { Array(settings[$0..<$0 + 6]) }
                return pairs.contains([0, 8, 0, 0, 0, 1]) ? nil : "\(pairs)"
            }), Requirement("8441 3", "of a client it is 0 or 1", Wire.settings((8, 2)), .connectionError(.protocolError)),
        Requirement("8441 3", "of a client it means nothing", Wire.settings((8, 1)), .nothing),
        malformed("an extended CONNECT has :scheme", block([":scheme": nil])),
        malformed("an extended CONNECT has :path", block([":path": nil])), malformed(":path is not empty", block([":path": ""])),
        malformed(":protocol is of CONNECT alone", block([":method": "GET"])),
        malformed(":protocol comes once", Wire.literal(":protocol", "websocket") + block()),
        malformed(":protocol is not empty", block([":protocol": ""])),
        malformed(":protocol comes before other fields", block([":protocol": nil], Wire.literal(":protocol", "websocket"))),
        malformed("without :protocol CONNECT has neither scheme nor path", block([":protocol": nil])),
        malformed("what follows is no content", block([:], Wire.literal("content-length", "4"))),
        malformed("Connection is none of HTTP/2", block([:], Wire.literal("connection", "upgrade"))),
        malformed("Upgrade is none of HTTP/2", block([:], Wire.literal("upgrade", "websocket"))),
        Requirement(
            "8441 4", ":authority is read as of any request", Wire.headers(1, block([":authority": nil]), ends: false), .answer(1, 400)),
        Requirement(
            "8441 4", "Host stands in for :authority",
            Wire.headers(1, block([":authority": nil], Wire.literal("host", "shop.test")), ends: false),
            .check { peer in peer.read { $0.kind == .headers && $0.stream == 1 }?.status == 200 ? nil : "\(peer.frames)" }),
        Requirement(
            "8441 4", "a protocol that is not spoken here is 501", Wire.headers(1, block([":protocol": "connect-udp"]), ends: false),
            .answer(1, 501)), Requirement("8441 4", "a route of files takes none", connect(1, "/"), .answer(1, 405)),
        Requirement("8441 4", "a fixed answer is no tunnel", connect(1, "/fixed"), .answer(1, 405)),
        Requirement(
            "8441 5", "frames go both ways in DATA", [],
            .check { peer in
                if let fault = connected(peer) { return fault }
                peer.send(data(1, bytes(1, [0x68, 0x69])))
                let came = body(peer, 1, 4)
                return came == [0x81, 2, 0x68, 0x69] ? nil : "\(came)"
            }),
        Requirement(
            "8441 5", "the answer has no Sec-WebSocket-Accept, Upgrade or Connection", [],
            .check { peer in
                if let fault = connected(peer) { return fault }
                let block = String(decoding: peer.frames.first { $0.kind == .headers }?.payload ?? [], as: UTF8.self)
                return ["sec-websocket-accept", "upgrade", "connection"].first { block.contains($0) }
            }),
        Requirement(
            "8441 5", "END_STREAM is the end of one half", [],
            .check { peer in
                if let fault = connected(peer, "/ws/half") { return fault }
                peer.send(data(1, [1, 2, 3]) + data(1, [4], ends: true))
                let end = peer.read { $0.stream == 1 && $0.endsStream }
                return end != nil && body(peer, 1, 4) == [4, 3, 2, 1] ? nil : "\(peer.frames)"
            }),
        Requirement(
            "8441 5", "the server's end is END_STREAM", [],
            .check { peer in
                if let fault = connected(peer) { return fault }
                peer.send(data(1, bytes(8, [3, 0xe8])))
                guard peer.read(until: { $0.stream == 1 && $0.endsStream && $0.kind == .data }) != nil else { return "\(peer.frames)" }
                return body(peer, 1, 4) == [0x88, 2, 3, 0xe8] ? aliveFault(peer) : "\(peer.frames)"
            }),
        Requirement(
            "8441 5", "an error below the tunnel is RST_STREAM with CANCEL", [],
            .check { peer in
                if let fault = connected(peer, "/ws/reset") { return fault }
                peer.send(data(1, bytes(1, [0x68, 0x69])))
                let reset = peer.read { $0.stream == 1 && $0.kind == .reset }
                return reset?.number() == ErrorCode.cancel.rawValue ? aliveFault(peer) : "\(peer.frames)"
            }),
        Requirement(
            "8441 5", "RST_STREAM ends the tunnel and nothing else", [],
            .check { peer in
                if let fault = connected(peer) { return fault }
                peer.send(Wire.frame(.reset, 0, 1, Wire.number(ErrorCode.cancel.rawValue)) + connect(3) + data(3, bytes(1, [0x68])))
                return body(peer, 3, 3) == [0x81, 1, 0x68] ? aliveFault(peer) : "\(peer.frames)"
            }), Requirement("8441 5", "a refusal is passed on", connect(1, "/ws/refused"), .answer(1, 403)),
        Requirement("8441 5", "an answer that is no WebSocket is none of success", connect(1, "/ws/plain"), .answer(1, 502)),
        Requirement("8441 5", "a server that has not understood the key is none", connect(1, "/ws/unproven"), .answer(1, 502)),
        Requirement(
            "9113 8.5", "on a connected stream fields are a fault", [],
            .check { peer in
                if let fault = connected(peer) { return fault }
                peer.send(Wire.headers(1, Wire.literal("x", "y")))
                let reset = peer.read { $0.stream == 1 && $0.kind == .reset }
                return reset?.number() == ErrorCode.protocolError.rawValue ? aliveFault(peer) : "\(peer.frames)"
            }),
    ]
}
