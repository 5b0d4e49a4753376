import References

/// A source text in which the expected references are marked: `url(«a.png»)`, or with a role `url(«font:a.woff2»)`.
struct MarkedText: Equatable {
    struct Mark: Equatable, CustomStringConvertible {
        var span: Range<Int>
        var role: Reference.Role
        var description: String { "\(role) \(span)" }
    }

    /// The text without the marks.
    private(set) var bytes: [UInt8] = []
    private(set) var marks: [Mark] = []

    /// - Parameter role: what a mark without a role stands for.
    init(_ marked: String, role: Reference.Role) {
        var rest = marked[...]
        while let start = rest.firstIndex(of: "«"), let end = rest[start...].firstIndex(of: "»") {
            bytes += rest[..<start].utf8
            var inside = rest[rest.index(after: start)..<end]
            var expected = role
            if let colon = inside.firstIndex(of: ":"), let named = Reference.Role(rawValue: String(inside[..<colon])) {
                expected = named
                inside = inside[inside.index(after: colon)...]
            }
            let span = bytes.count..<bytes.count + inside.utf8.count
            bytes += inside.utf8
            marks.append(Mark(span: span, role: expected))
            rest = rest[rest.index(after: end)...]
        }
        bytes += rest.utf8
    }

    static func marks(of reading: Reading) -> [Mark] {
        reading.references.map { Mark(span: $0.span, role: $0.role) }
    }
}
