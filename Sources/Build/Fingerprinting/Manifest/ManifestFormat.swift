import Model

/// The shapes in which other tools look for a manifest. Ours is always written; theirs beside it when asked for.
package enum ManifestFormat: String, Hashable, Sendable, CaseIterable {
    case tandem, vite, webpack, rails, django, phoenix

    /// Where the tool looks, from the root of the output; nil: it is ours.
    var fileName: String? {
        switch self {
        case .tandem: nil
        case .vite: ".vite/manifest.json"
        case .webpack: "asset-manifest.json"
        case .rails: ".manifest.json"
        case .django: "staticfiles.json"
        case .phoenix: "cache_manifest.json"
        }
    }

    /// Files of the input that are pages are left out: no template asks for them.
    func json(of manifest: BuildManifest) -> [UInt8] {
        let entries = BuildManifest.sorted(manifest.entries).filter { !FileRole.isPage($0.key) }
        var writer = JSONWriter()
        switch self {
        case .tandem: return manifest.json
        case .vite:
            writer.object { list in
                for (key, entry) in entries {
                    list.object(key) {
                        $0.member("file", entry.name)
                        $0.member("src", key)
                    }
                }
            }
        case .webpack:
            writer.object { file in
                file.object("files") { list in
                    for (key, entry) in entries { list.member(key, "/" + entry.name) }
                }
            }
        case .rails:
            writer.object { list in
                for (key, entry) in entries {
                    list.object(key) {
                        $0.member("digested_path", entry.name)
                        if let integrity = entry.integrity { $0.member("integrity", integrity) }
                    }
                }
            }
        case .django:
            writer.object { file in
                file.object("paths") { list in
                    for (key, entry) in entries { list.member(key, entry.name) }
                }
                file.member("version", "1.1")
                file.member("hash", String(manifest.build.prefix(12)))
            }
        case .phoenix: Self.phoenix(entries, to: &writer)
        }
        return writer.bytes + [0x0A]
    }

    /// Pages get `integrity` from `sha512`. The times that Phoenix writes would differ from machine to machine, and only its own
    /// `phx.digest.clean` reads them back.
    private static func phoenix(_ entries: [(key: String, value: BuildManifest.Entry)], to writer: inout JSONWriter) {
        writer.object { file in
            file.member("version", 1)
            file.object("digests") { list in
                for (key, entry) in entries where entry.name != key {
                    list.object(entry.name) {
                        $0.member("logical_path", key)
                        $0.member("mtime", 0)
                        $0.member("size", entry.size)
                        $0.member("digest", entry.others.md5 ?? String(entry.digest.hex.prefix(32)))
                        if let sha512 = entry.others.sha512 { $0.member("sha512", Base64.text(sha512)) }
                    }
                }
            }
            file.object("latest") { list in
                for (key, entry) in entries where entry.name != key { list.member(key, entry.name) }
            }
        }
    }
}
