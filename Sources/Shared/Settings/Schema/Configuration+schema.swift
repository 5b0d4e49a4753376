import Model

// The one description of the configuration: each key with its type, range, meaning and place. The values that `init` gives are
// the defaults. Sites have a page of their own (`Configuration+siteSchema.swift`).

extension Configuration {
    static var schema: Section<Configuration> {
        Section(
            Configuration(),
            [
                Key("node", \.node, .name, "Name of this node. Left out: a stable one is made and kept under `data`."),
                Key("data", \.data, .path, "Folder of blobs, releases and state."),
                Key("state", \.state, .state, "Where rows that change are kept. A PostgreSQL URL is not yet available."),
                Key("blobs", \.blobs, .blobs, "Where contents are kept. A bucket (`s3`) is not yet available."),
                Key("threads", \.threads, .threads, "Event loops; `auto`: one for each core."),
                Key("listen", \.listen, .list(.listener, count: 1...256), required: true, "Sockets for visitors."),
                Key(
                    "trusted_proxies", \.trustedProxies, .list(.addressRange),
                    "Proxies in front whose word about the client is believed (`X-Forwarded-For`): their addresses, as "
                        + "`10.0.0.0/8`. With one in the list, whoever comes over a Unix socket is believed too."),
                Key(
                    "resolver", \.resolver, .section(Resolver.schema),
                    "How the names of backends' servers are looked up, again and again while they are in use."),
                Key("admin", \.admin, .section(Admin.schema), "How commands and the API reach the server."),
                Key("log", \.log, .section(Log.schema), "What is written down, and where."),
                Key(
                    "drain", \.drain, .section(Drain.schema),
                    "How long connections may go on when a generation is replaced, or the server stops."),
                Key(
                    "generations", \.generations, .section(Generations.schema),
                    "How many generations live side by side, and how a new one proves itself."),
                Key("sites", \.sites, .sites, required: true, "The sites, by name."),
                Key("cache", \.cache, .section(Cache.schema), "Memory for answers."),
                .notYet("datasets", "Data files that come from elsewhere on a schedule."),
            ])
    }
}

extension Configuration.Resolver {
    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key(
                    "servers", \.servers, .list(.nameServer, count: 0...8),
                    "Name servers, as `10.0.0.2` or `127.0.0.1:5353`. Left out: the system's resolver with its hosts file, and for services "
                        + "(`srv:`) those of `/etc/resolv.conf`."),
                Key(
                    "every", \.every, .duration(.seconds(1) ... .seconds(3600)),
                    "How often; sooner where a name server says that its answer is valid for less."),
            ])
    }
}

extension Configuration.Admin {
    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key("socket", \.socket, .socketPath, "Socket that commands use, for its owner only. Left out: `admin.sock` under `data`."),
                Key("address", \.address, .address(allowsUnix: false), "Address of the API over the network. Left out: the socket alone."),
                Key(
                    "tokens", \.tokens, .list(.token, count: 0...1000, check: Self.checkTokens),
                    "Who may use the API at `address`, and for what."),
            ])
    }

    private static func checkTokens(_ tokens: [(value: Configuration.Token, position: Position)], _ reading: inout Reading) {
        for (index, token) in tokens.enumerated() {
            guard let twin = tokens[..<index].first(where: { $0.value.secret == token.value.secret }) else { continue }
            reading.fault(token.position, "the same secret as the token \"\(twin.value.name)\": give each its own")
        }
    }
}

extension Configuration.Log {
    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key("level", \.level, .words("level"), "The least that is logged."),
                Key("format", \.format, .words("format"), "Form of the access log's lines."),
                Key("access", \.access, .access, "Where the access log goes."),
            ])
    }
}

