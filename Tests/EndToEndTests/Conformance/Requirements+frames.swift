/// RFC 9113 §3 to §6: the preface, frames, streams.
extension Requirement {
    private static let eight = [UInt8](repeating: 5, count: 8)
    private static let large = [UInt8](repeating: 0, count: 16_385)

    static let starting: [Requirement] = [
        Requirement(
            "3.4", "the server's first frame is SETTINGS", greeted: false, Wire.preface + Wire.settings(),
            .check { peer in
                peer.read { _ in true }?.kind == .settings ? nil : "it is \(peer.frames)"
            }),
        Requirement(
            "3.4", "a preface that is none ends the connection", greeted: false, Array("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".utf8) + eight,
            .connectionError(.protocolError)),
        Requirement(
            "3.4", "the client's first frame is SETTINGS", greeted: false, Wire.preface + Wire.get(1), .connectionError(.protocolError)),
        Requirement(
            "3.4", "requests may come before the server's SETTINGS are acknowledged", greeted: false,
            Wire.preface + Wire.settings() + Wire.get(1), .answer(1, 200)),
    ]

    static let frames: [Requirement] = [
        Requirement("4.1", "frames of unknown types are ignored", Wire.frame(type: 0x16, 0xff, 3, [1, 2, 3]), .nothing),
        Requirement("4.1", "unknown flags are ignored", Wire.frame(.ping, 0x16, 0, eight), .nothing),
        Requirement("4.1", "the reserved bit is ignored", Wire.frame(.ping, 0, 0x8000_0000, eight), .nothing),
        Requirement("4.2", "DATA of 16,384 bytes is taken", Wire.post(1) + Wire.data(1, 16_384), .answer(1, 200)),
        Requirement("4.2", "larger DATA is an error", Wire.post(1) + Wire.frame(.data, 1, 1, large), .eitherError(1, .frameSizeError)),
        Requirement("4.2", "larger HEADERS end the connection", Wire.frame(.headers, 5, 1, large), .connectionError(.frameSizeError)),
        Requirement(
            "4.3", "a block that cannot be decoded ends the connection", Wire.headers(1, [0x40]), .connectionError(.compressionError)),
        Requirement(
            "4.3", "PRIORITY within a header block ends the connection",
            Wire.frame(.headers, 1, 1, Wire.pseudo()) + Wire.frame(.priority, 0, 1, [0, 0, 0, 0, 0]) + Wire.frame(.continuation, 4, 1),
            .connectionError(.protocolError)),
        Requirement(
            "4.3", "another stream's HEADERS within a header block end the connection",
            Wire.frame(.headers, 1, 1, Wire.pseudo()) + Wire.get(3), .connectionError(.protocolError)),
    ]

    static let streams: [Requirement] = [
        Requirement("5.1", "DATA on an idle stream ends the connection", Wire.data(1, 4), .connectionError(.protocolError)),
        Requirement(
            "5.1", "RST_STREAM on an idle stream ends the connection", Wire.frame(.reset, 0, 1, Wire.number(8)),
            .connectionError(.protocolError)),
        Requirement("5.1", "WINDOW_UPDATE on an idle stream ends the connection", Wire.window(1, 100), .connectionError(.protocolError)),
        Requirement(
            "5.1", "CONTINUATION on an idle stream ends the connection", Wire.frame(.continuation, 4, 1), .connectionError(.protocolError)),
        Requirement("5.1", "PRIORITY is taken for an idle stream", Wire.frame(.priority, 0, 1, [0, 0, 0, 3, 9]), .nothing),
        Requirement(
            "5.1", "DATA on a stream that the client has ended is an error", Wire.get(1) + Wire.data(1, 4), .eitherError(1, .streamClosed)),
        Requirement(
            "5.1", "HEADERS on a stream that the client has ended are an error", Wire.get(1) + Wire.get(1),
            .eitherError(1, .streamClosed, .protocolError)),
        Requirement(
            "5.1", "DATA after the client's reset is an error",
            Wire.post(1) + Wire.frame(.reset, 0, 1, Wire.number(8)) + Wire.data(1, 4), .eitherError(1, .streamClosed)),
        Requirement(
            "5.1", "HEADERS after the client's reset are an error",
            Wire.post(1) + Wire.frame(.reset, 0, 1, Wire.number(8)) + Wire.get(1), .eitherError(1, .streamClosed, .protocolError)),
        Requirement(
            "5.1", "WINDOW_UPDATE, RST_STREAM and PRIORITY are taken for a closed stream",
            Wire.get(1) + Wire.window(1, 1) + Wire.frame(.reset, 0, 1, Wire.number(8)) + Wire.frame(.priority, 0, 1, [0, 0, 0, 0, 1])
                + Wire.get(3), .answer(3, 200)),
        Requirement("5.1.1", "streams of clients are odd", Wire.get(2), .connectionError(.protocolError)),
        Requirement("5.1.1", "stream identifiers grow", Wire.get(5) + Wire.get(3), .connectionError(.protocolError)),
        Requirement("5.1.1", "identifiers may be left out", Wire.get(1) + Wire.get(77), .answer(77, 200)),
        Requirement(
            "5.1.2", "streams over the limit are refused", (0..<130).flatMap { Wire.post(UInt32($0) * 2 + 1) },
            .check { peer in
                peer.readAll()
                let reset = peer.frames.last { $0.kind == .reset && $0.stream == 259 }
                return reset?.number() == ErrorCode.refusedStream.rawValue ? aliveAfterResets(peer) : "\(peer.frames.suffix(4))"
            }),
        Requirement(
            "5.4.1", "after an error nothing is answered", Wire.data(1, 1) + Wire.get(3),
            .check { peer in
                peer.readToEnd()
                return peer.frames.contains { $0.kind == .headers } || !peer.isOver ? "\(peer.frames)" : nil
            }),
        Requirement(
            "5.5", "a frame of an unknown type within a header block ends the connection",
            Wire.frame(.headers, 1, 1, Wire.pseudo()) + Wire.frame(type: 0x16) + Wire.frame(.continuation, 4, 1),
            .connectionError(.protocolError)),
    ]

    /// The refused one cost nothing: when the others are over there is room again.
    private static func aliveAfterResets(_ peer: Peer) -> String? {
        for stream in 0..<128 { peer.send(Wire.data(UInt32(stream) * 2 + 1, 1)) }
        return aliveFault(peer)
    }
}
