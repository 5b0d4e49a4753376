import HTTPEngine
import Model
import Proxying
import Snapshots
import Synchronization

/// Where finished log lines go: a thread of its own writes them.
package protocol LogSink: Sendable {
    /// Takes whole lines; false when they had to be dropped because the writer is behind. Never blocks.
    func accept(_ lines: [UInt8]) -> Bool
}

extension Exchange {
    var scheme: StaticString { isSecure ? "https" : "http" }
}

package enum AccessLogFormat: Sendable {
    case json, combined
}

/// Formats one line a request into a buffer of its event loop, and hands the buffer over when it is full or a second old.
struct AccessLog {
    struct Line {
        var status: UInt16
        var bytes: Int
        var site: String
        var release: String
        var means: String
        /// Of a request that was passed on.
        var upstream: Upstream?
        /// What the cache did, where the route keeps something.
        var cache: String?
        /// What the guard found; nil: nothing.
        var guarding: String?
        /// Where it was encoded on its way: how, and of how many bytes.
        var encoded: EncodedCount?
    }

    struct Upstream {
        var server: String
        var tries: Int
        /// Why no server answered; nil: one did.
        var failure: String?
    }

    let isOn: Bool
    /// Proxies whose word about the client is believed.
    private let trusted: [AddressPrefix]
    private let sink: (any LogSink)?
    private let format: AccessLogFormat
    private var buffer: [UInt8] = []
    private var lineCount: UInt64 = 0
    private(set) var dropped: UInt64 = 0
    private static let bufferSize = 32 * 1024

    init(sink: (any LogSink)?, format: AccessLogFormat, trusted: [AddressPrefix] = []) {
        self.trusted = trusted
        self.sink = sink
        isOn = sink != nil
        self.format = format
    }

    mutating func write(_ exchange: Exchange, _ line: Line, now: Timestamp) {
        switch format {
        case .json: writeJSON(exchange, line, now)
        case .combined: writeCombined(exchange, line, now)
        }
        lineCount += 1
        if buffer.count >= Self.bufferSize { handOver() }
    }

    /// A request that the engine refused: what is not known of it is `-`.
    mutating func write(_ refusal: Refusal, peer: PeerAddress, request: Exchange?, bytes: Int, now: Timestamp) {
        let line = Line(status: refusal.status, bytes: bytes, site: "", release: "", means: "")
        switch (format, request) {
        case (.json, nil):
            add("{\"time\":\"\(now)\",\"client\":\"\(peer)\",\"method\":\"-\",\"host\":\"-\",\"target\":\"-\"")
            add(",\"status\":\(line.status),\"bytes\":\(line.bytes),\"site\":\"\",\"refused\":\"\(refusal.reason.rawValue)\"}\n")
        case (.json, let exchange?): writeJSON(exchange, line, now, refused: refusal.reason.rawValue)
        case (.combined, nil):
            addCombinedStart(peer, now)
            add("-\" \(line.status) \(line.bytes) \"-\" \"-\"\n")
        case (.combined, let exchange?): writeCombined(exchange, line, now)
        }
        lineCount += 1
        if buffer.count >= Self.bufferSize { handOver() }
    }

    /// Lines dropped since this was asked last.
    mutating func takeDropped() -> UInt64 {
        defer { dropped = 0 }
        return dropped
    }

    mutating func handOver() {
        guard let sink, !buffer.isEmpty else { return }
        if !sink.accept(buffer) { dropped += lineCount }
        buffer.removeAll(keepingCapacity: true)
        lineCount = 0
    }

    private func client(of exchange: Exchange) -> PeerAddress { ForwardedClient.of(exchange, trusted: trusted) }

    private mutating func writeJSON(_ exchange: Exchange, _ line: Line, _ now: Timestamp, refused: String? = nil) {
        add("{\"time\":\"\(now)\",\"client\":\"\(client(of: exchange))\",\"scheme\":\"\(exchange.scheme)\"")
        add(",\"protocol\":\"\(exchange.version)\",\"method\":")
        addQuoted(exchange.bytes(exchange.head.methodName))
        add(",\"host\":")
        addQuoted(exchange.bytes(exchange.head.authority))
        add(",\"target\":")
        addQuoted(exchange.bytes(exchange.head.target))
        add(",\"status\":\(line.status),\"bytes\":\(line.bytes),\"site\":\"\(line.site)\"")
        if !line.release.isEmpty { add(",\"release\":\"\(line.release)\",\"by\":\"\(line.means)\"") }
        if let cache = line.cache { add(",\"cache\":\"\(cache)\"") }
        if let guarding = line.guarding { add(",\"guard\":\"\(guarding)\"") }
        if let encoded = line.encoded { add(",\"encoding\":\"\(encoded.coding.token)\",\"plain\":\(encoded.plain)") }
        if let upstream = line.upstream {
            add(",\"upstream\":\"\(upstream.server)\"")
            if upstream.tries > 1 { add(",\"tries\":\(upstream.tries)") }
            if let failure = upstream.failure { add(",\"failure\":\"\(failure)\"") }
        }
        if let refused { add(",\"refused\":\"\(refused)\"") }
        for (key, field) in [("agent", KnownField.userAgent), ("referer", .referer), ("traceparent", .traceparent)] {
            guard let value = exchange[field] else { continue }
            add(",\"\(key)\":")
            addQuoted(value)
        }
        add("}\n")
    }

    private mutating func addCombinedStart(_ peer: PeerAddress, _ now: Timestamp) {
        let date = CivilDate(secondsSince1970: now.milliseconds / 1000)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
        add("\(peer) - - [\(two(date.day))/\(months[date.month - 1])/\(date.year):")
        add("\(two(date.hour)):\(two(date.minute)):\(two(date.second)) +0000] \"")
    }

    private mutating func writeCombined(_ exchange: Exchange, _ line: Line, _ now: Timestamp) {
        addCombinedStart(client(of: exchange), now)
        addEscaped(exchange.bytes(exchange.head.methodName))
        add(" ")
        addEscaped(exchange.bytes(exchange.head.target))
        add(" \(exchange.version)\" \(line.status) \(line.bytes) \"")
        if let referer = exchange[.referer] { addEscaped(referer) } else { add("-") }
        add("\" \"")
        if let agent = exchange[.userAgent] { addEscaped(agent) } else { add("-") }
        add("\"\n")
    }

    private mutating func add(_ text: String) { buffer.append(contentsOf: text.utf8) }

    private mutating func addQuoted(_ bytes: UnsafeBufferPointer<UInt8>) {
        buffer.append(0x22)
        addEscaped(bytes)
        buffer.append(0x22)
    }

    /// Quotes, backslashes and what is no visible ASCII are escaped, so that nobody can forge a line.
    private mutating func addEscaped(_ bytes: UnsafeBufferPointer<UInt8>) {
        for byte in bytes {
            switch byte {
            case 0x22, 0x5c:
                buffer.append(0x5c)
                buffer.append(byte)
            case 0x20...0x7e: buffer.append(byte)
            default: add("\\u00" + Hexadecimal.string([byte]))
            }
        }
    }
}
