import Crypto
import Model

/// What a cached response is found by: scheme, authority and target, and the release where backends belong to one.
///
/// Nothing else of a request is in it, so that nothing else may change what is stored under it.
package struct CacheKey: Hashable, Sendable {
    /// `https://shop.example/a?b`; behind a space the release.
    package let text: String
    /// The first half of the text's SHA-256: names of files and slots of tables. Two texts with the same are told apart by the text.
    package let high: UInt64
    package let low: UInt64

    /// - Parameters:
    ///   - origin: scheme and authority in lower case, without a default port: `https://shop.example`.
    ///   - target: in origin form, normalised; the query as it came.
    ///   - release: the digits of its id, where the backend belongs to it.
    package init(origin: String, target: String, release: String? = nil) {
        self.init(text: origin + target + (release.map { " " + $0 } ?? ""))
    }

    /// - Parameters:
    ///   - url: as people write it: `https://Shop.example:443/a#b`. Neither the host's case matters, nor a default port, nor a fragment.
    ///   - release: as above.
    package init(url: String, release: String? = nil) {
        guard let scheme = url.firstRange(of: "://") else {
            self.init(text: url + (release.map { " " + $0 } ?? ""))
            return
        }
        let rest = url[scheme.upperBound...].prefix { $0 != "#" }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let target = rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
        self.init(
            origin: Self.origin(url[..<scheme.lowerBound].lowercased(), rest[..<end].lowercased()), target: target, release: release)
    }

    /// Without the port that goes without saying (RFC 9110 §4.2.3).
    /// - Parameters: in lower case.
    package static func origin(_ scheme: String, _ authority: String) -> String {
        let port = scheme == "https" ? ":443" : ":80"
        return scheme + "://" + (authority.hasSuffix(port) ? String(authority.dropLast(port.count)) : authority)
    }

    /// The URL alone, which all releases' answers are purged by.
    package var url: String { String(text.prefix { $0 != " " }) }

    init(text: String) {
        self.text = text
        let digest = ContentDigest(SHA256.hash(data: Array(text.utf8)))
        (high, low) = (digest.words.0, digest.words.1)
    }

    /// The key of a response beside the first one, for what `Vary` names.
    func of(_ variant: Variant) -> CacheKey { variant.values.isEmpty ? self : CacheKey(text: text + " " + variant.text) }

    /// The key of parts of a response, beside the whole.
    package var ofParts: CacheKey { CacheKey(text: text + Self.partsMark) }
    static let partsMark = " parts"

    /// The key of a body in another coding, beside every response that has that body.
    package init(encoded coding: String, of digest: ContentDigest) { self.init(text: "\(coding) \(digest.hex)") }

    package static func == (a: CacheKey, b: CacheKey) -> Bool { a.high == b.high && a.low == b.low && a.text == b.text }

    package func hash(into hasher: inout Hasher) { hasher.combine(low) }
}

/// The name of a file in the cache.
struct CacheFileName: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    init(_ key: CacheKey) { (high, low) = (key.high, key.low) }

    /// - Parameter text: what `text` gives; nil: it is no name of ours.
    init?(_ text: Substring) {
        guard text.utf8.count == 32, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }),
            let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        (self.high, self.low) = (high, low)
    }

    var text: String { Self.digits(high) + Self.digits(low) }

    /// 256 folders, so that none gets long.
    var folder: String { String(text.prefix(2)) }

    private static func digits(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
