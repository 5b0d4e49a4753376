import Model

/// Numbers with their units, read from the text as written: no sign, no exponent, no leading zero.
extension Kind where Value == Int {
    static func count(_ range: ClosedRange<Int>) -> Kind {
        Kind(
            shape: .integer(range),
            read: { node, reading in
                guard let text = reading.text(node, expected: "a whole number") else { return nil }
                guard let number = Quantity.digits(text.expanded[...]) else {
                    reading.fault(text, "\(text.quoted) is not a whole number")
                    return nil
                }
                guard case .number(let value) = number, let count = Int(exactly: value), range.contains(count) else {
                    reading.fault(text, "\(text.quoted) is out of range: \(range.lowerBound) to \(range.upperBound)")
                    return nil
                }
                return count
            },
            write: { .scalar("\($0)") })
    }
}

extension Kind where Value == Duration {
    /// - Parameter range: in whole milliseconds.
    static func duration(_ range: ClosedRange<Duration>) -> Kind {
        .quantity(
            "duration", "500ms 30s 15m 24h 7d", units: Quantity.durations, range: range,
            value: { Duration.milliseconds(Int64(clamping: $0)) },
            text: Quantity.text)
    }
}

extension Kind where Value == ByteCount {
    static func size(_ range: ClosedRange<ByteCount>) -> Kind {
        .quantity("size", "64KB 256MB 1GB", units: Quantity.sizes, range: range, value: { ByteCount($0) }, text: Quantity.text)
    }
}

extension Kind where Value == Share {
    /// `5%`, `0.25%`: up to two decimals.
    static func share(_ range: ClosedRange<Share>) -> Kind {
        .scalar(
            "share", pattern: "^[0-9]+(\\.[0-9]{1,2})?%$", range: "\(range.lowerBound)–\(range.upperBound)",
            parse: { text, reading in
                guard let points = Quantity.basisPoints(text.expanded) else {
                    reading.fault(text, "\(text.quoted) is not a share: write 5% or 0.25%")
                    return nil
                }
                guard points <= 10_000, range.contains(Share(basisPoints: points)) else {
                    reading.fault(text, "\(text.quoted) is out of range: \(range.lowerBound) to \(range.upperBound)")
                    return nil
                }
                return Share(basisPoints: points)
            },
            write: { $0.description })
    }
}

extension Kind where Value: Comparable {
    fileprivate static func quantity(
        _ label: String, _ examples: String, units: [Quantity.Unit], range: ClosedRange<Value>, value: @escaping (UInt64) -> Value,
        text write: @escaping (Value) -> String
    ) -> Kind {
        let unitPattern = units.map(\.name).joined(separator: "|")
        return .scalar(
            label, pattern: "^(0|[1-9][0-9]*)(\(unitPattern))$", range: "\(write(range.lowerBound))–\(write(range.upperBound))",
            parse: { text, reading in
                guard let number = Quantity.number(text.expanded, units) else {
                    reading.fault(text, "\(text.quoted) is not \(Shape.article(label)): a whole number and its unit, as in \(examples)")
                    return nil
                }
                // `value` may clamp: what does not come back from it as it was is out of every range too.
                guard case .number(let raw) = number, raw <= UInt64(Int64.max), range.contains(value(raw)) else {
                    reading.fault(text, "\(text.quoted) is out of range: \(write(range.lowerBound)) to \(write(range.upperBound))")
                    return nil
                }
                return value(raw)
            },
            write: write)
    }
}

/// The text of numbers with units.
enum Quantity: Equatable {
    case number(UInt64)
    case overflow

    typealias Unit = (name: String, factor: UInt64)

    static let durations: [Unit] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
    static let sizes: [Unit] = [("KB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30), ("TB", 1 << 40), ("B", 1)]

    /// Digits without a leading zero; nil for anything else.
    static func digits(_ text: Substring) -> Quantity? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), text.utf8.count == 1 || text.utf8.first != 0x30
        else { return nil }
        return UInt64(text).map(Quantity.number) ?? .overflow
    }

    static func number(_ text: String, _ units: [Unit]) -> Quantity? {
        let end = text.utf8.firstIndex { !(0x30...0x39).contains($0) } ?? text.endIndex
        guard let unit = units.first(where: { $0.name == text[end...] }), let number = digits(text[..<end]) else { return nil }
        guard case .number(let count) = number else { return .overflow }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit.factor)
        return overflow ? .overflow : .number(product)
    }

    /// Hundredths of a percent; nil if it is no share. More than the whole comes back as such.
    static func basisPoints(_ text: String) -> Int? {
        guard text.utf8.last == UInt8(ascii: "%") else { return nil }
        let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = digits(parts[0]) else { return nil }
        var hundredths = 0
        if parts.count == 2 {
            guard (1...2).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let value = Int(parts[1])
            else { return nil }
            hundredths = parts[1].utf8.count == 1 ? value * 10 : value
        }
        guard case .number(let percent) = whole, percent <= 100 else { return 10_001 }
        return Int(percent) * 100 + hundredths
    }

    /// In the largest unit that keeps it whole.
    static func text(_ duration: Duration) -> String {
        let milliseconds = UInt64(max(duration.wholeMilliseconds, 0))
        if milliseconds == 0 { return "0s" }
        let unit = durations.last { milliseconds.isMultiple(of: $0.factor) } ?? durations[0]
        return "\(milliseconds / unit.factor)\(unit.name)"
    }

    static func text(_ size: ByteCount) -> String {
        let unit = sizes.dropLast().last { size.bytes != 0 && size.bytes.isMultiple(of: $0.factor) } ?? ("B", 1)
        return "\(size.bytes / unit.factor)\(unit.name)"
    }
}
