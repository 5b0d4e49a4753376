import Admin
import AdminAPI
import Caching
import Model
import Proxying

extension ProxyCache {
    /// What an operator asks of it.
    func clerk(capacity: ByteCount, figures: NodeFigures, now: @escaping @Sendable () -> Timestamp) -> CacheClerk {
        let (node, scanner) = (node, scanner)
        return CacheClerk(
            report: {
                let (counts, found) = (node.cache.counts, node.guardCounts)
                return ReportCache.Answer(
                    objects: counts.objects, bytes: ByteCount(counts.bytes), capacity: capacity, memoryObjects: counts.memoryObjects,
                    memoryBytes: ByteCount(counts.memoryBytes), requests: figures.totals.cacheResults, stored: counts.stored,
                    renewed: counts.renewed, evicted: counts.evicted,
                    guardProven: found.proven, guardMismatches: found.mismatches, guardProvisional: found.provisional,
                    guardChanges: found.changes, guardRefused: found.refused)
            },
            inspect: { operation in
                let key = CacheKey(url: operation.url, release: operation.release?.hex)
                let request = FieldLines(operation.headers.map(Self.line))
                let entry = node.cache.find(key, request: request).map { Self.entry($0, now: now()) }
                return InspectCache.Answer(entry: entry, hasVariants: entry == nil && node.cache.hasVariants(key))
            },
            purge: { operation in
                let scopes: [Purge.Scope] =
                    operation.urls.map { .url(CacheKey(url: $0).text) } + operation.tags.map { .tag($0) }
                    + (operation.site.map { [.site($0)] } ?? []) + (operation.releases ?? []).map { .release($0.hex) }
                for scope in scopes { try node.cache.purge(Purge(scope, isSoft: operation.isSoft, at: now())) }
                // One URL goes as it is asked for. What may be half the disk is wanted back.
                if scopes.count > operation.urls.count, !operation.isSoft { scanner.scan() }
            })
    }

    static func line(_ text: String) -> FieldLines.Line {
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        return FieldLines.Line(String(text[..<colon]), Array(text[colon...].dropFirst().utf8))
    }

    private static func entry(_ object: CachedObject, now: Timestamp) -> InspectCache.Entry {
        let response = object.stored.response
        let age = response.age(at: now)
        return InspectCache.Entry(
            status: response.status, bytes: ByteCount(object.bodyCount), digest: object.bodyDigest, age: age.components.seconds,
            remaining: (response.lifetime.duration - age).components.seconds, isMarkedStale: object.isMarkedStale,
            isProvisional: object.stored.provisionalSince != nil, tags: object.stored.tags,
            fields: response.fields.lines.map { "\($0.name): \(String(decoding: $0.value, as: UTF8.self))" })
    }
}
