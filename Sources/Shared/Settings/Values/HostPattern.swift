extension Configuration {
    /// Hosts that a site answers for, in lower case.
    package enum HostPattern: Hashable, Sendable, CustomStringConvertible {
        case exact(String)
        /// `*.shop.example.com` as `.shop.example.com`: every name below it, at any depth.
        case suffix(String)
        /// `*`: every host that no other site names.
        case any

        package var description: String {
            switch self {
            case .exact(let host): host
            case .suffix(let suffix): "*" + suffix
            case .any: "*"
            }
        }

        init(parsing text: String) throws(Complaint) {
            let host = text.lowercased()
            if host == "*" {
                self = .any
                return
            }
            if host.hasPrefix("["), host.hasSuffix("]") {
                guard let address = IPAddress(String(host.dropFirst().dropLast())), address.isV6 else {
                    throw Complaint("between brackets stands an IPv6 address")
                }
                self = .exact("[\(address.text)]")
                return
            }
            guard !host.contains("/") else { throw Complaint("a host stands alone, without scheme and path") }
            guard !host.contains(":") else { throw Complaint("a host stands without a port: the port does not choose the site") }
            let name = host.hasPrefix("*.") ? host.dropFirst(2) : host[...]
            guard !name.contains("*") else { throw Complaint("* stands alone or in front: *.example.com") }
            guard !name.hasSuffix(".") else { throw Complaint("the final dot is left out: both spellings match") }
            guard host.utf8.allSatisfy({ $0 < 0x80 }) else { throw Complaint("write the ASCII form: xn--…") }
            guard name.utf8.count <= 253, name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(Self.isLabel) else {
                throw Complaint("a host is labels of 1 to 63 letters, digits, - and _, with dots between them")
            }
            self = host.hasPrefix("*.") ? .suffix("." + name) : .exact(String(name))
        }

        /// RFC 1123 §2.1, and `_`, which names inside a company have.
        private static func isLabel(_ label: Substring) -> Bool {
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy {
                    (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
        }
    }
}
