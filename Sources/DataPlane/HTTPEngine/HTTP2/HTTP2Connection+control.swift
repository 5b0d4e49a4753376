// SETTINGS, PING and WINDOW_UPDATE (RFC 9113 §6.5, §6.7, §6.9).
extension HTTP2Connection {
    /// Our SETTINGS come first (RFC 9113 §3.4); with them the connection's window becomes what we allow.
    func sendPreface() {
        var payload: [UInt8] = []
        func add(_ identifier: UInt16, _ value: Int) {
            payload += [UInt8(identifier >> 8), UInt8(truncatingIfNeeded: identifier)]
            payload += Self.bytes(UInt32(value))
        }
        add(HTTP2Settings.Identifier.maximumStreams, limits.concurrentStreams)
        add(HTTP2Settings.Identifier.initialWindow, limits.streamWindow)
        add(HTTP2Settings.Identifier.maximumFields, HTTP2RequestHead.listLimit(loop.limits))
        // Whether a route takes one is its own answer (RFC 8441 §3).
        add(HTTP2Settings.Identifier.enableConnect, 1)
        add(HTTP2Settings.Identifier.noPriorities, 1)
        output.add(HTTP2Frame(.settings, length: payload.count), payload)
        let more = limits.connectionWindow - receiveWindow
        if more > 0 {
            receiveWindow += more
            sendWindowUpdate(0, more)
        }
        if loop.isDraining { drain() }
    }

    func receiveSettings(_ payload: UnsafeBufferPointer<UInt8>) {
        guard settingsFrames.take(now: loop.seconds) else { return fail(.enhanceYourCalm, .settingsFlood) }
        let before = settings.initialWindow
        let hadSmallTable = settings.hasSmallTable
        do throws(HTTP2ErrorCode) {
            try settings.apply(payload)
        } catch { return fail(error, .badSetting) }
        if settings.hasSmallTable, !hadSmallTable { mustAnnounceTable = true }
        // All open streams follow (RFC 9113 §6.9.2).
        let change = settings.initialWindow - before
        if change != 0 {
            for stream in streams {
                stream.sendWindow += change
                if stream.sendWindow > HTTP2Settings.largestWindow { return fail(.flowControlError, .windowTooLarge) }
            }
        }
        output.add(HTTP2Frame(.settings, flags: HTTP2Frame.Flag.ack, length: 0), [])
    }

    static func bytes(_ value: UInt32) -> [UInt8] {
        [
            UInt8(truncatingIfNeeded: value >> 24), UInt8(truncatingIfNeeded: value >> 16), UInt8(truncatingIfNeeded: value >> 8),
            UInt8(truncatingIfNeeded: value),
        ]
    }

    func sendPing(_ data: UInt64, flags: UInt8) {
        output.add(
            HTTP2Frame(.ping, flags: flags, length: 8),
            Self.bytes(UInt32(truncatingIfNeeded: data >> 32)) + Self.bytes(UInt32(truncatingIfNeeded: data)))
    }

    func sendWindowUpdate(_ stream: UInt32, _ increment: Int) {
        output.add(HTTP2Frame(.windowUpdate, stream: stream, length: 4), Self.bytes(UInt32(increment)))
    }
}
