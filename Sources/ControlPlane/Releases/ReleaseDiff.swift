import Manifests
import Model

/// What changes for a visitor between two releases.
package struct ReleaseDiff: Sendable, Codable {
    package struct Change: Sendable, Codable {
        package var name: String
        package var oldSize: UInt64?
        package var newSize: UInt64?
    }

    package var added: [Change] = []
    package var changed: [Change] = []
    package var gone: [Change] = []
    package var sameCount = 0
    /// Bytes of contents the old release does not have under any name: what a visitor has to fetch at most.
    package var newBytes: UInt64 = 0
    /// The same as brotli sends them, where that is prepared.
    package var newBytesEncoded: UInt64 = 0

    package init(from old: Manifest, to new: Manifest, encodings: Encodings?) {
        var known: Set<ContentDigest> = []
        for index in 0..<old.count { known.insert(old.content(at: index)) }
        for index in 0..<new.count {
            let name = new.name(at: index)
            if !known.contains(new.content(at: index)) {
                newBytes += new.size(at: index)
                newBytesEncoded += encodings?.find(.brotli, entry: index)?.size ?? new.size(at: index)
            }
            guard let before = old.find(name) else {
                added.append(Change(name: name, oldSize: nil, newSize: new.size(at: index)))
                continue
            }
            if old.content(at: before) == new.content(at: index) {
                sameCount += 1
            } else {
                changed.append(Change(name: name, oldSize: old.size(at: before), newSize: new.size(at: index)))
            }
        }
        for index in 0..<old.count where new.find(old.name(at: index)) == nil {
            gone.append(Change(name: old.name(at: index), oldSize: old.size(at: index), newSize: nil))
        }
    }
}
