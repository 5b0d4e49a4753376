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
        package init(status: Int, steps: [Step], fields: [String]) {
            self.status = status
            self.steps = steps
            self.fields = fields
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
