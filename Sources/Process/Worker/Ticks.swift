/// An element every so often, for as long as somebody waits for the next.
struct Ticks: AsyncSequence {
    let every: Duration

    struct AsyncIterator: AsyncIteratorProtocol {
        let every: Duration

        mutating func next() async -> Void? {
            do {
                try await ContinuousClock().sleep(for: every)
                return ()
            } catch {
                return nil
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(every: every) }
}
