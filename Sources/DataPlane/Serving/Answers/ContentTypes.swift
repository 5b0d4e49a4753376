/// Content types by extension. Text is UTF-8.
package enum ContentTypes {
    static let unknown = "application/octet-stream"

    /// By a path's extension alone.
    package static func of(path: String) -> String { Array(path.utf8).withUnsafeBytes { of($0, extra: [:]) } }

    /// - Parameters:
    ///   - name: a path.
    ///   - extra: the site's own, by lower-case extension.
    static func of(_ name: UnsafeRawBufferPointer, extra: [String: String]) -> String {
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), name.count - dot <= 16,
            !name[dot...].contains(UInt8(ascii: "/"))
        else { return unknown }
        let suffix = String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased()
        return extra[suffix] ?? table[suffix] ?? unknown
    }

    private static let table: [String: String] = [
        "html": "text/html; charset=utf-8", "htm": "text/html; charset=utf-8", "xhtml": "application/xhtml+xml",
        "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8",
        "cjs": "text/javascript; charset=utf-8", "json": "application/json", "map": "application/json", "jsonld": "application/ld+json",
        "webmanifest": "application/manifest+json", "wasm": "application/wasm", "txt": "text/plain; charset=utf-8",
        "md": "text/markdown; charset=utf-8", "csv": "text/csv; charset=utf-8", "xml": "application/xml", "rss": "application/rss+xml",
        "atom": "application/atom+xml", "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg",
        "gif": "image/gif", "webp": "image/webp", "avif": "image/avif", "jxl": "image/jxl", "ico": "image/x-icon", "bmp": "image/bmp",
        "tif": "image/tiff", "tiff": "image/tiff", "apng": "image/apng", "heic": "image/heic", "woff": "font/woff", "woff2": "font/woff2",
        "ttf": "font/ttf", "otf": "font/otf", "eot": "application/vnd.ms-fontobject", "mp3": "audio/mpeg", "m4a": "audio/mp4",
        "aac": "audio/aac", "oga": "audio/ogg", "ogg": "audio/ogg", "opus": "audio/ogg", "wav": "audio/wav", "flac": "audio/flac",
        "mp4": "video/mp4", "m4v": "video/mp4", "webm": "video/webm", "ogv": "video/ogg", "mov": "video/quicktime",
        "mpg": "video/mpeg", "mpeg": "video/mpeg", "ts": "video/mp2t", "m3u8": "application/vnd.apple.mpegurl",
        "vtt": "text/vtt; charset=utf-8",
        "pdf": "application/pdf", "zip": "application/zip", "gz": "application/gzip", "tar": "application/x-tar",
        "bz2": "application/x-bzip2", "xz": "application/x-xz", "zst": "application/zstd", "br": "application/octet-stream",
        "7z": "application/x-7z-compressed", "rtf": "application/rtf", "epub": "application/epub+zip",
        "ics": "text/calendar; charset=utf-8", "glb": "model/gltf-binary", "gltf": "model/gltf+json", "geojson": "application/geo+json",
        "pbf": "application/x-protobuf", "mvt": "application/vnd.mapbox-vector-tile", "pmtiles": "application/vnd.pmtiles",
        "wat": "text/plain; charset=utf-8", "yaml": "application/yaml", "yml": "application/yaml", "toml": "application/toml",
        "sql": "application/sql", "asc": "text/plain; charset=utf-8", "log": "text/plain; charset=utf-8",
    ]
}
