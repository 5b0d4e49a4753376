import Fingerprinting
import Model

/// What a digest did, as a table.
struct DigestSummary {
    let report: DigestReport
    let seconds: Double

    var text: String {
        var table = TextTable("", "files", "bytes", "")
        table.add("in", "\(report.files)", "\(ByteCount(report.bytesBefore))", "")
        table.add("out", "\(report.files)", "\(ByteCount(report.bytesAfter))", "\(report.renamed) renamed, \(report.rewritten) rewritten")
        for coding in Coding.allCases {
            guard let encoded = report.encodings[coding.token] else { continue }
            table.add(coding.token, "\(encoded.files)", "\(ByteCount(encoded.bytes))", "from \(ByteCount(encoded.original))")
        }
        let hundredths = Int((seconds * 100).rounded())
        let time = "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) s"
        return ([table.text, time] + changes).joined(separator: "\n")
    }

    /// Names beyond this number are only counted.
    private static let shown = 50

    private var changes: [String] {
        guard let changes = report.changes?.list else { return [] }
        if changes.isEmpty { return ["no name changed"] }
        let lines = changes.prefix(Self.shown).map { change in
            switch (change.old, change.new) {
            case (let old?, let new?): "~ \(old) → \(new)"
            case (nil, let new?): "+ \(new)"
            case (let old?, nil): "- \(old)"
            case (nil, nil): change.key
            }
        }
        return lines + (changes.count > Self.shown ? ["and \(changes.count - Self.shown) more names"] : [])
    }
}

/// What `digest --json` prints.
struct DigestJSON: Encodable {
    struct Encoded: Encodable {
        var files: Int
        var original: Int64
        var bytes: Int64
    }

    struct Change: Encodable {
        var key: String
        var old: String?
        var new: String?
    }

    struct Finding: Encodable {
        var severity: String
        var file: String
        var line: Int
        var column: Int
        var message: String
    }

    var files: Int
    var renamed: Int
    var rewritten: Int
    var bytesBefore: Int64
    var bytesAfter: Int64
    var encodings: [String: Encoded]
    var seconds: Double
    var build: String
    /// The path that a source names → the name in the output.
    var names: [String: String]
    var changes: [Change]?
    var findings: [Finding]

    init(_ report: DigestReport, seconds: Double) {
        files = report.files
        renamed = report.renamed
        rewritten = report.rewritten
        bytesBefore = report.bytesBefore
        bytesAfter = report.bytesAfter
        encodings = report.encodings.mapValues { Encoded(files: $0.files, original: $0.original, bytes: $0.bytes) }
        self.seconds = seconds
        build = report.manifest.build
        names = report.manifest.entries.mapValues(\.name)
        changes = report.changes?.list.map { Change(key: $0.key, old: $0.old, new: $0.new) }
        findings = report.findings.map {
            Finding(severity: $0.severity.rawValue, file: $0.file, line: $0.position.line, column: $0.position.column, message: $0.message)
        }
    }
}
