/// A host a site answers for, in lower case.
package enum HostPattern: Hashable, Sendable {
    case exact(String)
    /// `*.example.com`: holds `.example.com`.
    case suffix(String)
    case any
}

/// Finds the site for a host: exact names first, then the longest wildcard, then the default.
package struct HostTable: Sendable {
    private var exact: [(host: [UInt8], site: Int)] = []
    private var suffixes: [(suffix: [UInt8], site: Int)] = []
    private var fallback: Int?

    init(sites: [SiteSnapshot]) {
        for (index, site) in sites.enumerated() {
            for host in site.hosts {
                switch host {
                case .exact(let name): exact.append((Array(name.utf8), index))
                case .suffix(let suffix): suffixes.append((Array(suffix.utf8), index))
                case .any: fallback = fallback ?? index
                }
            }
        }
        suffixes.sort { $0.suffix.count > $1.suffix.count }
    }

    func find(_ authority: UnsafeBufferPointer<UInt8>) -> Int? {
        let host = Self.withoutPort(authority)
        for entry in exact where Self.equals(host, entry.host[...]) { return entry.site }
        for entry in suffixes where host.count > entry.suffix.count {
            if Self.equals(UnsafeBufferPointer(rebasing: host.suffix(entry.suffix.count)), entry.suffix[...]) { return entry.site }
        }
        return fallback
    }

    /// The host of `host [":" port]`, without a final dot: `example.com.` is the same host.
    package static func withoutPort(_ authority: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        var end = authority.count
        if let colon = authority.lastIndex(of: UInt8(ascii: ":")), authority.last != UInt8(ascii: "]") { end = colon }
        if end > 1, authority[end - 1] == UInt8(ascii: ".") { end -= 1 }
        return UnsafeBufferPointer(rebasing: authority[..<end])
    }

    private static func equals(_ host: UnsafeBufferPointer<UInt8>, _ lower: ArraySlice<UInt8>) -> Bool {
        guard host.count == lower.count else { return false }
        return zip(host, lower).allSatisfy { byte, wanted in (byte &- 0x41 < 26 ? byte | 0x20 : byte) == wanted }
    }
}
