import Model
import References

extension BuildManifest {
    /// Reads what `json` wrote. Linear: the manifest of ten thousand files takes some 20 ms.
    /// - Returns: nil where the bytes are something else: another tool's manifest, a web manifest.
    package init?(json bytes: [UInt8]) {
        var cursor = JSONCursor(bytes, in: 0..<bytes.count)
        var version: Int?
        var hasEntries = false
        var isSound = true
        self.init(build: "", entries: [:], imports: [:], preload: [:])
        cursor.members { key, value in
            switch key.value {
            case "version": version = value.integer()
            case "build": build = value.string()?.value ?? ""
            case "entries":
                hasEntries = true
                value.members { name, value in
                    if let entry = Entry(&value) { entries[name.value] = entry } else { isSound = false }
                }
            case "imports": value.members { name, value in imports[name.value] = value.string()?.value }
            case "preload": value.members { name, value in preload[name.value] = Self.texts(&value) }
            case "others": others = Self.texts(&value)
            default: value.skip()
            }
        }
        cursor.finish()
        guard cursor.fault == nil, version == Self.version, hasEntries, isSound else { return nil }
    }

    private static func texts(_ value: inout JSONCursor) -> [String] {
        var texts: [String] = []
        value.elements { if let text = $0.string() { texts.append(text.value) } }
        return texts
    }
}

extension BuildManifest.Entry {
    /// - Returns: nil without a name, a digest or a size.
    fileprivate init?(_ value: inout JSONCursor) {
        var name: String?
        var digest: ContentDigest?
        var size: Int?
        var rest = Self(name: "", digest: ContentDigest(of: UnsafeRawBufferPointer(start: nil, count: 0)), size: 0)
        value.members { key, value in
            switch key.value {
            case "name": name = value.string()?.value
            case "digest":
                guard let text = value.string()?.value, text.hasPrefix("sha256-") else { return }
                digest = ContentDigest(hex: text.dropFirst(7))
            case "size": size = value.integer()
            case "integrity": rest.integrity = value.string()?.value
            case "proof":
                let proof = value.string()?.value
                rest.isOfComponent = proof == "component"
                rest.isFixed = proof == "none"
            case "plain": rest.isPlain = value.flag() ?? false
            case "encodings": value.members { coding, value in rest.encodings[coding.value] = value.integer() }
            default: value.skip()
            }
        }
        guard let name, let digest, let size else { return nil }
        self = rest
        self.name = name
        self.digest = digest
        self.size = size
    }
}
