import Blobs
import Files
import Foundation

/// Tells a build's manifest, which is input for templates and not part of the site, from a web app's manifest, which browsers ask
/// for: both are called `manifest.json`.
///
/// By content, since nothing else tells them apart, and only a whole shape counts: what is not surely a build's is served.
///
/// | from | shape |
/// |---|---|
/// | `tandem digest` | `{"version": 1, "entries": {"js/core.js": {"name": …}}}` |
/// | Vite | `{"src/main.ts": {"file": "assets/main-….js", "src": …, "isEntry": true}}` |
/// | webpack (webpack-manifest-plugin) | `{"main.js": "/main.….js", "index.html": "/index.html"}` |
enum BuildManifestShape {
    /// `tandem digest` takes the second name where the build has a `manifest.json` of its own.
    static let names: Set<String> = ["manifest.json", "tandem-manifest.json"]
    private static let largest: UInt64 = 64 << 20

    static func holds(_ file: Folder.File) -> Bool {
        guard names.contains(file.name), file.stamp.size <= largest, let bytes = try? FileReader.readAll(file.path) else { return false }
        return holds(bytes)
    }

    static func holds(_ bytes: [UInt8]) -> Bool {
        guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)), let fields = object as? [String: Any], !fields.isEmpty
        else { return false }
        return isDigest(fields) || isVite(fields) || isWebpack(fields)
    }

    private static func isDigest(_ fields: [String: Any]) -> Bool {
        guard fields["version"] is Int, let entries = fields["entries"] as? [String: Any] else { return false }
        return entries.values.allSatisfy { ($0 as? [String: Any])?["name"] is String }
    }

    /// Each value is a chunk; a web app's manifest has texts among its values.
    private static func isVite(_ fields: [String: Any]) -> Bool {
        fields.values.allSatisfy { value in
            guard let chunk = value as? [String: Any] else { return false }
            return chunk["file"] is String
        }
    }

    /// Each file of the build to where it stands: the extension stays. `name` and `start_url` have none.
    private static func isWebpack(_ fields: [String: Any]) -> Bool {
        fields.allSatisfy { name, value in
            guard let target = value as? String, let ending = fileExtension(name) else { return false }
            return fileExtension(target) == ending
        }
    }

    private static func fileExtension(_ path: String) -> Substring? {
        let segment = path.prefix { $0 != "?" && $0 != "#" }.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard let dot = segment.lastIndex(of: "."), dot != segment.startIndex, segment.index(after: dot) != segment.endIndex else {
            return nil
        }
        return segment[segment.index(after: dot)...]
    }
}
