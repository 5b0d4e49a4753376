import Synchronization

/// Spreads independent work over threads. What comes out stands in the order of what went in, so that nothing depends on
/// which thread was faster.
enum Cores {
    /// - Parameters:
    ///   - threads: 1 or more; no more tasks run at a time.
    ///   - body: called once for each index.
    static func map<Value: Sendable>(
        count: Int, threads: Int, _ body: @escaping @Sendable (Int) throws -> Value
    ) async throws -> [Value] {
        if count == 0 { return [] }
        return try await withThrowingTaskGroup(of: [(Int, Value)].self) { group in
            let indices = IndexSource(count: count)
            for _ in 0..<max(1, min(threads, count)) {
                group.addTask {
                    var results: [(Int, Value)] = []
                    while let index = indices.take() {
                        try Task.checkCancellation()
                        results.append((index, try body(index)))
                    }
                    return results
                }
            }
            var values: [Value?] = Array(repeating: nil, count: count)
            for try await results in group {
                for (index, value) in results { values[index] = value }
            }
            return values.compactMap { $0 }
        }
    }
}

/// Indices of a list of work, handed to whichever thread asks next.
private final class IndexSource: Sendable {
    private let next = Atomic(0)
    private let count: Int

    init(count: Int) {
        self.count = count
    }

    func take() -> Int? {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        return index < count ? index : nil
    }
}
