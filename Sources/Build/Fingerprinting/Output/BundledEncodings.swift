import Compression
import Crypto
import Files
import Model

/// A bundler's own `app.js.gz` beside `app.js`. When that file changes here, its encoding is of other bytes: a server that prefers
/// it would answer with yesterday's page.
enum BundledEncodings {
    /// For each file that by its name is another's encoding, that other. Not what a page links to: that is something to download.
    static func candidates(_ tree: BuildTree, _ analyses: [FileAnalysis]) -> [Int: Int] {
        var sources: [Int: Int] = [:]
        for (index, file) in tree.files.enumerated() {
            guard let coding = coding(of: file.name) else { continue }
            sources[index] = tree[String(file.name.dropLast(Precompression.suffix(coding).count))]
        }
        guard !sources.isEmpty else { return sources }
        for analysis in analyses {
            for link in analysis.links { sources[link.target] = nil }
        }
        return sources
    }

    static func coding(of name: String) -> Coding? { Coding.allCases.first { name.hasSuffix(Precompression.suffix($0)) } }

    /// Whether a file decodes to this content.
    static func isEncoding(_ file: Folder.File, _ coding: Coding, of content: FileDigests) -> Bool {
        var hash = SHA256()
        let decoded: Void? = try? FileBytes.withReading(of: file) { read in
            try Precompression.codec(coding).decompress(size: UInt64(content.size), read: read) { hash.update(bufferPointer: $0) }
        }
        return decoded != nil && ContentDigest(hash.finalize()) == content.sha256
    }
}
