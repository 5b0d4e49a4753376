extension Configuration {
    /// A validated `Cache-Control` of documents (RFC 9111 §5.2.2, RFC 5861, RFC 8246).
    package struct CacheControl: Hashable, Sendable, CustomStringConvertible {
        /// As written: what is sent.
        package let text: String
        /// The longest time for which a cache that keeps to HTTP may answer with a document without asking: `max-age` (or a longer
        /// `s-maxage`) and `stale-while-revalidate`. Zero with `no-cache` and `no-store`. A rollout drains at least this long.
        package let longestUse: Duration

        package var description: String { text }

        package static let noCache = CacheControl(text: "no-cache", longestUse: .zero)

        private init(text: String, longestUse: Duration) {
            self.text = text
            self.longestUse = longestUse
        }

        init(parsing text: String) throws(Complaint) {
            var seconds: [String: Int] = [:]
            var flags: Set<String> = []
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                let (name, argument) = Self.directive(part)
                guard !name.isEmpty else { throw Complaint("a directive is missing beside a comma") }
                guard flags.insert(name).inserted else { throw Complaint("\(name) stands twice") }
                if name == "immutable" { throw Complaint("immutable is for names that change with their content, not for documents") }
                if Self.withSeconds.contains(name) {
                    seconds[name] = try Self.seconds(argument, of: name)
                } else if Self.plain.contains(name) {
                    guard argument == nil else { throw Complaint("\(name) takes no value here") }
                } else {
                    let known = Self.plain + Self.withSeconds
                    throw Complaint("unknown directive \(Quoted(name))\(Nearest.hint(for: name, among: known))")
                }
            }
            if flags.contains("public"), flags.contains("private") { throw Complaint("public and private contradict each other") }
            let isUnused = flags.contains("no-cache") || flags.contains("no-store")
            guard isUnused || seconds["max-age"] != nil || seconds["s-maxage"] != nil else {
                throw Complaint("it does not say for how long: add no-cache or max-age=<seconds>")
            }
            let life = max(seconds["max-age"] ?? 0, seconds["s-maxage"] ?? 0) + (seconds["stale-while-revalidate"] ?? 0)
            self.init(text: text, longestUse: isUnused ? .zero : .seconds(life))
        }

        private static let withSeconds = ["max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"]
        private static let plain = [
            "no-cache", "no-store", "no-transform", "must-revalidate", "proxy-revalidate", "must-understand", "public", "private",
        ]

        private static func directive(_ part: Substring) -> (name: String, argument: Substring?) {
            func trim(_ text: Substring) -> Substring {
                var text = text
                while text.first == " " { text.removeFirst() }
                while text.last == " " { text.removeLast() }
                return text
            }
            let part = trim(part)
            guard let equals = part.firstIndex(of: "=") else { return (part.lowercased(), nil) }
            return (part[..<equals].lowercased(), part[part.index(after: equals)...])
        }

        /// Ten years at most: sums stay far from overflow.
        private static func seconds(_ argument: Substring?, of name: String) throws(Complaint) -> Int {
            guard let argument, case .number(let number)? = Quantity.digits(argument), let value = Int(exactly: number),
                value <= 315_360_000
            else { throw Complaint("\(name) takes a number of seconds up to ten years: \(name)=60") }
            return value
        }
    }
}
