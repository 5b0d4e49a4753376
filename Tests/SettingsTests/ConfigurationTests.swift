import Model
import Settings
import Testing

/// The rest of a file under test: one site that takes every host.
func load(_ yaml: String, file: String = "tandem.yaml") throws -> Configuration {
    try Configuration.load(yaml: yaml, file: file, environment: environment)
}

func loadTop(_ more: String) throws -> Configuration {
    try load("listen: [{address: \"0.0.0.0:8080\"}]\nsites: {shop: {hosts: [\"*\"]}}\n" + more)
}

func loadSite(_ more: String) throws -> Configuration.Site {
    let text = "listen: [{address: \"0.0.0.0:8080\"}]\nsites: {shop: {hosts: [\"*\"], \(more)}}\n"
    return try #require(load(text).sites.first)
}

@Suite struct ConfigurationTests {
    @Test func theShortestFileHasEveryDefault() throws {
        let read = try loadTop("")
        var expected = Configuration()
        expected.listen = [.init(address: .tcp(host: "0.0.0.0", port: 8080))]
        var site = Configuration.Site(name: try #require(SiteName("shop")))
        site.hosts = [.any]
        expected.sites = [site]
        #expect(read == expected)
    }

    @Test func defaultsAreThoseOfTheContract() throws {
        let configuration = try loadTop("")
        #expect(configuration.node == nil)
        #expect(configuration.data == "/var/lib/tandem")
        #expect(configuration.adminSocket == "/var/lib/tandem/admin.sock")
        #expect(configuration.threads == .auto)
        #expect(configuration.threads.loops(cores: 6) == 6)
        #expect(configuration.admin == .init())
        #expect(configuration.log.level == .info)
        #expect(configuration.log.format == .json)
        #expect(configuration.log.access == .stdout)
        #expect(configuration.cache.memory == ByteCount(268_435_456))
        let site = try #require(configuration.sites.first)
        #expect(site.releases.keep == 3)
        #expect(site.releases.minimumAge == .seconds(7 * 86_400))
        #expect(site.releases.maximumAge == .seconds(30 * 86_400))
        #expect(site.rollout.canary == [.whole])
        #expect(site.rollout.step == .seconds(300))
        #expect(site.rollout.retireWhen.quiet == .seconds(900))
        #expect(site.rollout.retireWhen.clients == 1)
        #expect(site.rollout.retireWhen.deadline == .seconds(30 * 86_400))
        #expect(site.rollout.abort == nil)
        #expect(site.pin.header == "X-Deployment-Id")
        #expect(site.pin.query == "dpl")
        #expect(site.pin.cookie == "tandem")
        #expect(site.fingerprints == .auto)
        #expect(site.arrivalWait == .seconds(2))
        #expect(site.documents.cacheControl.text == "no-cache")
        #expect(site.headers.isEmpty)
        #expect(site.routes == [.init(path: .everything, action: .release(fallback: nil))])
    }

    /// `robots.txt`, `security.txt`: texts have lines.
    @Test func aFixedTextMayHaveLinesAndComesBackAsItWas() throws {
        let text = "User-agent: *\n\tDisallow: \"/x\\y\"\r\n" + String(repeating: "# 64 KB\n", count: 8_000)
        let yaml = """
            listen: [{address: "0.0.0.0:8080"}]
            sites:
              shop:
                hosts: ["*"]
                routes: [{path: /robots.txt, respond: {body: \(Self.quoted(text))}}]
            """
        let read = try load(yaml)
        guard case .respond(let answer) = try #require(read.sites.first?.routes.first).action else {
            Issue.record("another action")
            return
        }
        #expect(answer.body == text)
        #expect(try load(read.effectiveYAML) == read)
        let block = try load(
            "listen: [{address: \"0.0.0.0:8080\"}]\nsites:\n  shop:\n    hosts: [\"*\"]\n    routes:\n      - path: /a\n"
                + "        respond:\n          body: |\n            one\n            two\n")
        guard case .respond(let lines) = try #require(block.sites.first?.routes.first).action else { return }
        #expect(lines.body == "one\ntwo\n")
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\r\n", with: "\\r\\n")
            .replacing("\n", with: "\\n")
        return "\"" + escaped.replacing("\t", with: "\\t") + "\""
    }

