import Model

extension TreeWriting {
    func compress(_ finals: inout [FinalFile]) async throws {
        // Files with the same bytes may share a name: it is compressed once. Large ones first, so that no core is left with one at the end.
        let byName = Dictionary(finals.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let order = byName.values.sorted { ($1.digests.size, $0.name) < ($0.digests.size, $1.name) }
        let done = StageProgress(
            .compressing, files: order.count, bytes: order.reduce(0) { $0 + UInt64($1.digests.size) }, report: progress)
        let sizes = try await Cores.map(count: order.count, threads: web.options.threads) { at in
            let final = order[at]
            defer { done.add(bytes: UInt64(final.digests.size)) }
            // One that was taken over has them already.
            if !final.encodings.isEmpty { return final.encodings }
            return try EncodingWriting(folder: folder, earlier: earlier).write(final)
        }
        let sizesByName = Dictionary(zip(order, sizes).map { ($0.name, $1) }, uniquingKeysWith: { first, _ in first })
        for index in finals.indices { finals[index].encodings = sizesByName[finals[index].name] ?? [:] }
    }
}
