import Glibc
import Model

/// What a client accepts (RFC 9110 §12.5.3), as weights in thousandths: of what is accepted with the highest weight the
/// server sends the smallest.
package struct EncodingPreference: Hashable, Sendable {
    package var brotli: UInt16 = 0
    package var zstd: UInt16 = 0
    package var gzip: UInt16 = 0
    package var identity: UInt16 = 1
    /// Deltas are for who names them: `*` does not ask for one.
    package var dcz: UInt16 = 0
    /// Whether the request came through a proxy that announces itself: it may be told less. No weight, but it decides with them
    /// what is answered, and keys the hot table with them.
    package var isProxied = false

    /// No field: anything is acceptable, and nobody who leaves it out wants a coding.
    package static let identityOnly = EncodingPreference()

    package init() {}

    /// - Parameter value: the field's value; malformed members are passed over.
    package init(_ value: UnsafeBufferPointer<UInt8>) {
        var star: UInt16?
        var named: Set<String> = []
        ListTokens.forEach(value) { member in
            let (name, weight) = Self.parse(member)
            guard let weight else { return }
            switch name {
            case "br": brotli = weight
            case "zstd": zstd = weight
            case "gzip", "x-gzip": gzip = weight
            case "identity": identity = weight
            case "dcz": dcz = weight
            case "*": star = weight
            default: break
            }
            named.insert(name)
        }
        guard let star else { return }
        if !named.contains("br") { brotli = star }
        if !named.contains("zstd") { zstd = star }
        if !named.contains("gzip"), !named.contains("x-gzip") { gzip = star }
        // `*;q=0` without identity means: not even identity. Nothing else could be sent, so identity is, last of all.
        if !named.contains("identity"), star == 0 { identity = 0 }
    }

    /// `name [;q=weight]`; the weight is nil when it is malformed.
    private static func parse(_ member: UnsafeBufferPointer<UInt8>) -> (String, UInt16?) {
        let parts = member.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        let name = String(decoding: trimmed(parts[0]), as: UTF8.self).lowercased()
        guard parts.count > 1 else { return (name, 1000) }
        for part in parts.dropFirst() {
            let text = String(decoding: trimmed(part), as: UTF8.self).lowercased()
            guard text.hasPrefix("q=") else { continue }
            return (name, weight(text.dropFirst(2)))
        }
        return (name, 1000)
    }

    /// `qvalue` of RFC 9110 §12.4.2: 0, 1, or up to three digits after the point.
    static func weight(_ text: Substring) -> UInt16? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts[0] == "0" || parts[0] == "1" else { return nil }
        let digits = parts.count == 2 ? parts[1] : ""
        guard digits.utf8.count <= 3, digits.utf8.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
        let thousandths = UInt16(digits.padding(to: 3)) ?? 0
        if parts[0] == "1" { return thousandths == 0 ? 1000 : nil }
        return thousandths
    }

    private static func trimmed(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Slice<UnsafeBufferPointer<UInt8>> {
        var bytes = bytes
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes = bytes.dropFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes = bytes.dropLast() }
        return bytes
    }

    package func weight(of coding: Coding?) -> UInt16 {
        switch coding {
        case .brotli: brotli
        case .zstd: zstd
        case .gzip: gzip
        case nil: identity
        }
    }
}

extension Substring {
    fileprivate func padding(to count: Int) -> String {
        self.count < count ? self + String(repeating: "0", count: count - self.count) : String(self)
    }
}

/// Remembers the preferences seen: browsers send a handful of values. State belongs to one event loop.
package struct PreferenceMemo {
    private var known: [(value: [UInt8], preference: EncodingPreference)] = []
    private var next = 0
    private static let capacity = 16

    package init() {}

    /// The preference and a number that stands for it in keys; a number never comes to mean another preference, since the
    /// weights themselves are mixed into it.
    @inline(__always)
    package mutating func find(_ value: UnsafeBufferPointer<UInt8>?) -> EncodingPreference {
        guard let value, let start = value.baseAddress else { return .identityOnly }
        for index in known.indices where known[index].value.count == value.count {
            let equal = known[index].value.withUnsafeBufferPointer { own in
                own.baseAddress.map { memcmp($0, start, own.count) == 0 } ?? true
            }
            if equal { return known[index].preference }
        }
        return learn(value)
    }

    private mutating func learn(_ value: UnsafeBufferPointer<UInt8>) -> EncodingPreference {
        let preference = EncodingPreference(value)
        if known.count < Self.capacity {
            known.append((Array(value), preference))
        } else {
            known[next] = (Array(value), preference)
            next = (next + 1) % Self.capacity
        }
        return preference
    }
}
