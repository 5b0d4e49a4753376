import Handover

// One content state for all generations: whoever has changed it waits until the others serve it, so that a page of one never names
// what another lacks.
//
// ```
//  changed(7) ──▶ follow(7) to every other ──▶ follows(7) from each, or its end ──▶ followed(7)
// ```
extension SupervisorMachine {
    struct Awaited: Hashable, Sendable {
        var asker: Int
        var version: Int
        /// Generations that have not said that they follow.
        var others: Set<Int>
    }

    mutating func changed(_ version: Int, by number: Int) {
        // One that loads reads the state once more when it is told to go.
        let others = generations.filter { $0.number != number && $0.phase != .loading && !$0.isKilled }.map(\.number)
        awaited.append(Awaited(asker: number, version: version, others: Set(others)))
        for other in others { actions.append(.order(generation: other, .follow(version: version))) }
        answerFollowed()
    }

    mutating func follows(_ version: Int, _ number: Int) {
        for index in awaited.indices where awaited[index].version <= version { awaited[index].others.remove(number) }
        answerFollowed()
    }

    private mutating func answerFollowed() {
        for one in awaited where one.others.isEmpty { actions.append(.order(generation: one.asker, .followed(version: one.version))) }
        awaited.removeAll { $0.others.isEmpty }
    }
}
