/// The extensions of files that a page loads, as opposed to addresses of pages.
///
/// A navigation may fall back to the application's page (`fallback: index.html`); a path whose last segment ends in one of these
/// never does, so that a missing script is a 404 and not an HTML page in its place (rule 5).
package enum AssetExtension {
    /// Whether the last segment of `path` ends in a known asset extension, in either case. Allocates nothing.
    package static func isKnown(_ path: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let packed = PackedWord(extensionOf: path) else { return false }
        var low = 0
        var high = table.count
        while low < high {
            let middle = (low + high) / 2
            if table[middle] < packed { low = middle + 1 } else { high = middle }
        }
        return low < table.count && table[low] == packed
    }

    package static func isKnown(_ path: String) -> Bool {
        var path = path
        return path.withUTF8 { isKnown($0) }
    }

    private static let table: [PackedWord] = [
        // scripts, styles and what belongs to them
        "js", "mjs", "cjs", "css", "map", "json", "json5", "jsonld", "geojson", "topojson", "wasm", "ts", "tsx", "jsx", "vue", "scss",
        "sass", "less", "styl", "webmanifest", "xml", "xsl", "xslt", "rss", "atom", "txt", "md", "csv", "tsv", "yaml", "yml", "toml",
        // images
        "png", "jpg", "jpeg", "jfif", "gif", "webp", "avif", "svg", "svgz", "ico", "cur", "bmp", "tif", "tiff", "apng", "jxl", "heic",
        "heif", "psd", "eps", "ktx", "ktx2", "basis", "dds", "hdr", "exr",
        // fonts
        "woff", "woff2", "ttf", "ttc", "otf", "eot",
        // sound and moving images
        "mp3", "m4a", "aac", "ogg", "oga", "opus", "wav", "flac", "weba", "mid", "midi", "mp4", "m4v", "webm", "ogv", "mov", "avi",
        "mkv", "mpg", "mpeg", "m3u8", "mpd", "m4s", "vtt", "srt",
        // models, tiles, data and archives
        "glb", "gltf", "obj", "stl", "mtl", "fbx", "usdz", "pbf", "mvt", "pmtiles", "mbtiles", "mmdb", "bin", "dat", "data", "onnx",
        "arrow", "parquet", "pdf", "zip", "gz", "tgz", "br", "zst", "xz", "bz2", "tar", "7z", "dmg", "exe", "msi", "deb", "rpm", "apk",
        "iso", "docx", "xlsx", "pptx", "odt", "ods", "epub", "swf", "dll", "pdb",
    ].map { PackedWord($0) }.sorted()
}

/// At most eleven bytes of text, lower-cased, in two words: compared without touching the heap.
struct PackedWord: Hashable, Comparable {
    static let maximumCount = 11
    private var high: UInt64 = 0
    private var low: UInt64 = 0

    init(_ text: StaticString) {
        precondition(text.utf8CodeUnitCount <= Self.maximumCount, "\(text) is too long for a packed word")
        self.init(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private init(_ bytes: some Collection<UInt8>) {
        for byte in bytes {
            high = high << 8 | low >> 56
            low = low << 8 | UInt64(TokenByte.lowercased(byte))
        }
    }

    /// The bytes after the last dot of the last segment; nil where there is none or it is too long to be known.
    init?(extensionOf path: UnsafeBufferPointer<UInt8>) {
        var start = path.count
        while start > 0 {
            let byte = path[start - 1]
            if byte == UInt8(ascii: ".") {
                guard start < path.count else { return nil }
                self.init(path[start...])
                return
            }
            guard byte != UInt8(ascii: "/"), path.count - start < Self.maximumCount else { return nil }
            start -= 1
        }
        return nil
    }

    static func < (a: PackedWord, b: PackedWord) -> Bool {
        a.high == b.high ? a.low < b.low : a.high < b.high
    }
}
