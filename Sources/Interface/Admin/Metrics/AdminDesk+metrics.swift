import AdminAPI
import Model
import Rollouts
import State

extension AdminDesk {
    /// Everything this node counts and measures, for a monitoring system. Cost: some rows a site.
    /// - Throws: `failed` where the state cannot be read.
    func metrics() throws -> String {
        var text = PrometheusText()
        if let measures = surroundings.measure?() { text.add(measures) }
        if let cache = surroundings.cache?.report() { text.add(cache) }
        do {
            try addReleases(to: &text)
        } catch let error as StateError {
            throw Problem(error)
        }
        if let process = ProcessMeasures() { text.add(process) }
        return text.text
    }

    private func addReleases(to text: inout PrometheusText) throws {
        var states: [(labels: KeyValuePairs<String, String>, value: Double)] = []
        var needed = states
        var phases = states
        for site in try database.sites() {
            for release in try database.releases(site) where release.state != .removed {
                states.append((["site": site.description, "release": release.id.short, "state": release.state.rawValue], 1))
            }
            for need in try database.need(site) {
                needed.append((["site": site.description, "release": need.release.short], Double(need.lastAt.milliseconds) / 1000))
            }
            guard let rollout = try database.rollouts(site).max(by: { $0.number < $1.number }) else { continue }
            for phase in RolloutPhase.allCases {
                phases.append((["site": site.description, "phase": phase.rawValue], phase == rollout.phase ? 1 : 0))
            }
        }
        text.add("tandem_release_state", .gauge, "1: the release is in this state.", states)
        text.add(
            "tandem_release_last_needed_timestamp_seconds", .gauge, "When a request came that only this release could answer.", needed)
        text.add("tandem_rollout_phase", .gauge, "1: the site's latest rollout is in this phase.", phases)
    }
}

extension PrometheusText {
    mutating func add(_ node: NodeMeasures) {
        add("tandem_build_info", .gauge, "The version that runs.", [(["version": node.version], 1)])
        add("tandem_requests_total", .counter, "Requests that were answered.", Double(node.requests))
        add("tandem_refused_requests_total", .counter, "Requests that were malformed, too large or too slow.", Double(node.refused))
        add("tandem_missing_names_total", .counter, "Requests for names that no release has.", Double(node.missing))
        add("tandem_connections", .gauge, "Connections of clients that are open.", Double(node.connections))
        add(
            "tandem_access_log_dropped_total", .counter, "Lines of the access log that its disk or reader was too slow for.",
            Double(node.droppedLogLines))
        add(
            "tandem_upstream_healthy", .gauge, "1: requests are sent to the server.",
            node.servers.map { server in
                let labels: KeyValuePairs = [
                    "site": server.site.description, "backend": server.backend, "server": server.name,
                    "release": server.release?.short ?? "",
                ]
                return (labels, server.isUp ? 1 : 0)
            })
        add("process_start_time_seconds", .gauge, "When the serving process began.", Double(node.startedAt.milliseconds) / 1000)
    }

    mutating func add(_ cache: ReportCache.Answer) {
        add(
            "tandem_cache_requests_total", .counter, "Requests of routes that keep something, by what the cache did.",
            // Also those that are none yet: of a series that begins with its first count nothing can be told.
            ReportCache.results.map { (["result": $0], Double(cache.requests[$0] ?? 0)) })
        add("tandem_cache_objects", .gauge, "Answers that are kept.", Double(cache.objects))
        add("tandem_cache_bytes", .gauge, "Bytes of them on disk.", Double(cache.bytes.bytes))
        add("tandem_cache_capacity_bytes", .gauge, "How many it may be (cache.size).", Double(cache.capacity.bytes))
        add("tandem_cache_memory_objects", .gauge, "Answers that are in memory too.", Double(cache.memoryObjects))
        add("tandem_cache_memory_bytes", .gauge, "Bytes of them in memory.", Double(cache.memoryBytes.bytes))
        add("tandem_cache_stored_total", .counter, "Answers that were stored.", Double(cache.stored))
        add("tandem_cache_renewed_total", .counter, "Answers that the server said are still good.", Double(cache.renewed))
        add("tandem_cache_evicted_total", .counter, "Answers that made room for others.", Double(cache.evicted))
        add(
            "tandem_guard_mismatch_total", .counter, "Answers whose bytes are not what their name says; none is kept.",
            Double(cache.guardMismatches))
        add("tandem_guard_refused_total", .counter, "Of them, those that no client got (on_mismatch: refuse).", Double(cache.guardRefused))
        add("tandem_guard_proven_total", .counter, "Answers whose bytes are what their name says.", Double(cache.guardProven))
        add("tandem_guard_provisional_total", .counter, "Answers whose name cannot be proven.", Double(cache.guardProvisional))
        add("tandem_guard_changed_total", .counter, "Such names whose bytes became others.", Double(cache.guardChanges))
    }

    mutating func add(_ process: ProcessMeasures) {
        add("process_cpu_seconds_total", .counter, "User and system time of the serving process.", process.processorSeconds)
        add("process_resident_memory_bytes", .gauge, "Its resident memory.", Double(process.residentBytes))
        add("process_open_fds", .gauge, "Its open descriptors.", Double(process.openDescriptors))
    }
}
