import Model
import Names

/// Which contents of a release are advertised as dictionaries, and which contents of another release they serve.
///
/// A browser holds one dictionary for a pattern, the one it was given last. Where files of one release share a logical name (a
/// bundler calls forty chunks `index`) only the largest is advertised: it is worth most, and the others would push it out.
package struct DictionaryOffers: Sendable {
    /// Smaller contents gain nothing that is worth a field.
    private static let smallest: UInt64 = 1024
    /// As `Delta.sizeLimit`: what is larger is never used.
    private static let largest: UInt64 = 32 << 20

    package struct Offer: Hashable, Sendable {
        package var content: ContentDigest
        package var size: UInt64
    }

    private struct Key: Hashable {
        var name: LogicalName
        var role: DictionaryRole
    }

    private var offers: [Key: Offer] = [:]
    private var entries: [(entry: Int, key: Key)] = []

    /// Cost: about 1 µs a name.
    package init(_ manifest: Manifest) {
        for entry in 0..<manifest.count {
            let size = manifest.size(at: entry)
            guard size >= Self.smallest, size <= Self.largest, let role = DictionaryRole(manifest.nameBytes(at: entry)),
                let name = LogicalName(manifest.nameBytes(at: entry), isFingerprinted: manifest.nameClass(at: entry).isFingerprinted)
            else { continue }
            let key = Key(name: name, role: role)
            entries.append((entry, key))
            if let best = offers[key], (best.size, best.content) >= (size, manifest.content(at: entry)) { continue }
            offers[key] = Offer(content: manifest.content(at: entry), size: size)
        }
    }

    /// The entries that are advertised, ascending: under every name that the content has for that pattern.
    package func advertised(in manifest: Manifest) -> [Int] {
        entries.filter { offers[$0.key]?.content == manifest.content(at: $0.entry) }.map(\.entry)
    }

    /// What an older release offers to a visitor who asks for the entries of this one: (entry, dictionary).
    package func uses(of older: DictionaryOffers, in manifest: Manifest) -> [(entry: Int, dictionary: Offer)] {
        entries.compactMap { entry, key in
            guard let offer = older.offers[key], offer.content != manifest.content(at: entry) else { return nil }
            return (entry, offer)
        }
    }
}
