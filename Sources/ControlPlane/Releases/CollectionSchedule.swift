import Model

/// When the next `gc` is due, as a value: about every hour, soon after something was removed or revoked, and not while a
/// publish is open, whose commit would wait for the same lock.
///
/// A publish that does not end postpones it by an hour at most: `gc` may run beside one, it only slows it down.
package struct CollectionSchedule: Sendable {
    package static let interval = Duration.seconds(3600)
    /// Several removals in a row are collected together.
    package static let afterRemoval = Duration.seconds(60)
    package static let patience = Duration.seconds(3600)

    package private(set) var due: Timestamp

    /// - Parameter jitter: 0..<1; nodes that start together do not collect together, and one that is restarted often collects
    ///   all the same.
    package init(now: Timestamp, jitter: Double) {
        due = now + Self.afterRemoval + .milliseconds(Int64(jitter * Double(Self.interval.wholeMilliseconds)))
    }

    package mutating func removed(now: Timestamp) { due = min(due, now + Self.afterRemoval) }

    package mutating func isDue(now: Timestamp, isPublishing: Bool) -> Bool {
        // The clock went back: what was an hour ahead must not be days ahead now.
        if due - now > Self.interval * 2 { due = now + Self.interval }
        guard now >= due else { return false }
        return !isPublishing || now - due >= Self.patience
    }

    /// One has been run, or has failed.
    package mutating func ran(now: Timestamp, jitter: Double) {
        due = now + Self.interval * 3 / 4 + .milliseconds(Int64(jitter / 2 * Double(Self.interval.wholeMilliseconds)))
    }
}
