/// RFC 9113 §6: each type of frame.
extension Requirement {
    private static let eight = [UInt8](repeating: 5, count: 8)

    static let dataAndHeaders: [Requirement] = [
        Requirement("6.1", "DATA has a stream", Wire.data(0, 4), .connectionError(.protocolError)),
        Requirement(
            "6.1", "padding is taken off",
            Wire.post(1, Wire.literal("content-length", "2")) + Wire.frame(.data, 9, 1, [3, 0x61, 0x62, 0, 0, 0]), .answer(1, 200)),
        Requirement(
            "6.1", "more padding than payload ends the connection", Wire.post(1) + Wire.frame(.data, 9, 1, [5, 0x61]),
            .connectionError(.protocolError)),
        Requirement("6.2", "HEADERS have a stream", Wire.get(0), .connectionError(.protocolError)),
        Requirement(
            "6.2", "HEADERS may have padding and a priority",
            Wire.frame(.headers, 5 | Wire.padded | Wire.hasPriority, 1, [2, 0, 0, 0, 0, 16] + Wire.pseudo() + [0, 0]), .answer(1, 200)),
        Requirement(
            "6.2", "more padding than payload ends the connection", Wire.frame(.headers, 5 | Wire.padded, 1, [200] + Wire.pseudo()),
            .connectionError(.protocolError)),
        Requirement("6.3", "PRIORITY has a stream", Wire.frame(.priority, 0, 0, [0, 0, 0, 0, 1]), .connectionError(.protocolError)),
        Requirement(
            "6.3", "PRIORITY has five bytes", Wire.post(1) + Wire.frame(.priority, 0, 1, [0, 0, 0, 1]), .eitherError(1, .frameSizeError)),
        Requirement("6.4", "RST_STREAM has a stream", Wire.frame(.reset, 0, 0, Wire.number(8)), .connectionError(.protocolError)),
        Requirement(
            "6.4", "RST_STREAM has four bytes", Wire.post(1) + Wire.frame(.reset, 0, 1, [0, 0, 8]), .connectionError(.frameSizeError)),
        Requirement(
            "6.6", "clients do not push", Wire.frame(.pushPromise, 4, 1, Wire.number(2) + Wire.pseudo()), .connectionError(.protocolError)),
    ]

    static let settings: [Requirement] = [
        Requirement("6.5", "SETTINGS are for the connection", Wire.frame(.settings, 0, 1), .connectionError(.protocolError)),
        Requirement(
            "6.5", "an acknowledgement is empty", Wire.frame(.settings, 1, 0, [0, 3, 0, 0, 0, 1]), .connectionError(.frameSizeError)),
        Requirement("6.5", "SETTINGS come in sixes", Wire.frame(.settings, 0, 0, [0, 3, 0]), .connectionError(.frameSizeError)),
        Requirement("6.5.2", "ENABLE_PUSH is 0 or 1", Wire.settings((2, 2)), .connectionError(.protocolError)),
        Requirement("6.5.2", "INITIAL_WINDOW_SIZE has 31 bits", Wire.settings((4, 0x8000_0000)), .connectionError(.flowControlError)),
        Requirement("6.5.2", "MAX_FRAME_SIZE is not below 16,384", Wire.settings((5, 16_383)), .connectionError(.protocolError)),
        Requirement("6.5.2", "MAX_FRAME_SIZE is below 2^24", Wire.settings((5, 1 << 24)), .connectionError(.protocolError)),
        Requirement("6.5.2", "unknown settings are ignored", Wire.settings((0xff, 1)), .nothing),
        Requirement(
            "6.5.3", "SETTINGS are acknowledged", Wire.settings((3, 100)),
            .check { peer in
                peer.read { $0.kind == .settings && $0.flags == Wire.ack && $0.payload.isEmpty } == nil ? "\(peer.frames)" : nil
            }),
        Requirement(
            "6.5.3", "of one setting twice the last counts", Wire.settings((4, 1), (4, 3)) + Wire.get(1),
            .check { peer in
                peer.readAll()
                let bytes = peer.frames.filter { $0.kind == .data && $0.stream == 1 }.reduce(0) { $0 + $1.payload.count }
                return bytes == 3 ? nil : "\(bytes) bytes"
            }),
    ]

