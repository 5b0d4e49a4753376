import Model

extension Kind {
    /// A text that a type of ours parses, or complains about.
    static func parsed(
        _ label: String, pattern: String? = nil, _ parse: @escaping (String, Reading) throws(Complaint) -> Value,
        write: @escaping (Value) -> String
    ) -> Kind {
        .scalar(
            label, pattern: pattern,
            parse: { text, reading in
                do throws(Complaint) {
                    return try parse(text.expanded, reading)
                } catch {
                    reading.fault(text, "\(text.quoted) is not \(Shape.article(label)): \(error.words)")
                    return nil
                }
            }, write: { Interpolation.escape(write($0)) })
    }
}

extension Kind where Value == String {
    /// A word by which people call something: `edge-1`.
    static var name: Kind {
        .parsed("name", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$") { text, _ throws(Complaint) in
            let isName = text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || "-._".utf8.contains($0)
            }
            guard isName, (1...63).contains(text.utf8.count), !"-._".contains(text.prefix(1)) else {
                throw Complaint("1 to 63 letters, digits, - . and _, first a letter or a digit")
            }
            return text
        } write: {
            $0
        }
    }

    /// A path on this machine. A relative one begins at the folder of the configuration file.
    static var path: Kind {
        .parsed("path") { text, reading throws(Complaint) in
            guard !text.isEmpty else { throw Complaint("it is empty") }
            guard !text.hasPrefix("~") else { throw Complaint("~ is not expanded here: write the path from /, or ${HOME}/…") }
            return text.hasPrefix("/") ? text : reading.folder + text
        } write: {
            $0
        }
    }

    static var socketPath: Kind {
        .parsed("path of a socket") { text, reading throws(Complaint) in
            let path = try Configuration.Address.socketPath(text, folder: reading.folder)
            return path
        } write: {
            $0
        }
    }

    /// The document of a release that answers navigations.
    static var documentName: Kind {
        .parsed("path in the release") { text, _ throws(Complaint) in
            guard !text.hasPrefix("/") else { throw Complaint("it begins without a slash: index.html") }
            let segments = text.split(separator: "/", omittingEmptySubsequences: false)
            guard segments.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
                throw Complaint("it names a file, without empty segments, . and ..")
            }
            return text
        } write: {
            $0
        }
    }

    /// A regular expression that compiles.
    static var pattern: Kind {
        .parsed("regular expression") { text, _ throws(Complaint) in
            guard !text.isEmpty else { throw Complaint("it is empty and would match every name") }
            do {
                _ = try Regex(text)
            } catch {
                throw Complaint("it does not compile")
            }
            return text
        } write: {
            $0
        }
    }

    static var requestField: Kind {
        .parsed("field name") { text, _ throws(Complaint) in
            guard FieldRules.isToken(text) else { throw Complaint("letters, digits and -, as in X-Deployment-Id") }
            guard !FieldRules.notForPins.contains(text.lowercased()) else { throw Complaint("that field has a meaning of its own") }
            return text
        } write: {
            $0
        }
    }

    static var parameter: Kind {
        .parsed("parameter name", pattern: "^[A-Za-z0-9._~-]{1,64}$") { text, _ throws(Complaint) in
            let isPlain = text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || "-._~".utf8.contains($0)
            }
            guard isPlain, (1...64).contains(text.utf8.count) else { throw Complaint("1 to 64 letters, digits, - . _ and ~") }
            return text
        } write: {
            $0
        }
    }

    static var cookieName: Kind {
        .parsed("cookie name") { text, _ throws(Complaint) in
            guard FieldRules.isToken(text), text.utf8.count <= 64 else { throw Complaint("1 to 64 letters, digits and -") }
            guard !text.lowercased().hasPrefix("__host-"), !text.lowercased().hasPrefix("__secure-") else {
                throw Complaint("__Host- is put before it over TLS: leave the prefix out")
            }
            return text
        } write: {
            $0
        }
    }

    static var redirectTarget: Kind {
        .parsed("redirect target") { text, _ throws(Complaint) in
            let isPath = text.hasPrefix("/") && !text.hasPrefix("//")
            guard isPath || ["http://", "https://"].contains(where: { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }) else {
                throw Complaint("a path from /, or a URL with http:// or https://")
            }
            guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }) else {
                throw Complaint("it is sent as it stands: encode spaces and other characters with %")
            }
            guard text.utf8.count(where: { $0 == UInt8(ascii: "*") }) <= 1 else { throw Complaint("it has at most one *") }
            return text
        } write: {
            $0
        }
    }

    /// A text that is sent as it stands; it may be empty.
    static var body: Kind {
        .scalar(
            "text", range: "64 KB or less", most: 1 << 20, hasLines: true,
            parse: { text, reading in
                if text.expanded.utf8.count <= 64 << 10 { return text.expanded }
                reading.fault(text, "the text is longer than 64 KB: publish it as a file")
                return nil
            }, write: { Interpolation.escape($0) })
    }

    static var fieldValue: Kind {
        .parsed("field value") { text, _ throws(Complaint) in
            guard FieldRules.isValue(text) else { throw Complaint("visible ASCII, with spaces inside only") }
            return text
        } write: {
            $0
        }
    }
}

