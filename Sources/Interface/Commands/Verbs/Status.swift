import AdminAPI
import ArgumentParser
import Handover
import Model
import Settings

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One screen: the server, its connections, its sites and their rollouts.",
        discussion: "With --watch it is drawn anew each second until the server ends; without a terminal it is a line a second.")

    @Flag(name: .long, help: "Follow it, once a second.")
    var watch = false
    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let configuration = try shared.configuration()
        let socket = configuration.adminSocket
        guard AdminClient.isAnswering(socket) else {
            throw Problem.failed("no server answers on \(socket)\nStart one with `tandem serve`.")
        }
        let client = AdminClient(socketPath: socket)
        if watch { return try await follow(client, configuration) }
        let report = try await Self.report(client, configuration)
        if output.json { return try Terminal.json(report) }
        Terminal.print(try await StatusScreen(report, before: nil, client).text)
    }

    /// What the serving generation says, and what the supervisor says of all of them.
    private static func report(_ client: AdminClient, _ configuration: Configuration) async throws -> StatusReport {
        var report = try await client.ask(NodeStatus())
        guard case .generations(let list)? = try ControlClient(configuration)?.ask(.generations) else { return report }
        report.generations = list.map { one in
            let figures = one.figures
            return StatusReport.Generation(
                number: one.number, process: one.process, state: one.state, configuration: one.hash, ageSeconds: one.ageSeconds,
                idle: figures.idle, requests: figures.requests, transfers: figures.transfers,
                webSockets: figures.webSockets, eventStreams: figures.eventStreams, http2: figures.http2,
                handshakes: figures.handshakes, oldestSeconds: figures.oldestSeconds, forced: figures.forced,
                concluded: figures.concluded)
        }
        return report
    }

    private func follow(_ client: AdminClient, _ configuration: Configuration) async throws {
        let clock = ContinuousClock()
        var before: (report: StatusReport, at: ContinuousClock.Instant)?
        var next = clock.now
        while true {
            guard AdminClient.isAnswering(client.socketPath) else { throw Problem.failed("the server has ended") }
            let report = try await Self.report(client, configuration)
            let now = clock.now
            let screen = try await StatusScreen(report, before: before.map { ($0.report, now - $0.at) }, client)
            if output.json {
                try Terminal.jsonLine(report)
            } else if Terminal.isScreen {
                Terminal.screen(screen.text)
            } else {
                Terminal.print(screen.line)
            }
            before = (report, now)
            next = max(next + .seconds(1), clock.now)
            try await clock.sleep(until: next)
        }
    }
}

/// What `tandem status` shows, as text.
private struct StatusScreen {
    private let report: StatusReport
    /// Requests a second since the report before; nil without one.
    private let rate: Double?
    private var releases: [SiteName: String] = [:]

    /// - Parameter before: the last report, and how long ago it was.
    init(_ report: StatusReport, before: (report: StatusReport, ago: Duration)?, _ client: AdminClient) async throws {
        self.report = report
        rate = before.flatMap { last, ago in
            let milliseconds = ago.wholeMilliseconds
            // Another process began to count anew.
            guard milliseconds > 0, last.process == report.process, report.requests >= last.requests else { return nil }
            return Double(report.requests - last.requests) * 1000 / Double(milliseconds)
        }
        for site in report.sites { releases[site.site] = Self.count(try await client.ask(ListReleases(site: site.site))) }
    }

    private static func count(_ releases: [ReleaseReport]) -> String {
        let counts = Dictionary(grouping: releases, by: \.record.state).mapValues(\.count)
        let parts = ReleaseState.allCases.compactMap { state in counts[state].map { "\($0) \(state.rawValue)" } }
        return parts.isEmpty ? "no releases" : "releases: " + parts.joined(separator: ", ")
    }

    private var traffic: String {
        let connections = "\(report.connections) connection\(report.connections == 1 ? "" : "s")"
        let requests = "\(report.requests) request\(report.requests == 1 ? "" : "s")"
        return "\(connections), \(requests)" + (rate.map { ", \(Int($0.rounded()))/s" } ?? "")
    }

    var text: String {
        var lines = [
            "tandem \(report.version), process \(report.process), since \(report.startedAt)",
            "listening on \(report.listening.joined(separator: ", "))", traffic,
        ]
        lines += generations
        for site in report.sites {
            lines += ["", Terminal.bold(site.site.text), "  \(releases[site.site] ?? "")"] + site.sentences.map { "  \($0)" }
        }
        return lines.joined(separator: "\n")
    }

    /// A table once there is something to tell apart.
    private var generations: [String] {
        guard let list = report.generations, !list.isEmpty else { return ["no supervisor: `tandem serve` takes over what serves"] }
        var table = TextTable(
            "generation", "process", "state", "configuration", "age", "idle", "requests", "transfers", "websockets", "events", "http2",
            "tls", "oldest", "concluded", "forced")
        for one in list {
            table.add(
                "\(one.number)", "\(one.process)", one.state, one.configuration, "\(one.ageSeconds)s", "\(one.idle)", "\(one.requests)",
                "\(one.transfers)", "\(one.webSockets)", "\(one.eventStreams)", "\(one.http2)", "\(one.handshakes)",
                "\(one.oldestSeconds)s", "\(one.concluded)", "\(one.forced)")
        }
        return ["", table.text]
    }

    var line: String {
        let sites = report.sites.map { "\($0.site): \($0.sentences.joined(separator: "; "))" }
        return ([traffic] + sites).joined(separator: " | ")
    }
}
