import Foundation
import Glibc

/// What commands print: results to standard output, everything else to standard error.
enum Terminal {
    static func print(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }
    static func note(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// `tandem: <what is wrong>`, then what to do.
    static func error(_ text: String) { note("tandem: \(text)") }

    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// One document a line, for what is followed.
    static func jsonLine(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Whether results are read by a person who sees one screen.
    static var isScreen: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Puts a text in place of what the screen shows.
    static func screen(_ text: String) {
        // Line by line over what was there, then the rest is cleared: nothing flickers.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { "\($0)\u{1B}[K\n" }.joined()
        write("\u{1B}[H\(lines)\u{1B}[J", to: STDOUT_FILENO)
    }

    static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }
    static var hasColor: Bool { isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil }

    static func bold(_ text: String) -> String { hasColor ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var at = 0
            while at < bytes.count {
                let written = Glibc.write(descriptor, bytes.baseAddress.map { $0 + at }, bytes.count - at)
                if written < 0, errno == EINTR { continue }
                if written <= 0 { return }
                at += written
            }
        }
    }
}

/// Rows of text in columns as wide as their widest cell.
struct TextTable {
    private var rows: [[String]]

    init(_ header: String...) {
        rows = [header]
    }

    mutating func add(_ cells: String...) { rows.append(cells) }

    var text: String {
        let widths = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.enumerated().map { index, row in
            let line = zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
                .joined(separator: "  ")
            let trimmed = String(line.reversed().drop(while: { $0 == " " }).reversed())
            return index == 0 ? Terminal.bold(trimmed) : trimmed
        }.joined(separator: "\n")
    }
}

/// A bar on a terminal, a line for each stage elsewhere.
final class ProgressBar {
    private var lastStage = ""
    private var lastDrawn: ContinuousClock.Instant?
    private let clock = ContinuousClock()
    private let isInteractive: Bool
    private var isDrawn = false

    init(isInteractive: Bool = Terminal.isInteractive) {
        self.isInteractive = isInteractive
    }

    /// - Parameters:
    ///   - stage: what is done, in words.
    ///   - fraction: 0…1.
    ///   - detail: figures.
    func show(stage: String, fraction: Double, detail: String) {
        guard isInteractive else {
            if stage != lastStage { Terminal.note(stage + "…") }
            lastStage = stage
            return
        }
        let now = clock.now
        if stage == lastStage, let lastDrawn, now - lastDrawn < .milliseconds(50), fraction < 1 { return }
        lastStage = stage
        lastDrawn = now
        let width = 28
        let filled = Int(fraction * Double(width))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        Terminal.write("\r\u{1B}[K\(bar) \(Int(fraction * 100))%  \(stage)  \(detail)", to: STDERR_FILENO)
        isDrawn = true
    }

    func finish() {
        if isDrawn { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) }
        isDrawn = false
    }
}
