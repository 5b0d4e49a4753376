/// A number of bytes. Written `64KB`, `1GB`: powers of 1024.
package struct ByteCount: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package var bytes: UInt64

    package init(_ bytes: some BinaryInteger) {
        self.bytes = UInt64(clamping: bytes)
    }

    package static func < (a: ByteCount, b: ByteCount) -> Bool { a.bytes < b.bytes }

    /// `1.5 MB`, `312 KB`, `17 B`.
    package var description: String {
        var value = Double(bytes)
        for unit in ["B", "KB", "MB", "GB"] {
            if value < 1024 { return Self.short(value, unit) }
            value /= 1024
        }
        return Self.short(value, "TB")
    }

    private static func short(_ value: Double, _ unit: String) -> String {
        if unit == "B" || value >= 100 { return "\(Int(value.rounded())) \(unit)" }
        let tenths = Int((value * 10).rounded())
        return tenths.isMultiple(of: 10) ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
    }
}

/// A part of a whole in hundredths of a percent, 0…10,000. Written `5%`.
package struct Share: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package static let whole = Share(basisPoints: 10_000)
    package static let none = Share(basisPoints: 0)

    package var basisPoints: UInt16

    /// - Parameter basisPoints: hundredths of a percent; more than 10,000 counts as the whole.
    package init(basisPoints: Int) {
        self.basisPoints = UInt16(min(max(basisPoints, 0), 10_000))
    }

    package static func < (a: Share, b: Share) -> Bool { a.basisPoints < b.basisPoints }

    /// Whether a visitor in `bucket` (0…9,999) belongs to the share. Growing shares only ever add visitors.
    package func contains(bucket: Int) -> Bool { bucket < Int(basisPoints) }

    package var description: String {
        let whole = basisPoints / 100
        let rest = basisPoints % 100
        if rest == 0 { return "\(whole)%" }
        let digits = rest < 10 ? "0\(rest)" : rest.isMultiple(of: 10) ? "\(rest / 10)" : "\(rest)"
        return "\(whole).\(digits)%"
    }
}

/// A moment in milliseconds since 1970-01-01 UTC. Time is an argument everywhere: nothing below the shells asks a clock.
package struct Timestamp: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }

    package static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    package static func + (time: Timestamp, span: Duration) -> Timestamp {
        Timestamp(milliseconds: time.milliseconds &+ span.wholeMilliseconds)
    }

    package static func - (a: Timestamp, b: Timestamp) -> Duration {
        .milliseconds(a.milliseconds - b.milliseconds)
    }

    /// RFC 3339 in UTC with seconds: `2026-11-21T04:47:36Z`. The calendar is proleptic Gregorian.
    package var description: String {
        let seconds = milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
        let date = CivilDate(secondsSince1970: seconds)
        func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
        return "\(date.year)-\(two(date.month))-\(two(date.day))T\(two(date.hour)):\(two(date.minute)):\(two(date.second))Z"
    }
}

extension Duration {
    package var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// For people: `4 s`, `15 min`, `3 h`, `7 d`; below a second `120 ms`.
    package var short: String {
        let milliseconds = wholeMilliseconds
        if milliseconds < 1000 { return "\(milliseconds) ms" }
        let seconds = milliseconds / 1000
        if seconds < 120 { return "\(seconds) s" }
        if seconds < 2 * 3600 { return "\(seconds / 60) min" }
        if seconds < 2 * 86_400 { return "\(seconds / 3600) h" }
        return "\(seconds / 86_400) d"
    }
}
