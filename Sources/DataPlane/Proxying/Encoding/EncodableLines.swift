import HTTPEngine
import Model

/// The field lines of an answer, with what in them decides whether it may be encoded on its way, and what becomes of them when it is.
///
/// An encoding makes another representation of the same resource (RFC 9110 §8.4): other bytes than those that a strong tag, a length, a
/// digest and ranges were said of. The tag becomes weak, the others are left out, and whoever keeps it is told what it varies by.
struct EncodableLines {
    private let lines: UnsafeBufferPointer<UInt8>
    /// Of the first `Content-Type`.
    private(set) var type: RequestHead.Span?
    private(set) var tag: RequestHead.Span?
    /// Whether it has a coding already.
    private(set) var isEncoded = false
    /// Whether it is a part of something (`Content-Range`).
    private(set) var isPart = false
    /// Whether nobody on the way may change it (`no-transform`, RFC 9111 §5.2.2.6).
    private(set) var isFixed = false
    /// Whether `Vary` names `Accept-Encoding`, or anything.
    private(set) var varies = false

    /// - Parameter lines: in wire form; valid for as long as this is used.
    init(_ lines: UnsafeBufferPointer<UInt8>) {
        self.lines = lines
        forEach { name, value in
            switch name.count {
            case 4 where Self.isSame(name, "etag"): tag = tag ?? value
            case 4 where Self.isSame(name, "vary"):
                ListTokens.forEach(bytes(value)) { if Self.isSame($0, "accept-encoding") || Self.isSame($0, "*") { varies = true } }
            case 12 where Self.isSame(name, "content-type"): type = type ?? value
            case 13 where Self.isSame(name, "cache-control"): if Self.forbids(bytes(value)) { isFixed = true }
            case 13 where Self.isSame(name, "content-range"): isPart = true
            case 16 where Self.isSame(name, "content-encoding"): isEncoded = true
            default: break
            }
        }
    }

    /// Whether it is a stream of events, which goes on until somebody ends it.
    var isEventStream: Bool {
        guard let type else { return false }
        let essence = bytes(type).prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
        return Self.isSame(UnsafeBufferPointer(rebasing: essence), "text/event-stream")
    }

    func bytes(_ span: RequestHead.Span) -> UnsafeBufferPointer<UInt8> {
        guard let base = lines.baseAddress else { return lines }
        return span.bytes(from: base)
    }

    /// Of the answer as it came, which might have been another one.
    func varying() -> [UInt8] { varies ? Array(lines) : Array(lines) + Self.vary }

    /// Of the answer in that coding.
    func encoded(_ coding: Coding) -> [UInt8] {
        var out = copied(without: Self.isAboutBytes)
        out += "Content-Encoding: \(coding.token)\r\n".utf8
        if !varies { out += Self.vary }
        return out
    }

    /// Of a `304` about an answer that may have been encoded. What the client has tells: who asks about the weak tag has it encoded.
    /// - Parameter asked: what `If-None-Match` says.
    func notModified(asked: [UInt8]) -> [UInt8] {
        var out = hasWeak(asked) ? copied(without: Self.isAboutBytes) : Array(lines)
        if !varies { out += Self.vary }
        return out
    }

    private static let vary = Array("Vary: Accept-Encoding\r\n".utf8)

    /// Lines with the tag made weak.
    private func copied(without isLeftOut: (UnsafeBufferPointer<UInt8>) -> Bool) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(lines.count + 64)
        forEach { name, value in
            if isLeftOut(name) { return }
            out.append(contentsOf: name)
            out += [0x3a, 0x20]
            // A strong tag is for one sequence of bytes (RFC 9110 §8.8.1).
            if Self.isSame(name, "etag"), bytes(value).first == UInt8(ascii: "\"") { out += Self.weak }
            out.append(contentsOf: bytes(value))
            out += [0x0d, 0x0a]
        }
        return out
    }

    private static let weak = Array("W/".utf8)

    /// Whether the tag, strong here, is listed as a weak one and not as it is.
    private func hasWeak(_ asked: [UInt8]) -> Bool {
        guard let tag, bytes(tag).first == UInt8(ascii: "\"") else { return false }
        var (weak, strong) = (false, false)
        asked.withUnsafeBufferPointer { list in
            ListTokens.forEach(list) { member in
                if member.elementsEqual(bytes(tag)) { strong = true }
                if member.starts(with: Self.weak), member.dropFirst(2).elementsEqual(bytes(tag)) { weak = true }
            }
        }
        return weak && !strong
    }

    /// Fields behind an answer, without those that would say something of other bytes than were sent.
    static func trailers(_ lines: [UInt8]) -> [UInt8] {
        lines.withUnsafeBufferPointer { EncodableLines($0).copied(without: isAboutBytes) }
    }

    /// What is said of bytes that are others in another coding: digests of content and of representation (RFC 9530 §2, §3; RFC 3230;
    /// RFC 1864), the length, and that a range of them can be had.
    private static func isAboutBytes(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        switch name.count {
        case 6: isSame(name, "digest")
        case 11: isSame(name, "content-md5") || isSame(name, "repr-digest")
        case 14: isSame(name, "content-digest") || isSame(name, "content-length")
        case 13: isSame(name, "accept-ranges")
        default: false
        }
    }

    static func forbids(_ cacheControl: UnsafeBufferPointer<UInt8>) -> Bool {
        var found = false
        ListTokens.forEach(cacheControl) { if isSame($0, "no-transform") { found = true } }
        return found
    }

    private func forEach(_ body: (UnsafeBufferPointer<UInt8>, RequestHead.Span) -> Void) {
        guard let base = lines.baseAddress else { return }
        FieldLineReader.forEach(in: RequestHead.Span(0, lines.count), of: base) { name, value in
            body(name.bytes(from: base), value)
            return true
        }
    }

    private static func isSame(_ bytes: UnsafeBufferPointer<UInt8>, _ lower: StaticString) -> Bool {
        guard bytes.count == lower.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count {
            let byte = bytes[index]
            if (byte &- 0x41 < 26 ? byte | 0x20 : byte) != lower.utf8Start[index] { return false }
        }
        return true
    }
}
