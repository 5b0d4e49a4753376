import Blobs
import Compression
import Manifests
import Model

/// Makes the encodings of contents: what was made for an earlier release is taken over, the rest is spread over the cores.
///
/// Runs after the release exists: publishing never waits for brotli 11. Whoever is killed in between leaves whole encodings
/// or none, and the next to look goes on with what is missing.
package struct Encoder: Sendable {
    let directory: DataDirectory
    private let threads: Int

    package init(directory: DataDirectory, threads: Int) {
        self.directory = directory
        self.threads = max(threads, 1)
    }

    /// One content and what it lacks.
    package struct Task: Sendable {
        package var source: ContentDigest
        package var size: UInt64
        package var codings: [Coding]
    }

    /// What a release's contents lack, largest first, so that no core is left with a large one at the end.
    package static func missing(_ manifest: Manifest, recorded: [EncodingRecord], among codings: [Coding] = Coding.allCases) -> [Task] {
        let known = Dictionary(grouping: recorded, by: \.source).mapValues { Set($0.map(\.coding)) }
        var seen: Set<ContentDigest> = []
        var tasks: [Task] = []
        for index in 0..<manifest.count {
            let source = manifest.content(at: index)
            guard seen.insert(source).inserted,
                Worthwhile.isWorthTrying(name: manifest.name(at: index), size: manifest.size(at: index), head: .init(start: nil, count: 0))
            else { continue }
            let lacking = codings.filter { !(known[source] ?? []).contains($0) }
            if !lacking.isEmpty { tasks.append(Task(source: source, size: manifest.size(at: index), codings: lacking)) }
        }
        return tasks.sorted { ($1.size, $0.source) < ($0.size, $1.source) }
    }

    /// Makes them, and hands them over in batches as they become durable.
    /// - Parameters:
    ///   - staging: names the folder under `tmp/` that is used.
    ///   - record: takes a batch that is in the store.
    package func run(
        _ tasks: [Task], staging: String, progress: @escaping @Sendable (PublishProgress) -> Void,
        record: @escaping @Sendable ([EncodingRecord]) async throws -> Void
    ) async throws {
        let done = WorkDone(
            .compressing, of: (files: tasks.count, bytes: tasks.reduce(UInt64(0)) { $0 + $1.size }), report: progress)
        // A batch of this size loses at most some seconds of work to a kill.
        var batch: [Task] = []
        var batchBytes: UInt64 = 0
        for task in tasks {
            batch.append(task)
            batchBytes += task.size
            guard batchBytes > 8 << 20 else { continue }
            try await record(try await encode(batch, staging: staging, done: done))
            batch = []
            batchBytes = 0
        }
        if !batch.isEmpty { try await record(try await encode(batch, staging: staging, done: done)) }
    }

    /// One batch, in the store when this returns.
    private func encode(_ batch: [Task], staging: String, done: WorkDone) async throws -> [EncodingRecord] {
        let staged = try StagedBlobs(store: directory.blobs, folder: directory.stagingPath(staging))
        defer { staged.discard() }
        let indices = WorkIndices(count: batch.count)
        let made = try await withThrowingTaskGroup(of: [EncodingRecord].self) { group in
            for _ in 0..<threads {
                group.addTask {
                    var records: [EncodingRecord] = []
                    while let index = indices.take() {
                        records += try encode(batch[index], into: staged)
                        done.add(bytes: batch[index].size)
                    }
                    return records
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        try staged.commit()
        return made
    }

    private func encode(_ task: Task, into staged: StagedBlobs) throws -> [EncodingRecord] {
        if task.size >= Codec.streamingSize { return try encodeInPieces(task, into: staged) }
        let bytes = try directory.blobs.read(task.source)
        return try bytes.withUnsafeBytes { raw in
            let head = UnsafeRawBufferPointer(rebasing: raw.prefix(16))
            let isWorthTrying = Worthwhile.isWorthTrying(name: "", size: task.size, head: head)
            return try task.codings.map { coding in
                let encoded = isWorthTrying ? try coding.codec.compress(raw) : []
                guard isWorthTrying, Worthwhile.isWorthKeeping(encoded: encoded.count, original: task.size) else {
                    return EncodingRecord(source: task.source, coding: coding, blob: task.source, size: task.size)
                }
                let digest = encoded.withUnsafeBytes { ContentDigest(of: $0) }
                // One that is there already is made young, or `gc` could take it before it is recorded.
                let isStored = directory.blobs.size(digest) == UInt64(encoded.count) && directory.blobs.touch(digest)
                if !isStored { try staged.add(encoded, digest) }
                return EncodingRecord(source: task.source, coding: coding, blob: digest, size: UInt64(encoded.count))
            }
        }
    }
}

extension Coding {
    package var codec: Codec {
        switch self {
        case .brotli: .brotli
        case .zstd: .zstd
        case .gzip: .gzip
        }
    }
}