    static let control: [Requirement] = [
        Requirement(
            "6.7", "PING is answered with its bytes", Wire.frame(.ping, 0, 0, eight),
            .check { peer in
                peer.read { $0.kind == .ping && $0.flags == Wire.ack && $0.payload == eight } == nil ? "\(peer.frames)" : nil
            }),
        Requirement(
            "6.7", "an answer to PING is not answered", Wire.frame(.ping, 1, 0, eight),
            .check { peer in
                peer.readAll()
                return peer.frames.contains { $0.kind == .ping && $0.payload == eight } ? "\(peer.frames)" : nil
            }),
        Requirement("6.7", "PING is for the connection", Wire.frame(.ping, 0, 1, eight), .connectionError(.protocolError)),
        Requirement("6.7", "PING has eight bytes", Wire.frame(.ping, 0, 0, [1, 2]), .connectionError(.frameSizeError)),
        Requirement(
            "6.8", "GOAWAY is for the connection", Wire.frame(.goAway, 0, 1, Wire.number(0) + Wire.number(0)),
            .connectionError(.protocolError)),
        Requirement(
            "6.8", "after the client's GOAWAY its requests are answered",
            Wire.get(1) + Wire.frame(.goAway, 0, 0, Wire.number(0) + Wire.number(0)), .answer(1, 200)),
        Requirement("6.9", "the connection's window grows by something", Wire.window(0, 0), .connectionError(.protocolError)),
        Requirement("6.9", "a stream's window grows by something", Wire.post(1) + Wire.window(1, 0), .eitherError(1, .protocolError)),
        Requirement("6.9", "WINDOW_UPDATE has four bytes", Wire.frame(.windowUpdate, 0, 0, [0, 0, 1]), .connectionError(.frameSizeError)),
        Requirement(
            "6.9.1", "a window is not exceeded", Wire.settings((4, 1)) + Wire.get(1),
            .check { peer in
                peer.readAll()
                let data = peer.frames.filter { $0.kind == .data && $0.stream == 1 }
                return data.map(\.payload.count) == [1] ? nil : "\(data)"
            }),
        Requirement(
            "6.9.1", "the connection's window is not exceeded", Wire.settings((4, 0x7fff_ffff)) + Wire.get(1, "/large.bin"),
            .check { peer in
                peer.readAll()
                let bytes = peer.frames.filter { $0.kind == .data }.reduce(0) { $0 + $1.payload.count }
                return bytes == 65_535 ? nil : "\(bytes) bytes"
            }),
        Requirement(
            "6.9.1", "the connection's window has 31 bits", Wire.window(0, 0x7fff_ffff) + Wire.window(0, 0x7fff_ffff),
            .connectionError(.flowControlError)),
        Requirement(
            "6.9.1", "a stream's window has 31 bits",
            Wire.settings((4, 0)) + Wire.get(1, "/large.bin") + Wire.window(1, 0x7fff_ffff) + Wire.window(1, 0x7fff_ffff),
            .streamError(1, .flowControlError)),
        Requirement(
            "6.9.2", "a changed window holds for open streams", Wire.settings((4, 0)) + Wire.get(1) + Wire.settings((4, 1)),
            .check { peer in
                peer.readAll()
                let data = peer.frames.filter { $0.kind == .data && $0.stream == 1 }
                return data.map(\.payload.count) == [1] ? nil : "\(data)"
            }),
        Requirement(
            "6.9.2", "a window may be below zero", Wire.settings((4, 3)) + Wire.get(1) + Wire.settings((4, 2)) + Wire.window(1, 2),
            .check { peer in
                peer.readAll()
                let data = peer.frames.filter { $0.kind == .data && $0.stream == 1 }
                return data.reduce(0) { $0 + $1.payload.count } == 4 ? nil : "\(data)"
            }),
        Requirement(
            "6.9.2", "windows that the setting makes too large end the connection",
            Wire.settings((4, 1)) + Wire.get(1, "/large.bin") + Wire.window(1, 0x7fff_0000) + Wire.settings((4, 0x7fff_ffff)),
            .connectionError(.flowControlError)),
    ]

    static let continuations: [Requirement] = [
        Requirement(
            "6.10", "a header block may come in pieces",
            Wire.frame(.headers, 1, 1, Array(Wire.pseudo()[..<9])) + Wire.frame(.continuation, 0, 1, Array(Wire.pseudo()[9..<20]))
                + Wire.frame(.continuation, 4, 1, Array(Wire.pseudo()[20...])), .answer(1, 200)),
        Requirement(
            "6.10", "nothing comes between HEADERS and CONTINUATION",
            Wire.frame(.headers, 1, 1, Wire.pseudo()) + Wire.frame(.ping, 0, 0, eight) + Wire.frame(.continuation, 4, 1),
            .connectionError(.protocolError)),
        Requirement(
            "6.10", "CONTINUATION is of the same stream", Wire.frame(.headers, 1, 1, Wire.pseudo()) + Wire.frame(.continuation, 4, 3),
            .connectionError(.protocolError)),
        Requirement(
            "6.10", "CONTINUATION has a stream", Wire.frame(.headers, 1, 1, Wire.pseudo()) + Wire.frame(.continuation, 4, 0),
            .connectionError(.protocolError)),
        Requirement(
            "6.10", "CONTINUATION continues something", Wire.post(1) + Wire.frame(.continuation, 4, 1), .connectionError(.protocolError)),
        Requirement(
            "6.10", "CONTINUATION does not follow the end of a block",
            Wire.frame(.headers, 0, 1, Wire.pseudo("POST", "/fixed")) + Wire.frame(.continuation, 4, 1) + Wire.frame(.continuation, 4, 1),
            .connectionError(.protocolError)),
        Requirement(
            "6.10", "CONTINUATION does not follow DATA", Wire.post(1) + Wire.data(1, 2, ends: false) + Wire.frame(.continuation, 4, 1),
            .connectionError(.protocolError)),
    ]
}
