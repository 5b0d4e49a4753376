import HTTPEngine
import Snapshots

/// Writes the head of a request as a server gets it.
struct UpstreamRequest {
    let exchange: Exchange
    let route: ProxyRoute
    let server: UpstreamServer
    /// What is asked for where it is not what the client sent: dot segments are resolved by then.
    let target: [UInt8]?
    /// Whole lines that the site adds.
    let lines: [UInt8]
    /// In lower case: never passed, since it says which release a client wants, not which one it gets.
    let pinField: String
    let isUpgrade: Bool
    /// Of a WebSocket that the client asked for without one.
    let webSocketKey: WebSocketKey?
    /// A number from 0 to below the bound it is given.
    let random: (Int) -> Int

    private var policy: ProxyPolicy { route.policy }

    /// - Precondition: the block has room for the client's head and a little more.
    func write(into block: ByteBlock) {
        let head = exchange.head
        block.begin()
        if head.isExtendedConnect { block.add("GET") } else { block.add(exchange.bytes(head.methodName)) }
        block.add(byte: 0x20)
        if let target { block.add(target) } else { block.add(exchange.bytes(head.target)) }
        block.add(" HTTP/1.1\r\nHost: ")
        switch policy.host {
        case .client: block.add(exchange.bytes(head.authority))
        case .fixed(let host): block.add(host ?? server.authority)
        }
        block.add("\r\n")
        let wantsTrailers = writeFields(into: block)
        writeForwarded(into: block)
        switch head.framing {
        case .none: if head.has(.contentLength) { block.add("Content-Length: 0\r\n") }
        case .length(let length):
            block.add("Content-Length: ")
            block.add(decimal: length)
            block.add("\r\n")
        case .chunked: block.add("Transfer-Encoding: chunked\r\n")
        }
        if isUpgrade {
            block.add("Connection: Upgrade\r\nUpgrade: ")
            if let upgrade = exchange[.upgrade] { block.add(upgrade) }
            if let webSocketKey {
                block.add("websocket\r\nSec-WebSocket-Key: ")
                block.add(webSocketKey.text)
            }
            block.add("\r\n")
        } else if wantsTrailers {
            block.add("Connection: TE\r\nTE: trailers\r\n")
        }
        block.add(policy.request.lines)
        block.add(lines)
        block.add("\r\n")
    }

    /// Copies the client's fields in runs, as they came.
    /// - Returns: whether it takes trailers.
    private func writeFields(into block: ByteBlock) -> Bool {
        let base = exchange.base
        let named = namedByConnection
        let isWhole = policy.compression?.mistrustsRange(of: exchange) ?? false
        var wantsTrailers = false
        var parent: RequestHead.Span?
        var hasOneParent = true
        var states: [RequestHead.Span] = []
        let head = exchange.head
        var runStart = Int(head.fields.start)
        var lineStart = runStart
        head.forEachField(in: base) { name, value in
            let bytes = name.bytes(from: base)
            var passes = true
            switch RequestField.treatment(bytes) {
            case .passes: break
            case .drops: passes = false
            case .trailer: passes = head.framing == .chunked
            case .traceparent:
                passes = false
                if parent != nil { hasOneParent = false }
                parent = value
            case .tracestate:
                passes = false
                states.append(value)
            case .te:
                passes = false
                ListTokens.forEach(value.bytes(from: base)) {
                    if $0.elementsEqual("trailers".utf8, by: Self.isSame) { wantsTrailers = true }
                }
            }
            if passes, !named.isEmpty, named.contains(where: { bytes.elementsEqual($0, by: Self.isSame) }) { passes = false }
            if passes, !policy.request.removesNone, policy.request.removes(bytes) { passes = false }
            if passes, bytes.count == pinField.utf8.count, bytes.elementsEqual(pinField.utf8, by: Self.isSameField) { passes = false }
            if passes, isWhole, bytes.elementsEqual("range".utf8, by: Self.isSame) || bytes.elementsEqual("if-range".utf8, by: Self.isSame)
            {
                passes = false
            }
            if passes, webSocketKey != nil, bytes.elementsEqual("sec-websocket-key".utf8, by: Self.isSame) { passes = false }
            // The value may be followed by spaces: the line ends at its CRLF.
            var end = Int(value.start) + Int(value.count)
            while base[end] != 0x0d { end += 1 }
            end += 2
            if !passes {
                block.add(UnsafeRawBufferPointer(start: base + runStart, count: lineStart - runStart))
                runStart = end
            }
            lineStart = end
            return true
        }
        block.add(UnsafeRawBufferPointer(start: base + runStart, count: lineStart - runStart))
        writeTrace(parent.flatMap { hasOneParent ? $0.bytes(from: base) : nil }, states, into: block)
        return wantsTrailers
    }

