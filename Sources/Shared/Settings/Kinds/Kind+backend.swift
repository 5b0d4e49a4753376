import Model

extension Kind where Value == [Configuration.Backend] {
    static var backends: Kind {
        .map(
            "backend", keyPattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", .section(Configuration.Backend.schema),
            name: { text, position, reading in
                let isName = text.utf8.allSatisfy(Configuration.Backend.isNameByte) && (1...63).contains(text.utf8.count)
                if isName, !"-._".contains(text.prefix(1)) { return text }
                reading.fault(position, "\(Quoted(text)) is not a name: 1 to 63 letters, digits, - . and _, first a letter or a digit")
                return nil
            },
            join: { name, backend in
                var backend = backend
                backend.name = name
                return backend
            }, split: { ($0.name, $0) })
    }
}

extension Configuration.Backend {
    static func isNameByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || "-._".utf8.contains(byte)
    }

    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key("servers", \.servers, .list(.server, count: 1...1000, check: checkIDs), required: true, "Where requests go."),
                Key(
                    "balance", \.balance, .balance,
                    "Who gets a request: `round_robin` by weight, `least_connections`, the better of `random_two`, or the same server for "
                        + "the same `consistent_hash(path)`, `(client)`, `(header:X)`, `(cookie:X)`."),
                Key(
                    "health", \.health, .section(Health.schema),
                    "What servers are asked between requests. Left out: they are judged by the requests they get alone."),
                Key("retry", \.retry, .section(Retry.schema), "When a request that got no answer is asked again, at another server."),
                Key("timeout", \.timeout, .section(Timeout.schema), "How long is waited for a server."),
                Key(
                    "tls", \.tls, .backendTLS,
                    "What `https` servers must prove, and what they are shown. Left out: each the name in its URL, by the word of the "
                        + "system's authorities."),
                Key(
                    "http", \.http, .words("version", [("1.1", .http1), ("2", .http2)]),
                    "What servers speak. `2`: one connection carries many requests; over `https` they must agree to it, over `http` they "
                        + "must know it. There are no upgrades then."),
                Key(
                    "proxy_protocol", \.proxyProtocol, .words("version"),
                    "`v1` or `v2`: each connection begins with a PROXY header that says whose it is, and is used for that client alone. "
                        + "Left out: no header."),
            ], check: check)
    }

    private static func check(_ backend: Self, _ fields: Section<Self>.Fields, _ reading: inout Reading) {
        let services = backend.servers.filter { if case .service = $0.url { $0.url.isSecure } else { false } }
        if !services.isEmpty, backend.tls?.name == nil, fields.areSound("servers", "tls") {
            reading.fault(
                fields.at("tls", "servers"),
                "which name the servers of \(services[0].url) must prove is not for DNS to say: write tls: {name: …}")
        }
        if backend.http == .http2, backend.proxyProtocol != nil {
            reading.fault(fields.at("proxy_protocol"), "a connection of HTTP/2 carries many clients' requests: it cannot say whose it is")
        }
        if backend.tls != nil, fields.areSound("servers", "tls"), !backend.servers.contains(where: \.url.isSecure) {
            reading.fault(fields.at("tls"), "none of the servers is an https one: write https:// in their URLs, or leave tls out")
        }
    }

    private static func checkIDs(_ servers: [(value: Server, position: Position)], _ reading: inout Reading) {
        var seen: [String: Position] = [:]
        for server in servers {
            guard let id = server.value.id else { continue }
            if let first = seen.updateValue(server.position, forKey: id) {
                reading.fault(server.position, "the id \(Quoted(id)) is that of the server in line \(first.line)")
            }
        }
    }
}

extension Configuration.Backend.Health {
    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key("path", \.path, .requestPath, "What is asked for; 2xx and 3xx are good answers."),
                Key("every", \.every, .duration(.seconds(1) ... .seconds(3600)), "How often."),
                Key("timeout", \.timeout, .duration(.seconds(1) ... .seconds(60)), "A later answer is a bad one."),
                Key("healthy", \.healthy, .count(1...100), "Good answers in a row that bring a server back."),
                Key("unhealthy", \.unhealthy, .count(1...100), "Bad ones in a row that take it away."),
            ])
    }
}

