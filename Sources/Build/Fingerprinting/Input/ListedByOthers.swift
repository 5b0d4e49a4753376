import Files
import Foundation
import Names

/// Names that the manifests of other tools list: they carry a digest by declaration, even where none recomputes.
enum ListedByOthers {
    /// Where tools leave their manifests, hidden places too.
    static let places = [
        ".vite/manifest.json", "manifest.json", "asset-manifest.json", "assets-manifest.json", ".manifest.json", "assets/.manifest.json",
        "staticfiles.json", "cache_manifest.json",
    ]

    /// - Returns: names of the tree that a manifest lists and that look like it.
    static func names(in tree: BuildTree) -> Set<String> {
        var names: Set<String> = []
        for place in places {
            let path = "\(tree.root)/\(place)"
            guard let stamp = FileStamp(at: path), stamp.size < 64 << 20, let bytes = FileBytes.read(at: path) else { continue }
            let folder = place.hasPrefix(".vite/") ? "" : TreePath.folder(of: place)
            for text in values(bytes) {
                let clean = TreePath.resolve(text.hasPrefix("/") ? String(text.dropFirst()) : text, from: "")
                for name in [clean, folder + clean] where tree[name] != nil && Fingerprint(in: name) != nil { names.insert(name) }
            }
        }
        return names
    }

    /// Every string of a manifest, keys and values: what is a name of the tree and looks fingerprinted is meant, whatever the shape.
    static func values(_ bytes: [UInt8]) -> Set<String> {
        guard let json = try? JSONSerialization.jsonObject(with: Data(bytes)) else { return [] }
        var texts: Set<String> = []
        var open = [json]
        while let value = open.popLast() {
            switch value {
            case let text as String: texts.insert(text)
            case let list as [Any]: open += list
            case let object as [String: Any]:
                texts.formUnion(object.keys)
                open += object.values
            default: break
            }
        }
        return texts
    }
}