    /// Without a parent that can be read, what else is said of the trace means nothing (W3C Trace Context §3.3.1.1).
    private func writeTrace(_ parent: UnsafeBufferPointer<UInt8>?, _ states: [RequestHead.Span], into block: ByteBlock) {
        guard let parent, TraceParent.isValid(parent) else { return TraceParent.begin(in: block, random: random) }
        block.add("traceparent: ")
        block.add(parent)
        block.add("\r\n")
        for state in states {
            block.add("tracestate: ")
            block.add(exchange.bytes(state))
            block.add("\r\n")
        }
    }

    /// What goes on of the fields behind the client's body: none that could not stand in front of it.
    static func trailers(_ lines: [UInt8], policy: ProxyPolicy, pinField: String) -> [UInt8] {
        var kept: [UInt8] = []
        lines.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            FieldLineReader.forEach(in: RequestHead.Span(0, bytes.count), of: base) { name, value in
                let text = name.bytes(from: base)
                let isPin = text.count == pinField.utf8.count && text.elementsEqual(pinField.utf8, by: isSameField)
                if RequestField.treatment(text) == .passes, !policy.request.removes(text), !isPin {
                    kept += text
                    kept += [0x3a, 0x20]
                    kept += value.bytes(from: base)
                    kept += [0x0d, 0x0a]
                }
                return true
            }
        }
        return kept
    }

    /// Names in lower case of fields that `Connection` says are for this hop (RFC 9110 §7.6.1).
    private var namedByConnection: [[UInt8]] {
        guard exchange.head.has(.connection) else { return [] }
        if !exchange.head.isRepeated(.connection), let only = exchange[.connection], only.count <= 10,
            only.elementsEqual("keep-alive".utf8, by: Self.isSame) || only.elementsEqual("close".utf8, by: Self.isSame)
        {
            return []
        }
        var names: [[UInt8]] = []
        exchange.joined(.connection).withUnsafeBufferPointer { list in
            ListTokens.forEach(list) { token in names.append(token.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }) }
        }
        return names
    }

    private static func isSame(_ byte: UInt8, _ lower: UInt8) -> Bool { (byte &- 0x41 < 26 ? byte | 0x20 : byte) == lower }

    private static func isSameField(_ byte: UInt8, _ lower: UInt8) -> Bool {
        byte == UInt8(ascii: "_") ? lower == UInt8(ascii: "-") || lower == byte : isSame(byte, lower)
    }

    /// Who asked, how, and by which way (RFC 7239, RFC 9110 §7.6.3).
    private func writeForwarded(into block: ByteBlock) {
        let authority = exchange.bytes(exchange.head.authority)
        if ForwardedClient.isTrusted(exchange.peer, policy.trusted) { return writeTrusted(into: block) }
        block.add("X-Forwarded-For: ")
        block.add(exchange.peer)
        block.add("\r\nX-Forwarded-Proto: ")
        block.add(exchange.isSecure ? "https" : "http")
        block.add("\r\nX-Forwarded-Host: ")
        block.add(authority)
        block.add("\r\nForwarded: for=")
        writeNode(into: block)
        block.add(";host=\"")
        block.add(authority)
        block.add("\";proto=")
        block.add(exchange.isSecure ? "https" : "http")
        block.add("\r\nVia: ")
        block.add(exchange.protocolVersion)
        block.add(" tandem\r\n")
    }

    /// What a trusted proxy in front says goes on, with itself at the end.
    private func writeTrusted(into block: ByteBlock) {
        for (name, standard) in [
            ("X-Forwarded-Proto", exchange.isSecure ? Array("https".utf8) : Array("http".utf8)),
            ("X-Forwarded-Host", Array(exchange.bytes(exchange.head.authority))),
        ] {
            block.add(Array(name.utf8))
            block.add(": ")
            block.add(values(name).first ?? standard)
            block.add("\r\n")
        }
        for name in ["X-Forwarded-For", "Forwarded"] {
            block.add(Array(name.utf8))
            block.add(": ")
            for value in values(name) {
                block.add(value)
                block.add(", ")
            }
            if name == "Forwarded" {
                block.add("for=")
                writeNode(into: block)
            } else {
                block.add(exchange.peer)
            }
            block.add("\r\n")
        }
        block.add("Via: ")
        block.add(exchange.protocolVersion)
        block.add(" tandem\r\n")
    }

    /// The values of a field, in the order of its lines.
    private func values(_ name: String) -> [[UInt8]] {
        let lower = Array(name.lowercased().utf8)
        var found: [[UInt8]] = []
        exchange.head.forEachField(in: exchange.base) { name, value in
            if name.bytes(from: exchange.base).elementsEqual(lower, by: Self.isSame), !value.isEmpty {
                found.append(Array(value.bytes(from: exchange.base)))
            }
            return true
        }
        return found
    }

    /// An IPv6 address stands in brackets and quotes, and a client without an address is unknown (RFC 7239 §6).
    private func writeNode(into block: ByteBlock) {
        if exchange.peer == .local { return block.add("unknown") }
        if exchange.peer.isMapped { return block.add(exchange.peer) }
        block.add("\"[")
        block.add(exchange.peer)
        block.add("]\"")
    }
}
