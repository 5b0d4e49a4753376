/// Which contents are compressed, and which results are kept.
package enum Worthwhile {
    /// Below this nothing can save enough.
    private static let minimumSize = 200

    /// Formats that are compressed already, by extension.
    private static let compressed: Set<String> = [
        "png", "jpg", "jpeg", "gif", "webp", "avif", "jxl", "heic", "woff", "woff2", "mp3", "m4a", "aac", "ogg", "oga", "opus", "flac",
        "mp4", "m4v", "webm", "ogv", "mov", "zip", "gz", "tgz", "br", "zst", "xz", "bz2", "7z", "pdf", "epub", "docx", "xlsx", "pptx",
        "pmtiles", "mbtiles", "jar", "apk", "deb", "rpm",
    ]

    /// Whether to try at all.
    /// - Parameters:
    ///   - name: a name of the content; its extension tells.
    ///   - head: the first bytes of the content, 16 or more.
    package static func isWorthTrying(name: String, size: UInt64, head: UnsafeRawBufferPointer) -> Bool {
        guard size >= minimumSize, size <= UInt64(Int32.max) else { return false }
        return !isCompressed(name: name) && !isCompressed(head)
    }

    /// Whether the extension of a name says that its content is compressed already.
    package static func isCompressed(name: String) -> Bool {
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return false }
        return compressed.contains(name[name.index(after: dot)...].lowercased())
    }

    private static func isCompressed(_ head: UnsafeRawBufferPointer) -> Bool {
        let magics: [[UInt8]] = [
            [0x1f, 0x8b], [0x50, 0x4b, 0x03, 0x04], [0x89, 0x50, 0x4e, 0x47], [0xff, 0xd8, 0xff], [0x28, 0xb5, 0x2f, 0xfd],
            [0x42, 0x5a, 0x68], [0xfd, 0x37, 0x7a, 0x58, 0x5a], [0x77, 0x4f, 0x46, 0x32], [0x77, 0x4f, 0x46, 0x46], Array("GIF8".utf8),
        ]
        return magics.contains { head.count >= $0.count && head.prefix($0.count).elementsEqual($0) }
    }

    /// An encoding is kept where it saves at least 5 % and 100 bytes.
    package static func isWorthKeeping(encoded: Int, original: UInt64) -> Bool {
        let saved = Int64(original) - Int64(encoded)
        return saved >= 100 && saved * 20 >= Int64(original)
    }
}