extension Kind where Value == Configuration.Address {
    /// - Parameter allowsUnix: the admin API has a socket of its own.
    static func address(allowsUnix: Bool) -> Kind {
        let label = "address"
        return .scalar(
            label, pattern: allowsUnix ? "^(unix:.+|.+:[0-9]{1,5})$" : "^.+:[0-9]{1,5}$",
            parse: { text, reading in
                do throws(Complaint) {
                    let address = try Value(parsing: text.expanded, folder: reading.folder)
                    if case .unix = address, !allowsUnix { throw Complaint("for a socket use admin.socket") }
                    reading.bind(address, at: text.position)
                    return address
                } catch {
                    reading.fault(text, "\(text.quoted) is not an \(label): \(error.words)")
                    return nil
                }
            }, write: { Interpolation.escape($0.description) })
    }
}

extension Kind where Value == Configuration.HostPattern {
    static var host: Kind {
        .scalar(
            "host",
            parse: { text, reading in
                do throws(Complaint) {
                    let host = try Value(parsing: text.expanded)
                    if let first = reading.claim(.host(host), at: text.position) {
                        reading.fault(text, "the host \(text.quoted) stands in line \(first.line) already: a host belongs to one site")
                        return nil
                    }
                    return host
                } catch {
                    reading.fault(text, "\(text.quoted) is not a host: \(error.words)")
                    return nil
                }
            }, write: \.description)
    }
}

extension Kind where Value == Secret {
    /// - Parameter atLeast: bytes; what can be guessed is no secret.
    static func secret(atLeast: Int) -> Kind {
        .scalar(
            "secret", range: "\(atLeast) characters or more",
            parse: { text, reading in
                guard text.expanded.utf8.count >= atLeast else {
                    reading.fault(text, "the secret is shorter than \(atLeast) characters")
                    return nil
                }
                guard text.expanded.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                    reading.fault(text, "the secret holds a space or a character beyond ASCII: it could not be sent")
                    return nil
                }
                return Secret(text.expanded)
            }, write: { _ in Secret.mask })
    }
}

extension Kind where Value == Configuration.Address {
    /// Who is asked for names: an address, at port 53 where it says no other.
    static var nameServer: Kind {
        .parsed("name server") { text, _ throws(Complaint) in
            if let address = IPAddress(text) { return .tcp(host: address.text, port: 53) }
            guard !text.hasPrefix("unix:") else { throw Complaint("a name server has an address: 10.0.0.2, 127.0.0.1:5353") }
            return try Value(parsing: text, folder: "")
        } write: {
            $0.description
        }
    }
}
