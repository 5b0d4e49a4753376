import Model

/// A response as it came, with what a shared cache reads from it: decided once, when it comes.
package struct OriginResponse: Hashable, Sendable {
    package let status: Int
    package let fields: FieldLines
    /// When the request for it was sent, and when its head had come.
    package let requestedAt: Timestamp
    package let receivedAt: Timestamp
    /// Of the targeted field where there is one, else of `Cache-Control`.
    package let directives: Directives
    package let isTargeted: Bool
    package let date: Timestamp
    package let lifetime: Lifetime
    /// An operator's, where the origin says none.
    package let defaultLifetime: Duration?

    /// - Parameter defaultLifetime: how long it is fresh where the origin says nothing (an operator's word).
    package init(
        status: Int, fields: FieldLines, requestedAt: Timestamp, receivedAt: Timestamp, defaultLifetime: Duration? = nil
    ) {
        self.status = status
        self.fields = fields
        self.requestedAt = requestedAt
        self.receivedAt = receivedAt
        self.defaultLifetime = defaultLifetime
        let targeted = TargetedControl.directives(fields)
        directives = targeted ?? Directives(fields.members("cache-control"))
        isTargeted = targeted != nil
        // Without a date that can be read, the time it came stands for it (RFC 9110 §6.6.1).
        date = fields.single("date").flatMap { HTTPDate.parse($0, now: receivedAt) } ?? receivedAt
        let said = Lifetime(status: status, fields: fields, directives: directives, isTargeted: isTargeted, date: date, now: receivedAt)
        lifetime = said.source == .said || !Lifetime.mayGuess(status) ? said : defaultLifetime.map { Lifetime(set: $0) } ?? said
    }

    /// How old it is (RFC 9111 §4.2.3): the larger of what its `Date` and what its `Age` say, and the time since.
    package func age(at now: Timestamp) -> Duration {
        let apparent = max(.zero, receivedAt - date)
        let delay = max(.zero, receivedAt - requestedAt)
        let corrected = (Self.said(fields["age"]) ?? .zero) + delay
        return max(apparent, corrected) + max(.zero, now - receivedAt)
    }

    /// `Age` holds one number of seconds; of several the first counts, and what is no number is ignored (§5.1).
    private static func said(_ lines: [[UInt8]]) -> Duration? {
        guard let first = lines.first else { return nil }
        return DeltaSeconds.parse(ListMembers.of(first).first).flatMap { first.first == UInt8(ascii: "\"") ? nil : $0 }
    }
}
