@testable import HTTPEngine

/// A client's machine and what becomes of frames that a server sends it.
final class ClientFrames {
    var machine: HTTP2ClientMachine
    private var waiting: [UInt8] = []

    /// - Parameter settings: that the server begins with; nil: it has not begun.
    init(settings: [UInt8]? = [], limits: EngineLimits = EngineLimits()) {
        machine = HTTP2ClientMachine(limits: limits, isSecure: true, now: 0)
        machine.output.removeAll()
        if let settings { _ = receive(HTTP2Trial.frame(.settings, settings)) }
        machine.output.removeAll()
    }

    var hasRoom: Bool { machine.hasRoom }
    var streamCount: Int { machine.streamCount }
    var head: UpstreamHead { machine.head }
    var headText: [UInt8] { machine.headText }
    var waitingCount: Int { machine.output.count }

    @discardableResult
    func open(_ text: String = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", isHead: Bool = false, hasBody: Bool = false) -> UInt32 {
        var text = text
        return text.withUTF8 { machine.open(UnsafeRawBufferPointer($0), isHead: isHead, hasBody: hasBody) }
    }

    /// What came of the bytes, in words.
    func receive(_ bytes: [UInt8], now: Int64 = 0) -> [String] {
        waiting += bytes
        var words: [String] = []
        var at = 0
        waiting.withUnsafeBufferPointer { all in
            guard let base = all.baseAddress else { return }
            while true {
                var consumed = 0
                let event = machine.next(base + at, count: all.count - at, now: now, consumed: &consumed)
                at += consumed
                if case .needsMore = event { return }
                if let word = word(event) { words.append(word) }
            }
        }
        waiting.removeFirst(at)
        return words
    }

    private func word(_ event: HTTP2ClientMachine.Event) -> String? {
        switch event {
        case .needsMore, .handled, .settings, .windows: nil
        case .interim(let id): "interim \(id) \(machine.head.status)"
        case .head(let id, let isLast): "head \(id) \(machine.head.status)\(isLast ? " last" : "")"
        case .data(let id, let bytes, let isLast): "data \(id) \(bytes.count)\(isLast ? " last" : "")"
        case .trailers(let id, let lines): "trailers \(id) \(String(decoding: lines, as: UTF8.self))"
        case .broken(let id, let fault): "broken \(id) \(fault)"
        case .unprocessed(let id): "unprocessed \(id)"
        case .goingAway(let last): "goingAway \(last)"
        case .failed(let fault): "failed \(fault)"
        }
    }

    /// Frames that were written since the last look.
    func frames() -> [(frame: HTTP2Frame, payload: [UInt8])] {
        var found: [(HTTP2Frame, [UInt8])] = []
        while machine.output.count >= HTTP2Frame.headCount {
            let frame = HTTP2Frame(machine.output.base)
            let payload = UnsafeBufferPointer(start: machine.output.base + HTTP2Frame.headCount, count: frame.length)
            found.append((frame, Array(payload)))
            machine.output.removeFirst(HTTP2Frame.headCount + frame.length)
        }
        return found
    }

    func kinds() -> [HTTP2Frame.Kind?] { frames().map(\.frame.kind) }

    func send(_ count: Int, on id: UInt32) -> Int {
        [UInt8](repeating: 7, count: count).withUnsafeBytes { machine.send($0, on: id) }
    }

    static func answer(_ id: UInt32, _ fields: [(String, String)] = [], status: String = "200", ends: Bool = false) -> [UInt8] {
        HTTP2Trial.frame(.headers, flags: ends ? 5 : 4, stream: id, HTTP2Trial.block([(":status", status)] + fields))
    }
}
