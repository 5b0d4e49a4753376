import Compression
import HTTPEngine
import Model
import Snapshots

/// How an answer goes to a client on a route that compresses.
enum EncodingChoice: Hashable, Sendable {
    /// It goes to everybody as it came.
    case asIs
    /// This client gets it as it came, another one might not: caches are told.
    case identity
    case encoded(Coding)

    /// - Parameters:
    ///   - length: bytes that it says it has; nil: it does not say. A `HEAD` is told what a `GET` would be, so that nothing else may count.
    ///   - accepted: what the client takes.
    ///   - isForbidden: whether the request says `no-transform` (RFC 9111 §5.2.1.6).
    init(
        _ policy: CompressionPolicy, status: UInt16, lines: EncodableLines, length: UInt64?, accepted: EncodingPreference,
        isForbidden: Bool = false
    ) {
        guard Self.mayHaveContent(status), Self.mayChange(lines, policy) == true else {
            self = .asIs
            return
        }
        if status == 206 || lines.isPart {
            // The whole might have been another representation (RFC 9110 §15.3.7).
            self = .identity
            return
        }
        if length ?? .max < max(policy.minimum, 1) {
            self = .asIs
            return
        }
        self = isForbidden ? .identity : policy.coding(for: accepted, isLasting: lines.isEventStream).map { .encoded($0) } ?? .identity
    }

    /// Whether the answer that a `304` is about may have been encoded. Where it says no type, a name does that is one of something
    /// compressed.
    /// - Parameter path: that was asked for.
    static func varies(_ policy: CompressionPolicy, notModified lines: EncodableLines, path: UnsafeBufferPointer<UInt8>) -> Bool {
        if let known = mayChange(lines, policy) { return known }
        let name = path.prefix { $0 != UInt8(ascii: "?") }
        return !Worthwhile.isCompressed(name: String(decoding: name, as: UTF8.self))
    }

    /// Nil: it says no type.
    private static func mayChange(_ lines: EncodableLines, _ policy: CompressionPolicy) -> Bool? {
        if lines.isEncoded || lines.isFixed { return false }
        return lines.type.map { policy.takes(lines.bytes($0)) }
    }

    /// RFC 9110 §15.
    private static func mayHaveContent(_ status: UInt16) -> Bool { status >= 200 && ![204, 205, 304].contains(status) }
}

extension CompressionPolicy {
    /// Of those with the client's highest weight the first; nil: it takes none of them, or would rather have none.
    /// - Parameter isLasting: whether the answer goes on for hours: brotli, which takes five times the memory there, comes last.
    package func coding(for accepted: EncodingPreference, isLasting: Bool = false) -> Coding? {
        let codings = isLasting ? codings.filter { $0 != .brotli } + codings.filter { $0 == .brotli } : codings
        var best: Coding?
        for coding in codings where accepted.weight(of: coding) > best.map({ accepted.weight(of: $0) }) ?? 0 { best = coding }
        return best.flatMap { accepted.weight(of: $0) >= accepted.identity ? $0 : nil }
    }

    /// Whether a request may want to join a part to one of another coding, since its `If-Range` is a date: that is the same for all codings of
    /// an answer (RFC 9110 §8.8.2.2). It gets the whole then.
    func mistrustsRange(of exchange: Exchange) -> Bool {
        guard exchange.head.has(.range), let validator = exchange[.ifRange], validator.last != UInt8(ascii: "\"") else { return false }
        let accepted = exchange.joined(.acceptEncoding).withUnsafeBufferPointer {
            exchange.head.has(.acceptEncoding) ? EncodingPreference($0) : .identityOnly
        }
        return coding(for: accepted) != nil
    }
}

extension EncodingChoice {
    /// What a client is told then.
    /// - Parameters:
    ///   - lines: what it would be told otherwise.
    ///   - asked: what its `If-None-Match` says.
    /// - Returns: nil: the same.
    func lines(_ lines: EncodableLines, status: UInt16, asked: [UInt8]) -> [UInt8]? {
        switch self {
        case .asIs: nil
        case .identity: status == 304 ? lines.notModified(asked: asked) : lines.varying()
        case .encoded(let coding): lines.encoded(coding)
        }
    }
}
