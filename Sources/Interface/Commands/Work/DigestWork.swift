import AdminAPI
import Files
import Fingerprinting
import Foundation
import Model

/// A digest with its progress bar, its findings said and its errors in words.
struct DigestWork {
    let options: DigestOptions
    let quiet: Bool

    /// - Parameter previous: an earlier output to take unchanged results from; nil: the one in `output`.
    func digest(from input: String, to output: String, previous: String? = nil) async throws -> DigestReport {
        let bar = ProgressBar(isInteractive: Terminal.isInteractive && !quiet)
        let display = DigestDisplay(bar)
        do {
            let report = try await Digest(options: options, reader: .languages, now: Self.now).run(
                from: input, to: output, previous: previous
            ) { display.show($0) }
            display.finish()
            Self.say(report.findings)
            return report
        } catch {
            display.finish()
            throw stated(error)
        }
    }

    /// In nanoseconds, as files have their times.
    private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000_000_000) }

    /// Findings beyond this number are only counted: one wrong layout may break ten thousand pages.
    private static let shown = 100

    private static func say(_ findings: [Finding]) {
        for finding in findings.prefix(shown) { Terminal.note(finding.line) }
        if findings.count > shown { Terminal.note("and \(findings.count - shown) more") }
    }

    private func stated(_ error: any Error) -> any Error {
        switch error {
        case let failed as DigestFindings:
            // Errors before warnings: they are why nothing was written.
            let findings = failed.findings.filter { $0.severity == .error } + failed.findings.filter { $0.severity == .warning }
            if quiet { try? Terminal.json(DigestFailureJSON(findings)) } else { Self.say(findings) }
            return Problem.failed(failed.fault.description)
        case let fault as DigestFault: return fault.isRefusal ? Problem.refused(fault.description) : Problem.failed(fault.description)
        case let fault as FolderFault: return Problem.failed(fault.description)
        default: return error
        }
    }
}

/// Shows progress that comes from several threads.
// The bar is used by one thread at a time, under the lock: hence unchecked.
private final class DigestDisplay: @unchecked Sendable {
    private let bar: ProgressBar
    private let lock = NSLock()

    init(_ bar: ProgressBar) {
        self.bar = bar
    }

    func finish() { lock.withLock { bar.finish() } }

    func show(_ progress: DigestProgress) {
        lock.withLock {
            bar.show(
                stage: progress.stage.rawValue, fraction: progress.fraction,
                detail: "\(progress.files)/\(progress.of) files, \(ByteCount(progress.bytes)) of \(ByteCount(progress.ofBytes))")
        }
    }
}
