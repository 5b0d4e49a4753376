/// What a request would meet, and why.
package struct ExplainRequest: AdminOperation {
    package struct Step: Codable, Sendable {
        package var subject: String
        package var finding: String
        package init(subject: String, finding: String) {
            self.subject = subject
            self.finding = finding
        }
    }

    package struct Answer: Codable, Sendable {
        package var status: Int
        package var steps: [Step]
        /// Response field lines, `Name: value`.
        package var fields: [String]
        /// Of a request that a backend answers.
        package var proxy: Proxy?
        package init(status: Int, steps: [Step], fields: [String], proxy: Proxy? = nil) {
            self.status = status
            self.steps = steps
            self.fields = fields
            self.proxy = proxy
        }
    }

    package struct Proxy: Codable, Sendable {
        package var backend: String
        package var servers: [String]
        /// Whose servers these are, 64 digits; nil: no release decides.
        package var release: String?
        package var cache: Cache?

        package init(backend: String, servers: [String], release: String?, cache: Cache?) {
            (self.backend, self.servers, self.release, self.cache) = (backend, servers, release, cache)
        }
    }

    package struct Cache: Codable, Sendable {
        package var key: String
        /// `fresh`, `stale`, `absent`, `bypass`.
        package var state: String
        /// Seconds.
        package var age: Int64?
        /// Seconds; negative when it is stale.
        package var remaining: Int64?
        package var tags: [String]
        package var guarding: String

        enum CodingKeys: String, CodingKey {
            case key, state, age, remaining, tags
            case guarding = "guard"
        }

        package init(key: String, state: String, age: Int64?, remaining: Int64?, tags: [String], guarding: String) {
            (self.key, self.state, self.age, self.remaining) = (key, state, age, remaining)
            (self.tags, self.guarding) = (tags, guarding)
        }
    }

    package static let method = AdminMethod.post
    package var host: String
    /// Path and query.
    package var target: String
    /// `Name: value`.
    package var headers: [String]
    /// Whether it would come over TLS; nil: it would not.
    package var isSecure: Bool?
    package var path: String { "/v1/explain" }

    package init(host: String, target: String, headers: [String], isSecure: Bool = false) {
        self.isSecure = isSecure
        self.host = host
        self.target = target
        self.headers = headers
    }

    /// The request head, or nil when a header is not one line of visible text.
    package var head: [UInt8]? {
        let lines = ["GET \(target) HTTP/1.1", "Host: \(host)"] + headers
        guard lines.allSatisfy({ line in line.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } }) else { return nil }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }
}
