import Model
import Names
import Settings
import Snapshots

extension CachePolicy {
    init(_ cache: Configuration.ProxyCache, guarding: Configuration.ProxyGuard, declared: DeclaredPatterns, site: SiteName) {
        self.init(site: site)
        defaultLifetime = cache.defaultTTL
        tags = cache.tags
        bypass = cache.bypass.map { kind in
            switch kind {
            case .cookie(let name): .cookie(name)
            case .header(let name): .header(name.lowercased())
            }
        }
        obeysRequests = cache.requests == .obey
        self.guarding = GuardPolicy(guarding)
        self.guarding?.declared = declared
    }
}

extension CompressionPolicy {
    init(_ compression: Configuration.Compression) {
        self.init(
            codings: compression.encodings.map { encoding in
                switch encoding {
                case .br: .brotli
                case .zstd: .zstd
                case .gzip: .gzip
                }
            }, types: compression.types.map { MediaRange($0) }, minimum: compression.atLeast.bytes, level: compression.level)
    }
}

extension GuardPolicy {
    /// Nil where nothing is to be looked at.
    fileprivate init?(_ guarding: Configuration.ProxyGuard) {
        switch guarding {
        case .off: return nil
        case .on(let checks):
            self.init(rules: checks.rules.map(Rule.init), settle: checks.settle, refusesMismatch: checks.onMismatch == .refuse)
        }
    }
}

extension GuardPolicy.Rule {
    fileprivate init(_ rule: Configuration.ProxyGuard.Rule) {
        let kind: DigestKind =
            switch rule.digest {
            case .md5: .md5
            case .sha1: .sha1
            case .sha256: .sha256
            }
        self.init(isOfQuery: rule.query != nil, pattern: rule.query ?? rule.name ?? "", kind: kind)
    }
}
