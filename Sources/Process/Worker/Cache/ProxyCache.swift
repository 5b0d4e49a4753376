import Blobs
import Caching
import Glibc
import Model
import Proxying
import ServiceLifecycle
import Settings

/// The cache of a node, where a route keeps something.
struct ProxyCache {
    let node: CacheNode
    let scanner: CacheScanner

    /// - Returns: nil where no route does.
    /// - Throws: `CacheFault`.
    init?(_ configuration: Configuration, directory: DataDirectory, now: @escaping @Sendable () -> Timestamp) throws {
        let keeps = configuration.sites.flatMap(\.routes).contains { route in
            if case .proxy(let proxy) = route.action { proxy.cache != nil } else { false }
        }
        guard keeps else { return nil }
        let path = directory.root + "/cache"
        let cache = try SharedCache(
            path: path, size: configuration.cache.size.bytes, memory: configuration.cache.memory.bytes / 2, boot: Self.boot())
        scanner = CacheScanner(cache, now: now)
        node = CacheNode(cache: cache, families: GuardFamilies(path: path + "/families"))
    }

    /// Lets go of what came from servers of a release, in memory, on disk and for all generations. Blocks: it looks into every file.
    /// - Throws: `CacheFault`: other generations do not know of it.
    func forget(_ release: ReleaseID, now: Timestamp) throws(CacheFault) {
        try node.cache.purge(Purge(.release(release.hex), at: now))
        node.cache.scan(now: now)
    }

    /// Tells this start of the machine from others: what an earlier one wrote last may never have reached the disk.
    private static func boot() -> UInt64 {
        let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var text = [UInt8](repeating: 0, count: 64)
        let count = max(read(descriptor, &text, text.count), 0)
        return text[..<count].withUnsafeBytes { ContentDigest(of: $0) }.words.0
    }
}

/// Looks through the folder of the cache as the node begins.
struct CacheService: Service {
    let scanner: CacheScanner

    func run() async throws {
        scanner.scan()
        try await gracefulShutdown()
    }
}