extension Configuration.Backend.Retry {
    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key(
                    "attempts", \.attempts, .count(0...10),
                    "More tries after the first. All together are at most a fifth of the requests, so that they cannot pile up."),
                Key(
                    "when", \.when, .list(.words("occasion"), count: 0...Occasion.allCases.count),
                    "`connect`: the server could not be reached, or ended the connection before answering; `timeout`: it did not "
                        + "answer in time; or a status. `mismatch`: on a guarded route it has nothing, or other bytes, under a name with a "
                        + "digest, as while servers are deployed one after the other."),
                Key(
                    "methods", \.methods, .words("methods"),
                    "`idempotent`: those that may be repeated (RFC 9110 §9.2.2); others only where nothing reached the server. `none`: "
                        + "only that."),
            ])
    }
}

extension Configuration.Backend.Timeout {
    static var schema: Section<Self> {
        let range: ClosedRange<Duration> = .seconds(1) ... .days(1)
        return Section(
            Self(),
            [
                Key("connect", \.connect, .duration(range), "For the connection. Limits are looked at once a second."),
                Key("first_byte", \.firstByte, .duration(range), "From the request to the head of its answer."),
                Key("idle", \.idle, .duration(range), "Without a byte while an answer or a request's body is on its way."),
                Key("tunnel", \.tunnel, .duration(range), "Without a byte in either direction after an upgrade, as to WebSocket."),
            ])
    }
}

/// What is read of one before it is known to be whole.
private struct ServerDraft {
    var url: Configuration.UpstreamURL?
    var weight = 1
    var id: String?
}

extension Kind where Value == Configuration.Backend.Server {
    static var server: Kind {
        .section(
            Section(
                ServerDraft(),
                [
                    Key(
                        "url", \.url, .upstreamURL, required: true,
                        "`http://host:port`, `https://host:port`, `unix:/path`, or `srv:_http._tcp.name` for the records of a service. "
                            + "Each address of a name is a server of its own."),
                    Key("weight", \.weight, .count(1...1000), "Its share beside the others'."),
                    Key("id", \.id, .name, "By which paths and cookies name it."),
                ]),
            finish: { draft in
                draft.url.map { url in
                    var server = Value(url: url)
                    server.weight = draft.weight
                    server.id = draft.id
                    return server
                }
            }, draft: { ServerDraft(url: $0.url, weight: $0.weight, id: $0.id) })
    }
}

extension Kind where Value == Configuration.UpstreamURL {
    static var upstreamURL: Kind {
        .parsed("URL of a server", pattern: "^(https?://|unix:|srv:).+$") { text, reading throws(Complaint) in
            try Value(parsing: text, folder: reading.folder)
        } write: {
            $0.description
        }
    }
}

extension Kind where Value == Configuration.Backend.Balance {
    static var balance: Kind {
        .parsed("balance") { text, _ throws(Complaint) in
            switch text {
            case "round_robin": return .roundRobin
            case "least_connections": return .leastConnections
            case "random_two": return .randomTwo
            default: break
            }
            guard text.hasPrefix("consistent_hash("), text.hasSuffix(")") else {
                throw Complaint("one of round_robin, least_connections, random_two, consistent_hash(…)")
            }
            let key = text.dropFirst(16).dropLast()
            switch key {
            case "path": return .consistentHash(.path)
            case "client": return .consistentHash(.client)
            default: break
            }
            for (prefix, make) in [("header:", Configuration.Backend.HashKey.header), ("cookie:", Configuration.Backend.HashKey.cookie)] {
                guard key.hasPrefix(prefix) else { continue }
                let name = String(key.dropFirst(prefix.count))
                guard FieldRules.isToken(name) else { throw Complaint("behind \(prefix) stands a name of letters, digits and -") }
                return .consistentHash(make(name))
            }
            throw Complaint("a hash is over path, client, header:NAME or cookie:NAME")
        } write: { value in
            switch value {
            case .roundRobin: "round_robin"
            case .leastConnections: "least_connections"
            case .randomTwo: "random_two"
            case .consistentHash(.path): "consistent_hash(path)"
            case .consistentHash(.client): "consistent_hash(client)"
            case .consistentHash(.header(let name)): "consistent_hash(header:\(name))"
            case .consistentHash(.cookie(let name)): "consistent_hash(cookie:\(name))"
            }
        }
    }
}

extension Kind where Value == String {
    /// A path and perhaps a query, as they are sent.
    static var requestPath: Kind {
        .parsed("path", pattern: "^/") { text, _ throws(Complaint) in
            guard text.hasPrefix("/") else { throw Complaint("a path begins with /") }
            guard text.utf8.count <= 1024, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && !"\"<>\\^`{|}#".utf8.contains($0) }) else {
                throw Complaint("it is sent as it stands: encode spaces and other characters with %")
            }
            return text
        } write: {
            $0
        }
    }
}
