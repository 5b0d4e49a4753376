import HTTPEngine

/// A head that a server sends before its answer's. It goes on to the client (RFC 9110 §15.2), but for `100`, which nobody here has asked
/// the server for: who waits for it has it from us.
struct InterimHead {
    let head: UpstreamHead
    let base: UnsafePointer<UInt8>

    init(_ head: UpstreamHead, _ base: UnsafePointer<UInt8>) { (self.head, self.base) = (head, base) }

    /// Nil: it stays here.
    var hints: EarlyHints? {
        guard head.status > 101 else { return nil }
        var named: [[UInt8]] = Self.ofConnection
        head.forEachField(in: base) { name, value in
            guard Self.lower(name.bytes(from: base)).elementsEqual("connection".utf8) else { return }
            ListTokens.forEach(value.bytes(from: base)) { named.append(Self.lower($0)) }
        }
        var fields = FieldLines()
        head.forEachField(in: base) { name, value in
            let name = name.bytes(from: base)
            if named.contains(Self.lower(name)) { return }
            fields.add(lines: Array(name) + [0x3a, 0x20] + Array(value.bytes(from: base)) + [0x0d, 0x0a])
        }
        return EarlyHints(fields, status: head.status)
    }

    private static func lower(_ bytes: some Sequence<UInt8>) -> [UInt8] { bytes.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 } }

    /// RFC 9110 §7.6.1, and what would frame a body that there is none of.
    private static let ofConnection = [
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "content-length", "upgrade",
        "proxy-authenticate",
    ].map { Array($0.utf8) }
}
