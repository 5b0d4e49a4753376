import Model

/// Two parts of one response as one (RFC 9111 §3.4): they must have the same strong tag and leave no gap.
///
/// ```
///  older   ├──────────┤
///  newer         ├────────┤        where both have bytes, the newer one's count
///  joined  └ front ┘ newer ┘
/// ```
package struct JoinedPart: Hashable, Sendable {
    package let place: ContentRange
    /// The fields of the older one, renewed by those of the newer (§3.2). A whole is a `200`.
    package let response: OriginResponse
    /// What of the older one's bytes stands in front of the newer one's and behind them; counted from its own beginning.
    package let front: Range<Int>
    package let back: Range<Int>

    package init?(_ older: OriginResponse, _ newer: OriginResponse) {
        guard let tag = Self.strongTag(newer), tag == Self.strongTag(older), let old = ContentRange(older.fields),
            let new = ContentRange(newer.fields), old.size == new.size, old.range.lowerBound <= new.range.upperBound,
            new.range.lowerBound <= old.range.upperBound
        else { return nil }
        let lower = min(old.range.lowerBound, new.range.lowerBound)
        let upper = max(old.range.upperBound, new.range.upperBound)
        place = ContentRange(lower..<upper, of: new.size)
        let start = old.range.lowerBound
        front = 0..<max(0, min(new.range.lowerBound, old.range.upperBound) - start)
        back = min(max(0, new.range.upperBound - start), old.range.count)..<old.range.count
        response = Self.response(Freshening.updated(older.fields, with: newer.fields, newer.directives), newer, place)
    }

    /// A part that is all there is of it, as the whole that it is; nil: it is no such part.
    package static func whole(_ part: OriginResponse) -> OriginResponse? {
        guard part.status == 206, let place = ContentRange(part.fields), place.isWhole else { return nil }
        return response(part.fields, part, place)
    }

    private static func response(_ fields: FieldLines, _ newer: OriginResponse, _ place: ContentRange) -> OriginResponse {
        var lines = fields.lines.filter { $0.name != "content-range" && $0.name != "content-length" }
        if !place.isWhole { lines.append(.init("content-range", Array(place.text.utf8))) }
        return OriginResponse(
            status: place.isWhole ? 200 : 206, fields: FieldLines(lines), requestedAt: newer.requestedAt, receivedAt: newer.receivedAt,
            defaultLifetime: newer.defaultLifetime)
    }

    /// RFC 9110 §8.8.1.
    package static func strongTag(_ response: OriginResponse) -> [UInt8]? {
        response.fields.single("etag").flatMap { $0.first == UInt8(ascii: "\"") ? $0 : nil }
    }
}
