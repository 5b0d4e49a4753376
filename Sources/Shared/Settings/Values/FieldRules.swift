/// Names of request and response fields (RFC 9110 §5.1), and which of them a configuration may not set.
enum FieldRules {
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 128 && text.utf8.allSatisfy(isTokenByte)
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// Visible ASCII with single spaces inside (RFC 9110 §5.5 without obs-text).
    static func isValue(_ text: String) -> Bool {
        !text.isEmpty && text.first != " " && text.last != " " && text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
    }

    /// Why a site may not set a response field; nil if it may.
    static func refusal(_ name: String) -> String? {
        reserved[name.lowercased()]
    }

    private static let reserved: [String: String] = {
        let framing = "Tandem frames its answers itself: leave it out"
        let content = "it follows from the content that is sent: leave it out"
        var out = [
            "cache-control": "use documents.cache_control; fingerprinted names are immutable anyway",
            "etag": "it is the digest of the bytes that are sent: leave it out",
            "last-modified": "answers are dated by their ETag alone: leave it out",
            "expires": "use documents.cache_control",
            "pragma": "use documents.cache_control",
            "age": "only a cache may say it: leave it out",
            "date": "Tandem sends it: leave it out",
            "vary": "it follows from what the answer depended on: leave it out",
            "location": "use a route with redirect",
            "set-cookie": "an answer that sets a cookie could not be cached: leave it to a backend",
            "x-deployment-id": "it names the release that answered: leave it out",
        ]
        for name in ["connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"] {
            out[name] = framing
        }
        for name in ["accept-ranges", "content-encoding", "content-location", "content-range", "content-type"] { out[name] = content }
        return out
    }()

    /// Fields that no route writes: they frame a message, or say where it came from.
    static let ofMessages: Set<String> = [
        "connection", "content-length", "expect", "forwarded", "host", "keep-alive", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "via", "x-deployment-id", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
    ]

    /// Request fields that have a meaning already and cannot pin a release.
    static let notForPins: Set<String> = [
        "accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "cookie", "expect", "host",
        "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range", "te", "trailer",
        "transfer-encoding", "upgrade", "user-agent",
    ]
}
