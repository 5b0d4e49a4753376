import Model

extension Configuration {
    /// What of the answers of a `proxy` route is compressed on its way to a client.
    package struct Compression: Hashable, Sendable {
        /// Of those that a client likes equally the first is taken.
        package var encodings: [Encoding] = [.zstd, .br, .gzip]
        /// `text/html`, `text/*` or `*+json`, in lower case.
        package var types = Compression.textTypes
        /// Answers that say that they are shorter go as they are.
        package var atLeast = ByteCount(1024)
        /// 1 (fastest) to 9 (smallest); nil: gzip 5, brotli 5, zstd 3.
        package var level: Int?

        package init() {}

        package enum Encoding: String, CaseIterable, Hashable, Sendable {
            case br, zstd, gzip
        }

        /// What is text, and the few other types that are not compressed by themselves.
        static let textTypes = [
            "text/*", "*+json", "*+xml", "application/json", "application/javascript", "application/xml", "application/wasm",
            "application/x-ndjson", "application/yaml", "application/x-javascript", "application/vnd.ms-fontobject", "font/ttf", "font/otf",
        ]
    }
}
