import Compression
import Model

/// The encodings that lie beside a content in the output: `app.js.br`, `app.js.zst`, `app.js.gz`.
enum Precompression {
    static func suffix(_ coding: Coding) -> String {
        switch coding {
        case .brotli: ".br"
        case .zstd: ".zst"
        case .gzip: ".gz"
        }
    }

    static func suffix(token: String) -> String { Coding.allCases.first { $0.token == token }.map(suffix) ?? "." + token }

    static func codec(_ coding: Coding) -> Codec {
        switch coding {
        case .brotli: .brotli
        case .zstd: .zstd
        case .gzip: .gzip
        }
    }

    static func isWorthTrying(name: String, size: Int, head: [UInt8]) -> Bool {
        head.withUnsafeBytes { Worthwhile.isWorthTrying(name: name, size: UInt64(size), head: $0) }
    }
}
