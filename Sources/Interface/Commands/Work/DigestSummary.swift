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
        var original: UInt64
        var bytes: UInt64
    }

    struct Change: Encodable {
        var key: String
        var old: String?
        var new: String?
    }

    var files: Int
    var renamed: Int
    var rewritten: Int
    var bytesBefore: UInt64
    var bytesAfter: UInt64
    var encodings: [String: Encoded]
    var seconds: Double
    var build: String
    /// The path that a source names → the name in the output.
    var names: [String: String]
    var changes: [Change]?
    var findings: [FindingJSON]

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
        findings = report.findings.map { FindingJSON($0) }
    }
}

struct FindingJSON: Encodable {
    var severity: String
    var file: String
    var line: Int
    var column: Int
    var message: String

    init(_ finding: Finding) {
        severity = finding.severity.rawValue
        file = finding.file
        line = finding.position.line
        column = finding.position.column
        message = finding.message
    }
}

/// What `digest --json` prints when references lead nowhere (exit 1): all of them, in the order in which they are to be mended.
struct DigestFailureJSON: Encodable {
    var findings: [FindingJSON]

    init(_ findings: [Finding]) {
        self.findings = findings.map { FindingJSON($0) }
    }
}
