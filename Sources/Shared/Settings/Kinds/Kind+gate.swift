import Model

/// What is read of one before it is known to be whole.
private struct LimitDraft {
    var by = Configuration.Limit.Key.client
    var requests: Int?
    var per = Duration.seconds(1)
    var burst: Int?
}

extension Kind where Value == Configuration.Limit {
    static var limit: Kind {
        .section(
            Section(
                LimitDraft(),
                [
                    Key("by", \.by, .limitKey, "What requests are told apart by: `client`, `host`, `path`, `header:X`."),
                    Key("requests", \.requests, .count(1...1_000_000), required: true, "How many in `per`."),
                    Key("per", \.per, .duration(.milliseconds(100) ... .days(1)), "The time for them."),
                    Key("burst", \.burst, .count(1...1_000_000), "How many may come at once. Left out: as many as `requests`."),
                ]),
            finish: { draft in
                draft.requests.map { requests in
                    var limit = Value(requests: requests)
                    limit.by = draft.by
                    limit.per = draft.per
                    limit.burst = draft.burst
                    return limit
                }
            }, draft: { LimitDraft(by: $0.by, requests: $0.requests, per: $0.per, burst: $0.burst) })
    }
}

extension Kind where Value == Configuration.Limit.Key {
    static var limitKey: Kind {
        .parsed("key") { text, _ throws(Complaint) in
            switch text {
            case "client": return .client
            case "host": return .host
            case "path": return .path
            default: break
            }
            guard text.hasPrefix("header:"), FieldRules.isToken(String(text.dropFirst(7))) else {
                throw Complaint("one of client, host, path, header:NAME")
            }
            return .header(String(text.dropFirst(7)))
        } write: { value in
            switch value {
            case .client: "client"
            case .host: "host"
            case .path: "path"
            case .header(let name): "header:\(name)"
            }
        }
    }
}

extension Kind where Value == String {
    /// The name of a field that a route may take away, or its beginning with a `*` behind it.
    static var removedField: Kind {
        .parsed("field name") { text, _ throws(Complaint) in
            let name = text.hasSuffix("*") ? String(text.dropLast()) : text
            guard FieldRules.isToken(name), !name.utf8.contains(UInt8(ascii: "*")) else {
                throw Complaint("letters, digits and -, as in X-Powered-By, with a * at the end only: X-Internal-*")
            }
            return text
        } write: {
            $0
        }
    }

    /// The beginning of a path, whole segments.
    static var pathPart: Kind {
        .parsed("path", pattern: "^/") { text, _ throws(Complaint) in
            guard text.hasPrefix("/"), text.utf8.count > 1, !text.hasSuffix("/") else {
                throw Complaint("it begins with / and ends without: /api")
            }
            guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && !"\"<>\\^`{|}#?%*".utf8.contains($0) }), !text.contains("//"),
                text.split(separator: "/").allSatisfy({ $0 != "." && $0 != ".." })
            else { throw Complaint("plain segments, without %, ? and dots") }
            return text
        } write: {
            $0
        }
    }

    /// `/assets/{server}/*`: where a path names a server.
    static var serverPath: Kind {
        .parsed("path", pattern: "^/") { text, _ throws(Complaint) in
            guard text.hasPrefix("/"), text.hasSuffix("/{server}/*"), text.utf8.count(where: { $0 == UInt8(ascii: "{") }) == 1 else {
                throw Complaint("it has the server's id as its last segment: /assets/{server}/*")
            }
            return text
        } write: {
            $0
        }
    }
}

extension Configuration.FieldEdits {
    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key("set", \.set, .editedFields, "Take the place of all of that name."),
                Key("add", \.add, .editedFields, "Stand beside those of that name."),
                Key("remove", \.remove, .list(.removedField), "Names; a `*` at the end stands for any rest."),
            ])
    }
}

extension Configuration.PathEdit {
    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key("strip", \.strip, .pathPart, "What it begins with and servers do not see."),
                Key("add", \.add, .pathPart, "What is put before it."),
            ])
    }
}

extension Kind where Value == [Configuration.Header] {
    /// Fields that a route writes into messages on their way.
    static var editedFields: Kind {
        .map(
            "field", keyPattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", .fieldValue,
            fold: { $0.lowercased() },
            name: { text, position, reading in
                guard FieldRules.isToken(text) else {
                    reading.fault(position, "\(Quoted(text)) is not a field name: letters, digits and -, as in X-Frame-Options")
                    return nil
                }
                if FieldRules.ofMessages.contains(text.lowercased()) {
                    reading.fault(position, "\(Quoted(text)) cannot be set here: Tandem frames messages itself, and says who asked")
                    return nil
                }
                return text
            },
            join: { Configuration.Header(name: $0, value: $1) }, split: { ($0.name, $0.value) })
    }
}
