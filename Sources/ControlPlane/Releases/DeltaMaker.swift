import Blobs
import Compression
import Manifests
import Model
import State

/// Makes the deltas of one release's contents to those that other releases offer as dictionaries, and writes its file.
///
/// Runs after the release exists, like the encodings; an interrupted run leaves whole deltas, and the next goes on.
package struct DeltaMaker: Sendable {
    private let store: ReleaseStore
    private let staging: String

    /// - Parameter staging: names the folder under `tmp/` that is used.
    package init(store: ReleaseStore, staging: String) {
        self.store = store
        self.staging = staging
    }

    /// Content and dictionary bytes between two writings of the file: a few seconds of work.
    private static let batchSize: UInt64 = 16 << 20

    /// The largest contents first: there a delta saves most.
    /// - Parameter written: called when the file says more than before.
    /// - Throws: `CancellationError` between contents; what the store, the state and `written` throw.
    package func run(_ move: DeltaPlan.Move, written: () async throws -> Void) async throws {
        let manifest = try store.manifest(move.to)
        let offers = DictionaryOffers(manifest)
        let uses = try move.from.flatMap { older -> [Use] in
            offers.uses(of: DictionaryOffers(try store.manifest(older)), in: manifest).map { entry, offer in
                Use(
                    entry: entry, size: manifest.size(at: entry),
                    pair: Pair(source: manifest.content(at: entry), dictionary: offer.content),
                    dictionarySize: offer.size, from: older)
            }
        }.sorted { ($1.size, $0.entry) < ($0.size, $1.entry) }
        let sources = Array(Set(uses.map(\.pair.source)))
        var known: [Pair: DeltaRecord] = [:]
        for record in try store.database.deltas(for: sources) { known[Pair(record)] = record }
        let best = try smallestEncodings(of: sources)
        func write() throws {
            let deltas = uses.compactMap { use -> EntryDelta? in
                guard let record = known[use.pair], record.isWorthIt else { return nil }
                return EntryDelta(
                    entry: use.entry, dictionary: record.dictionary, offeredBy: use.from, blob: record.blob, size: record.size)
            }
            try store.writeDictionaries(manifest, advertised: offers.advertised(in: manifest), deltas: deltas)
        }
        var unwritten: UInt64 = 0
        for use in uses where known[use.pair] == nil && Delta.isPossible(content: use.size, dictionary: use.dictionarySize) {
            try Task.checkCancellation()
            known[use.pair] = try make(use.pair, size: use.size, best: best[use.pair.source])
            unwritten += use.size + use.dictionarySize
            guard unwritten > Self.batchSize else { continue }
            unwritten = 0
            try write()
            try await written()
        }
        try write()
        try await written()
    }

    /// A content of the release, and what a visitor who comes from another has under its name.
    private struct Use {
        var entry: Int
        var size: UInt64
        var pair: Pair
        var dictionarySize: UInt64
        var from: ReleaseID
    }

    private struct Pair: Hashable {
        var source: ContentDigest
        var dictionary: ContentDigest

        init(source: ContentDigest, dictionary: ContentDigest) {
            self.source = source
            self.dictionary = dictionary
        }

        init(_ record: DeltaRecord) { self.init(source: record.source, dictionary: record.dictionary) }
    }

    private func smallestEncodings(of sources: [ContentDigest]) throws -> [ContentDigest: UInt64] {
        Dictionary(try store.database.encodings(for: sources).map { ($0.source, $0.size) }, uniquingKeysWith: { min($0, $1) })
    }

    /// One delta, in the store and recorded when this returns. Where encodings are not made yet, one of half the content is
    /// expected of them; what is sent is decided again with each answer.
    private func make(_ pair: Pair, size: UInt64, best: UInt64?) throws -> DeltaRecord? {
        let content = try store.directory.blobs.read(pair.source)
        let dictionary = try store.directory.blobs.read(pair.dictionary)
        let delta = try content.withUnsafeBytes { content in
            try dictionary.withUnsafeBytes { dictionary in
                try pair.dictionary.withBytes { try Delta.compress(content, dictionary: dictionary, digest: $0) }
            }
        }
        guard UInt64(delta.count) < best ?? size / 2 else {
            let record = DeltaRecord(source: pair.source, dictionary: pair.dictionary, blob: pair.source, size: size)
            try store.database.recordDeltas([record])
            return record
        }
        let staged = try StagedBlobs(store: store.directory.blobs, folder: store.directory.stagingPath(staging))
        defer { staged.discard() }
        let digest = delta.withUnsafeBytes { ContentDigest(of: $0) }
        // One that is there already is made young, or `gc` could take it before it is recorded.
        let isStored = store.directory.blobs.size(digest) == UInt64(delta.count) && store.directory.blobs.touch(digest)
        if !isStored { try staged.add(delta, digest) }
        try staged.commit()
        return try store.add(
            DeltaRecord(source: pair.source, dictionary: pair.dictionary, blob: digest, size: UInt64(delta.count)))
    }
}
