import Admin
import HTTPEngine
import Model
import Proxying
import Snapshots
import Synchronization

/// Asks the servers that a release brings whether they are well, before a visitor is sent to them: with the check that their backend has,
/// as often as makes a server one that is down; else with one connection. From an event loop of its own, that is there for so long.
struct BackendInspection: Sendable {
    let sites: [SnapshotBuilder.Site]
    /// Lets time pass between two questions to a server that was not well.
    let pause: @Sendable (Duration) async -> Void

    /// - Parameter isReturn: to a release that was live: asked once, and one good server of a backend is enough.
    /// - Returns: the servers that are not well; empty: nothing speaks against it.
    func run(_ record: ReleaseRecord, isReturn: Bool) async -> [ServerTrouble] {
        guard let site = sites.first(where: { $0.name == record.site }), let given = record.backends else { return [] }
        // Names are looked up, which may block.
        let backends = await BlockingWork.run {
            Dictionary(grouping: given, by: \.name).sorted { $0.key < $1.key }.compactMap { name, servers in
                site.makeBackend(name, servers.map(\.url), 0)
            }
        }
        guard !backends.isEmpty else { return [] }
        return await withTaskGroup { group in
            for backend in backends { group.addTask { await troubles(of: backend, isReturn: isReturn) } }
            return await group.reduce(into: []) { $0 += $1 }.sorted { ($0.backend, $0.server) < ($1.backend, $1.server) }
        }
    }

    private func troubles(of backend: BackendPolicy, isReturn: Bool) async -> [ServerTrouble] {
        let thread: EngineThread
        let hasBegun = Countdown(1)
        do throws(EngineError) {
            thread = try EngineThread(entrances: [], makeHandler: { _ in NobodysHandler() }, failure: { _ in hasBegun.giveUp() })
        } catch {
            return backend.servers.map { ServerTrouble(backend: backend.name, server: $0.name, reason: "was not asked: \(error)") }
        }
        var left = backend.servers.map { ($0, HealthFinding.silent) }
        let attempts = isReturn ? 1 : backend.checks?.unhealthy ?? 1
        for attempt in 1...attempts {
            left = await ask(left.map(\.0), of: backend, on: thread, hasBegun)
            if left.isEmpty || (isReturn && left.count < backend.servers.count) { break }
            if attempt < attempts { await pause(.milliseconds(backend.checks?.every ?? 0)) }
        }
        thread.stop(grace: .zero)
        await BlockingWork.run { thread.join() }
        if isReturn, left.count < backend.servers.count { return [] }
        return left.map { ServerTrouble(backend: backend.name, server: $0.0.name, reason: $0.1.words) }
    }

    /// - Returns: those that are not well.
    private func ask(
        _ servers: [UpstreamServer], of backend: BackendPolicy, on thread: EngineThread, _ failed: Countdown
    ) async -> [(UpstreamServer, HealthFinding)] {
        let answered = Answer(found: servers.map { _ in .silent })
        let number = failed.whenZero { answered.isThere.giveUp() }
        thread.mailbox.post { loop in
            HealthRound.ask(servers, of: backend, on: loop) { findings in
                answered.found.withLock { $0 = findings }
                answered.isThere.one()
            }
        }
        await answered.isThere.value()
        failed.forget(number)
        return zip(servers, answered.found.withLock { $0 }).filter { $0.1 != .good }.map { ($0.0, $0.1) }
    }

    /// Comes from the loop.
    private final class Answer: Sendable {
        let found: Mutex<[HealthFinding]>
        let isThere = Countdown(1)

        init(found: [HealthFinding]) { self.found = Mutex(found) }
    }
}

/// Of a loop that accepts nothing.
private final class NobodysHandler: RequestHandler {
    func handle(_ exchange: Exchange) {}
    func refused(_ refusal: Refusal, peer: PeerAddress, request: Exchange?, answered: Int?) {}
    func turn(_ loop: LoopContext) {}
    func giveUpDescriptors() -> Bool { false }
}