    @Test func anEmptyAbortRuleHasItsOwnDefaults() throws {
        let abort = try #require(loadSite("rollout: {abort: {}}").rollout.abort)
        #expect(abort.errorRatio == Share(basisPoints: 100))
        #expect(abort.missingAssets == 5)
        #expect(abort.clients == 3)
        #expect(abort.minimumRequests == 200)
        #expect(abort.over == .seconds(60))
    }

    /// The example of the contract, without the keys whose capabilities are not there yet.
    @Test func theContractsExampleIsRead() throws {
        let configuration = try load(
            """
            node: edge-1                        # default: a stable id kept under data
            data: /var/lib/tandem               # blobs, releases, cache, state
            state: sqlite
            blobs: local
            threads: auto

            listen:
              - address: 0.0.0.0:8080
              - address: unix:/run/tandem/http.sock

            admin:
              socket: /run/tandem/admin.sock
              address: 127.0.0.1:8081
              tokens:
                - {name: ci, secret: "${TANDEM_CI_TOKEN}", may: [publish, activate]}

            log: {level: info, format: json, access: stdout}

            sites:
              shop:
                hosts: [shop.example.com, "*.shop.example.com"]
                releases: {keep: 3, minimum_age: 7d, maximum_age: 30d}
                rollout:
                  canary: [5%, 25%, 100%]
                  step: 5m
                  retire_when: {quiet: 15m, clients: 1, deadline: 30d}
                  abort: {error_ratio: 1%, missing_assets: 5, clients: 3, minimum_requests: 200, over: 1m}
                pin: {header: X-Deployment-Id, query: dpl, cookie: tandem}
                preview: {hosts: off, allow: [10.0.0.0/8]}
                fingerprints: auto
                arrival_wait: 2s
                documents: {cache_control: no-cache}
                headers: {Strict-Transport-Security: max-age=31536000}
                routes:
                  - path: /api/*
                    proxy:
                      backend: app
                  - {path: /old/*, redirect: {to: "/new/*", status: 308}}
                  - path: "/*"
                    release: {fallback: index.html}
                backends:
                  app:
                    servers: [{url: "http://10.0.0.5:9000", weight: 2, id: a1}, {url: "http://10.0.0.6:9000"}]
                    balance: least_connections  # round_robin | random_two | consistent_hash(path|client|header:X|cookie:X)
                    health: {path: /healthz, every: 2s, timeout: 1s, healthy: 2, unhealthy: 3}
                    retry: {attempts: 2, when: [connect, timeout, 502, 503, 504], methods: idempotent}
                    timeout: {connect: 2s, first_byte: 30s, idle: 60s}

            cache:
              memory: 256MB

            """)
        #expect(configuration.node == "edge-1")
        #expect(configuration.listen.map(\.address.description) == ["0.0.0.0:8080", "unix:/run/tandem/http.sock"])
        #expect(configuration.adminSocket == "/run/tandem/admin.sock")
        #expect(configuration.admin.tokens.map(\.name) == ["ci"])
        #expect(configuration.admin.tokens.map(\.secret.revealed) == ["0123456789abcdef-ci"])
        #expect(configuration.admin.tokens.map(\.may) == [[.publish, .activate]])
        let site = try #require(configuration.sites.first)
        #expect(site.hosts == [.exact("shop.example.com"), .suffix(".shop.example.com")])
        #expect(site.rollout.canary.map(\.basisPoints) == [500, 2500, 10_000])
        #expect(site.rollout.abort == .init())
        #expect(site.preview.allow.map(\.description) == ["10.0.0.0/8"])
        #expect(site.headers == [.init(name: "Strict-Transport-Security", value: "max-age=31536000")])
        #expect(
            site.routes == [
                .init(path: .prefix("/api/"), action: .proxy(.init(backend: .init("app")))),
                .init(path: .prefix("/old/"), action: .redirect(.init(to: "/new/*", status: 308))),
                .init(path: .everything, action: .release(fallback: "index.html")),
            ])
    }

    @Test func backendsHaveTheDefaultsOfTheContract() throws {
        let site = try loadSite("backends: {app: {servers: [{url: \"http://10.0.0.5:9000\"}]}}")
        let backend = try #require(site.backends.first)
        #expect(backend.name == "app")
        #expect(backend.servers == [.init(url: .tcp(host: "10.0.0.5", port: 9000))])
        #expect(backend.servers.first?.weight == 1)
        #expect(backend.balance == .roundRobin)
        #expect(backend.health == nil)
        #expect(backend.retry.attempts == 2)
        #expect(backend.retry.when == [.connect, .timeout, .badGateway, .unavailable, .gatewayTimeout])
        #expect(backend.retry.methods == .idempotent)
        #expect(backend.timeout.connect == .seconds(2))
        #expect(backend.timeout.firstByte == .seconds(30))
        #expect(backend.timeout.idle == .seconds(60))
        let checked = try loadSite("backends: {app: {servers: [{url: \"http://a\"}], health: {}}}")
        let health = try #require(checked.backends.first?.health)
        #expect(health.path == "/healthz" && health.every == .seconds(2) && health.timeout == .seconds(1))
        #expect(health.healthy == 2 && health.unhealthy == 3)
    }

    @Test(arguments: [
        ("http://10.0.0.5:9000", Configuration.UpstreamURL.tcp(host: "10.0.0.5", port: 9000)),
        ("http://App.Internal", .tcp(host: "app.internal", port: 80)),
        ("http://[2001:DB8::1]:81", .tcp(host: "2001:db8::1", port: 81)),
        ("unix:/run/app.sock", .unix(path: "/run/app.sock")),
        ("srv:_http._tcp.App.Internal", .service(name: "_http._tcp.app.internal")),
        ("https://App.Internal", .tls(host: "app.internal", port: 443)),
        ("https://[2001:db8::1]:8443", .tls(host: "2001:db8::1", port: 8443)),
    ])
    func serversAreURLs(_ text: String, _ url: Configuration.UpstreamURL) throws {
        let site = try loadSite("backends: {app: {servers: [{url: \"\(text)\"}]}}")
        #expect(site.backends.first?.servers.first?.url == url)
    }

    @Test func backendsSayWhomTheyTrust() throws {
        let site = try loadSite(
            "backends: {app: {servers: [{url: \"https://10.0.0.5\"}], tls: {name: App.Internal, authorities: /a.pem, "
                + "certificate: /c.pem, key: /k.pem}}}")
        let tls = try #require(site.backends.first?.tls)
        #expect(tls.name == "app.internal" && tls.authorities?.path == "/a.pem")
        #expect(tls.certificate?.certificate.path == "/c.pem" && tls.certificate?.key.path == "/k.pem")
    }

    @Test func whoTheClientIsMayBeSaidInFrontOfConnections() throws {
        let configuration = try load(
            "listen: [{address: \"127.0.0.1:80\", proxy_protocol: [10.0.0.0/8]}]\nsites: {shop: {hosts: [\"*\"], "
                + "backends: {app: {servers: [{url: \"http://a\"}], proxy_protocol: v2}}}}")
        #expect(configuration.listen.first?.proxyProtocol.map(\.description) == ["10.0.0.0/8"])
        #expect(configuration.sites.first?.backends.first?.proxyProtocol == .v2)
    }

    @Test func whatIsCompressedIsSaidByOneWordOrInFull() throws {
        func compression(_ text: String) throws -> Configuration.Compression? {
            let site = try loadSite(
                "routes: [{path: /*, proxy: {backend: app\(text)}}], backends: {app: {servers: [{url: \"http://a\"}]}}")
            guard case .proxy(let proxy) = try #require(site.routes.first).action else { return nil }
            return proxy.compression
        }
        #expect(try compression("") == nil && compression(", compress: off") == nil)
        #expect(try compression(", compress: on") == Configuration.Compression())
        let chosen = try #require(
            try compression(", compress: {encodings: [gzip, br], types: [\"*+JSON\", Text/HTML], at_least: 0B, level: 9}"))
        #expect(chosen.encodings == [.gzip, .br] && chosen.types == ["*+json", "text/html"])
        #expect(chosen.atLeast.bytes == 0 && chosen.level == 9)
    }

    @Test func routesSayWhoMayUseThemAndWhatIsEdited() throws {
        let site = try loadSite(
            "routes: [{path: /a/*, allow: [10.0.0.0/8], deny: [10.1.0.0/16], limits: [{by: \"header:X-Key\", requests: 5, per: 1m}], "
                + "affinity: {path: \"/a/{server}/*\"}, proxy: {backend: app, path: {strip: /a, add: /v1}, "
                + "request: {set: {X: y}, remove: [\"X-Secret-*\"]}, response: {add: {Z: w}}}}], "
                + "backends: {app: {servers: [{url: \"http://a\"}]}}")
        let route = try #require(site.routes.first)
        #expect(route.allow.map(\.description) == ["10.0.0.0/8"] && route.deny.map(\.description) == ["10.1.0.0/16"])
        var limit = Configuration.Limit(requests: 5)
        limit.by = .header("X-Key")
        limit.per = .seconds(60)
        #expect(route.limits == [limit])
        guard case .proxy(let proxy) = route.action else {
            Issue.record("\(route.action)")
            return
        }
        #expect(proxy.affinity == "/a/{server}/*")
        #expect(proxy.path.strip == "/a" && proxy.path.add == "/v1")
        #expect(proxy.request.set == [.init(name: "X", value: "y")] && proxy.request.remove == ["X-Secret-*"])
        #expect(proxy.response.add == [.init(name: "Z", value: "w")])
    }

    @Test func theGuardIsAWordAListOrASection() throws {
        func guarding(_ text: String) throws -> Configuration.ProxyGuard {
            let site = try loadSite(
                "routes: [{path: /a/*, proxy: {backend: app, cache: on, guard: \(text)}}], "
                    + "backends: {app: {servers: [{url: \"http://a\"}]}}")
            guard case .proxy(let proxy) = try #require(site.routes.first).action else { return .off }
            return proxy.guarding
        }
        var checks = Configuration.ProxyGuard.Checks()
        #expect(try guarding("auto") == .on(checks))
        #expect(try guarding("off") == .off)
        checks.rules = [.init(name: nil, query: "^(?<digest>[0-9a-f]{32})$", digest: .md5)]
        #expect(try guarding("[{query: \"^(?<digest>[0-9a-f]{32})$\", digest: md5}]") == .on(checks))
        checks.onMismatch = .refuse
        checks.settle = .seconds(120)
        #expect(
            try guarding("{rules: [{query: \"^(?<digest>[0-9a-f]{32})$\", digest: md5}], on_mismatch: refuse, settle: 2m}") == .on(checks))
    }

    @Test(arguments: [
        "routes: [{path: /a, affinity: {path: \"/a/{server}/*\"}, release: {}}]",
        "routes: [{path: /a, release: {}, limits: [{by: colour, requests: 1}]}]",
        "routes: [{path: /a, release: {}, limits: [{per: 1s}]}]", "routes: [{path: /a, release: {}, allow: [10.0.0.1/8]}]",
        "routes: [{path: /a, affinity: {path: /a}, proxy: {backend: b}}], backends: {b: {servers: [{url: \"http://a\"}]}}",
        "routes: [{path: /a, proxy: {backend: b, request: {set: {Host: x}}}}], backends: {b: {servers: [{url: \"http://a\"}]}}",
        "routes: [{path: /a, proxy: {backend: b, path: {strip: api/}}}], backends: {b: {servers: [{url: \"http://a\"}]}}",
        "routes: [{path: /a, proxy: {backend: b, response: {remove: [\"*X\"]}}}], backends: {b: {servers: [{url: \"http://a\"}]}}",
    ])
    func whatNoRouteCanMeanIsRefused(_ more: String) {
        #expect(throws: ConfigurationFaults.self) { try loadSite(more) }
    }

    @Test func variablesAreFilledInAfterParsing() throws {
        let configuration = try load(
            "listen: [{address: \"127.0.0.1:${PORT}\"}]\nsites: {shop: {hosts: [\"${HOST}\", \"a.${HOST}\"], headers: {X-Text: \"a $${PORT} $ b\"}}}"
        )
        #expect(configuration.listen.first?.address == .tcp(host: "127.0.0.1", port: 8088))
        #expect(configuration.sites.first?.hosts == [.exact("env.example"), .exact("a.env.example")])
        #expect(configuration.sites.first?.headers.first?.value == "a ${PORT} $ b")
    }

    @Test func relativePathsBeginAtTheFolderOfTheFile() throws {
        let text =
            "data: store\nadmin: {socket: a.sock}\nlog: {access: log/access}\nlisten: [{address: \"unix:h.sock\"}]\nsites: {a: {hosts: [a]}}"
        let configuration = try load(text, file: "/etc/tandem/tandem.yaml")
        #expect(configuration.data == "/etc/tandem/store")
        #expect(configuration.admin.socket == "/etc/tandem/a.sock")
        #expect(configuration.log.access == .file(path: "/etc/tandem/log/access"))
        #expect(configuration.listen.first?.address == .unix(path: "/etc/tandem/h.sock"))
        #expect(try load(text).data == "store")
    }

    @Test func withoutAFileADefaultSiteIsServed() throws {
        let configuration = Configuration.withoutFile()
        #expect(configuration.data == "./.tandem")
        #expect(configuration.listen.map(\.address.description) == ["0.0.0.0:8080"])
        #expect(configuration.admin.address?.description == "127.0.0.1:8081")
        #expect(configuration.sites.map(\.name) == [.default])
        #expect(configuration.sites.first?.hosts == [.any])
        #expect(try load(configuration.effectiveYAML, file: "f") == configuration)
    }

    @Test func secretsAreInNoDescription() throws {
        let configuration = try loadTop(
            "admin: {tokens: [{name: ci, secret: \"${TANDEM_CI_TOKEN}\", may: [publish]}]}\n")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), configuration.effectiveYAML, dumped] {
            #expect(!text.contains("0123456789abcdef"))
            #expect(text.contains(Secret.mask))
        }
    }

    /// Every available key is set to something else than its default, so none can be lost on the way.
    @Test func effectiveConfigurationReadsBackToTheSame() throws {
        let configuration = try load(
            #"""
            node: n
            data: /d
            threads: 3
            listen: [{address: "[::1]:8080"}, {address: "unix:/a b"}]
            admin: {socket: /s, address: "127.0.0.1:1"}
            log: {level: debug, format: combined, access: "/l: \"x\"\\"}
            drain: {idle: 1s, transfer: 2m, stop: 3s}
            cache: {size: 20GB, memory: 3MB}
            sites:
              a:
                hosts: [a.example, "*.b.example", "[2001:DB8::0:1]"]
                releases: {keep: 5, minimum_age: 1h, maximum_age: 100d}
                rollout:
                  canary: [0.25%, 1.5%, 100%]
                  step: 90s
                  retire_when: {quiet: 1500ms, clients: 2, deadline: 2d}
                  abort: {error_ratio: 2.05%, missing_assets: 6, clients: 4, minimum_requests: 9, over: 2m}
                pin: {header: X-Pin, query: p, cookie: c}
                preview: {allow: ["2001:db8::/32"]}
                fingerprints: ['\.(js|css)$', 'a"b', "$${x}"]
                arrival_wait: 0s
                documents: {cache_control: "max-age=60, stale-while-revalidate=30"}
                headers: {X-A: "b: #c", X-B: "${HOST} $${HOST}"}
                routes:
                  - {path: "/a b", redirect: {to: "https://x.example/", status: 302}}
                  - {path: /x/*, release: {}}
              b: {hosts: ["*"]}
            """#)
        #expect(try load(configuration.effectiveYAML) == configuration)
    }

    @Test func effectiveConfigurationNamesEveryAvailableKey() throws {
        let text = try loadTop("").effectiveYAML
        #expect(
            text == """
                data: /var/lib/tandem
                state: sqlite
                blobs: local
                threads: auto
                listen:
                  - address: "0.0.0.0:8080"
                    proxy_protocol: []
                trusted_proxies: []
                resolver:
                  servers: []
                  every: 30s
                admin:
                  tokens: []
                log:
                  level: info
                  format: json
                  access: stdout
                drain:
                  idle: 5s
                  request: 30s
                  transfer: 10m
                  websocket: 5m
                  stop: 30s
                generations:
                  maximum: 4
                  ready_timeout: 30s
                  probation: 10s
                sites:
                  shop:
                    hosts:
                      - "*"
                    releases:
                      keep: 3
                      minimum_age: 7d
                      maximum_age: 30d
                    rollout:
                      canary:
                        - 100%
                      step: 5m
                      retire_when:
                        quiet: 15m
                        clients: 1
                        deadline: 30d
                    pin:
                      header: X-Deployment-Id
                      query: dpl
                      cookie: tandem
                    preview:
                      hosts: off
                      allow: []
                    fingerprints: auto
                    arrival_wait: 2s
                    documents:
                      cache_control: no-cache
                      preload: off
                    dictionaries: on
                    security_headers: off
                    headers: {}
                    errors: {}
                    max_body: 64MB
                    routes:
                      - path: "/*"
                        release:
                          listing: off
                        allow: []
                        deny: []
                        limits: []
                    backends: {}
                cache:
                  size: 10GB
                  memory: 256MB

                """)
    }
}
