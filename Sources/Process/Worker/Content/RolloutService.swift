import Logging
import Model
import Rollouts
import ServiceLifecycle
import Snapshots
import State

/// Brings what the loops counted to the rollouts, and lets rollouts take the steps that are due.
///
/// Once a second: counts go to the state (silence would be missing data), the abort rule looks at them, steps and drains whose
/// time has come are taken, and the data plane follows. Retention is looked at once a minute.
struct RolloutService: Service {
    let controller: RolloutController
    let counters: CounterBox
    let figures: NodeFigures
    let references: ReferencedNames
    let leadership: Leadership
    let logger: Logger
    let now: @Sendable () -> Timestamp
    let follow: @Sendable () async -> Void
    /// Called when releases were removed, whose bytes can go.
    let removed: @Sendable () async -> Void

    func run() async throws {
        var turns = 0
        for await _ in Ticks(every: .seconds(1)).cancelOnGracefulShutdown() {
            do {
                let turn = try turn(retention: turns % 60 == 0)
                if turn.hasChanged { await follow() }
                if turn.hasRemoved { await removed() }
            } catch {
                // What was counted is lost and shows as a gap: missing data is need.
                logger.error("rollouts wait for the state: \(error)")
            }
            turns += 1
        }
        try observe(counters.takeAll())
        if leadership.isLeading { try controller.end(now: now()) }
    }

    /// - Returns: whether the content changed, and whether a release was removed.
    private func turn(retention: Bool) throws -> (hasChanged: Bool, hasRemoved: Bool) {
        let batches = counters.takeAll()
        try observe(batches)
        if !leadership.isLeading { return (false, false) }
        var changed = false
        var hasRemoved = false
        for site in try controller.database.sites() {
            let moving = try controller.content(site).moving?.to
            let samples = references.samples(batches, site: site, moving: moving)
            if let reason = try controller.judge(site, samples, now: now()) {
                logger.warning("site \(site): rollout aborted: \(reason)")
                changed = true
            }
            guard retention else { continue }
            let removed = try controller.removeExpired(site, now: now())
            for id in removed { logger.info("site \(site): release \(id) removed by retention") }
            if !removed.isEmpty { (changed, hasRemoved) = (true, true) }
        }
        for site in try controller.tick(now: now()) {
            let sentences = try controller.status(site, now: now()).sentences
            logger.info("site \(site): \(sentences.joined(separator: "; "))")
            changed = true
        }
        return (changed, hasRemoved)
    }

    private func observe(_ batches: [CounterBatch]) throws {
        figures.add(batches)
        let dropped = batches.reduce(UInt64(0)) { $0 &+ $1.droppedLogLines }
        if dropped > 0 {
            logger.warning("\(dropped) line\(dropped == 1 ? "" : "s") of the access log dropped: its disk or reader is too slow")
        }
        for finding in batches.flatMap(\.guardFindings) {
            logger.warning(
                "guard: \(finding.url) has other content than its name says (\(finding.says) in the name, \(finding.has) it is); not kept")
        }
        for batch in batches {
            for damage in batch.damaged {
                logger.error("release \(damage.release): \(damage.what): \(damage.blob.hex). Run `tandem fsck`.")
            }
        }
        let need = ObservedNeed.from(batches)
        // Who leads writes also that there was none.
        if leadership.isLeading || !need.isEmpty { try controller.observe(need, now: now()) }
    }
}

extension ObservedNeed {
    /// Sums the loops' rows by release.
    static func from(_ batches: [CounterBatch]) -> [ObservedNeed] {
        var sums: [ReleaseID: ObservedNeed] = [:]
        for row in batches.flatMap(\.releases) {
            guard row.needed > 0, let lastAt = row.lastNeededAt else { continue }
            guard var sum = sums[row.release] else {
                sums[row.release] = ObservedNeed(
                    release: row.release, requests: row.needed, sketch: row.sketch, lastAt: lastAt, names: row.neededNames)
                continue
            }
            var sketch = sum.sketch
            sketch.formUnion(row.sketch)
            sum = ObservedNeed(
                release: row.release, requests: sum.requests + row.needed, sketch: sketch, lastAt: max(sum.lastAt, lastAt),
                names: Array((sum.names + row.neededNames.filter { !sum.names.contains($0) }).suffix(16)))
            sums[row.release] = sum
        }
        return sums.values.sorted { $0.release < $1.release }
    }
}
