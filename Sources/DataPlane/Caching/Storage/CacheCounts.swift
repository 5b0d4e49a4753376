/// What the cache holds and has done since the process began.
package struct CacheCounts: Hashable, Sendable {
    package var objects = 0
    package var bytes: UInt64 = 0
    package var memoryObjects = 0
    package var memoryBytes: UInt64 = 0
    package var stored: UInt64 = 0
    package var renewed: UInt64 = 0
    package var evicted: UInt64 = 0
    package var purges: UInt64 = 0
}
