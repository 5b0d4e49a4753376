import AdminAPI
import ArgumentParser
import Blobs
import Glibc
import Handover
import Settings

struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stop the running server gracefully, and wait until it has ended.",
        discussion: "Connections may finish within drain.stop; health answers 503 meanwhile. To stop now, send INT to the process.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let configuration = try shared.configuration()
        let report = try await Self.ask(configuration)
        try await waitForEnd(of: report.process)
        if output.json { return try Terminal.json(report) }
        let cut = report.cutConnections
        Terminal.print(
            "process \(report.process) has stopped"
                + (cut == 0
                    ? "" : "; \(cut) connection\(cut == 1 ? "" : "s") not done within drain.stop \(cut == 1 ? "was" : "were") cut off"))
    }

    private static func ask(_ configuration: Configuration) async throws -> StopReport {
        if let client = ControlClient(configuration) {
            guard case .stopped(let process, let cut) = try client.ask(.stop) else {
                throw Problem.failed("the supervisor gave another answer: see its log")
            }
            return StopReport(process: Int32(truncatingIfNeeded: process), cutConnections: cut)
        }
        // Workers whose supervisor was killed serve on.
        let socket = configuration.adminSocket
        guard AdminClient.isAnswering(socket) else {
            throw Problem.failed("no server answers on \(socket): nothing to stop")
        }
        // The answer comes when the loops have ended, and the client is patient for longer than a drain can take.
        let patience = max(configuration.drain.stop, configuration.drain.transfer, configuration.drain.websocket) + .seconds(60)
        return try await AdminClient(socketPath: socket, patience: patience).ask(StopNode())
    }

    /// The last counts are written after the answer.
    private func waitForEnd(of process: pid_t) async throws {
        let clock = ContinuousClock()
        let giveUp = clock.now + .seconds(10)
        while Self.isRunning(process) {
            guard clock.now < giveUp else {
                throw Problem.failed("process \(process) serves no more and has not ended\nSee its log; INT ends it now.")
            }
            try await clock.sleep(for: .milliseconds(10))
        }
    }

    /// One that has ended and that nobody has collected yet (`Z` behind its name, proc(5)) runs no more.
    private static func isRunning(_ process: pid_t) -> Bool {
        guard let bytes = try? FileReader.readAll("/proc/\(process)/stat"), let end = bytes.lastIndex(of: UInt8(ascii: ")")) else {
            return false
        }
        return bytes[end...].dropFirst(2).first != UInt8(ascii: "Z")
    }
}