extension Configuration.Drain {
    static var schema: Section<Self> {
        let range = Duration.zero ... .days(1)
        return Section(
            Self(),
            [
                Key(
                    "idle", \.idle, .duration(range),
                    "So long idle connections are kept after a reload, and a stopping server still takes new ones, for health checks to "
                        + "hear of it; less when there are none."),
                Key(
                    "request", \.request, .duration(range),
                    "How long a request may take to finish after a reload, and a connection that has sent half of one."),
                Key("transfer", \.transfer, .duration(range), "How long transfers that move may go on after a reload, and after `QUIT`."),
                Key(
                    "websocket", \.websocket, .duration(range),
                    "How long WebSockets and event streams may go on after a reload. They are ended one by one in the last quarter of it: "
                        + "a WebSocket with close code 1001 to both sides between two frames, an event stream behind an event."),
                Key("stop", \.stop, .duration(range), "How long everything may go on after `TERM` and `tandem stop`."),
            ])
    }
}

extension Configuration.Generations {
    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key(
                    "maximum", \.maximum, .count(2...64),
                    "So many may live at once, the serving one among them. When there is no room the oldest one's connections are closed."),
                Key(
                    "ready_timeout", \.readyTimeout, .duration(.seconds(1) ... .days(1)),
                    "A new one serves within this time, or is given up."),
                Key(
                    "probation", \.probation, .duration(Duration.zero ... .days(1)),
                    "Three crashes of processes younger than this after a reload bring back the configuration from before."),
            ])
    }
}

extension Configuration.Cache {
    static var schema: Section<Self> {
        Section(
            Self(),
            [
                Key("size", \.size, .size(ByteCount(1 << 20)...ByteCount(1 << 50)), "Disk for what `proxy` routes keep."),
                Key(
                    "memory", \.memory, .size(ByteCount(1 << 20)...ByteCount(1 << 40)),
                    "Memory for hot answers, shared out among the event loops."),
            ])
    }
}

// MARK: Types of these keys

extension Kind where Value == Configuration.StateStore {
    static var state: Kind {
        .only("sqlite", means: .sqlite) { _, text in text?.hasPrefix("postgres") == true ? "postgresql" : nil }
    }
}

extension Kind where Value == Configuration.BlobStore {
    static var blobs: Kind {
        .only("local", means: .local) { node, text in
            if case .map(let entries) = node.content, entries.contains(where: { $0.key == "s3" }) { return "s3" }
            return text == "s3" ? "s3" : nil
        }
    }
}

extension Kind where Value == Configuration.Threads {
    static var threads: Kind {
        .word(
            "auto", means: .auto, or: Kind<Int>.count(1...1024).map(Value.count) { if case .count(let count) = $0 { count } else { nil } })
    }
}

extension Kind where Value == Configuration.Log.Access {
    static var access: Kind {
        let file = Kind<String>.path.map(Value.file) { if case .file(let path) = $0 { path } else { nil } }
        return .word("off", means: .off, or: .word("stdout", means: .stdout, or: file))
    }
}

/// What is read of one before it is known to be whole.
private struct TokenDraft {
    var name: String?
    var secret: Secret?
    var may: [Configuration.Verb]?
}

extension Kind where Value == Configuration.Token {
    static var token: Kind {
        .section(
            Section(
                TokenDraft(),
                [
                    Key("name", \.name, .tokenName, required: true, "What events call its holder."),
                    Key(
                        "secret", \.secret, .secret(atLeast: 16), required: true,
                        "Sent as the bearer token. Take it from a variable: `\"${TANDEM_CI_TOKEN}\"`."),
                    Key("may", \.may, .list(.words("verb"), count: 1...100), required: true, "What it allows."),
                ]),
            finish: { draft in
                guard let name = draft.name, let secret = draft.secret, let may = draft.may else { return nil }
                return Value(name: name, secret: secret, may: may)
            }, draft: { TokenDraft(name: $0.name, secret: $0.secret, may: $0.may) })
    }
}

extension Kind where Value == String {
    /// A name that no other token has.
    fileprivate static var tokenName: Kind {
        let name = Kind.name
        return Kind(
            shape: name.shape,
            read: { node, reading in
                guard let text = name.read(node, &reading) else { return nil }
                if let first = reading.claim(.token(text), at: node.position) {
                    reading.fault(node.position, "the token \(Quoted(text)) stands in line \(first.line) already")
                    return nil
                }
                return text
            }, write: name.write)
    }
}
