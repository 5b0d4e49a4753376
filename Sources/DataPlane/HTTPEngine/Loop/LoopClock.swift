import Glibc
import Model

/// The time of one turn of an event loop: read once a turn, from the kernel's coarse clocks (4 ms).
package struct LoopClock: Sendable {
    /// Milliseconds since 1970.
    package private(set) var now = Timestamp(milliseconds: 0)
    /// Milliseconds of a clock that never jumps.
    package private(set) var monotonic: Int64 = 0
    /// Seconds since 1970: the `Date` of every answer in this turn.
    package private(set) var second: Int64 = -1
    /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7): 29 bytes.
    package private(set) var date = InlineArray<29, UInt8>(repeating: 0x20)

    /// Milliseconds that both are ahead of the kernel's: a test lets time pass without waiting for it.
    private var ahead: Int64 = 0

    package static let dateCount = 29

    package init() {
        update()
    }

    package mutating func update() {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        let monotonic = Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        let now = Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        set(monotonic: monotonic + ahead, now: Timestamp(milliseconds: now + ahead))
    }

    /// Lets time pass at once.
    mutating func advance(by milliseconds: Int64) {
        ahead += milliseconds
        update()
    }

    mutating func set(monotonic: Int64, now: Timestamp) {
        self.monotonic = monotonic
        self.now = now
        let second = now.milliseconds / 1000
        if second != self.second { setSecond(second) }
    }

    private mutating func setSecond(_ value: Int64) {
        second = value
        let text = HTTPDate.text(secondsSince1970: value)
        var index = 0
        for byte in text.utf8 where index < Self.dateCount {
            date[index] = byte
            index += 1
        }
    }
}

package enum HTTPDate {
    /// IMF-fixdate of RFC 9110 §5.6.7.
    package static func text(secondsSince1970: Int64) -> String {
        let days: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months: [StaticString] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let date = CivilDate(secondsSince1970: secondsSince1970)
        func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
        return "\(days[date.weekday]), \(two(date.day)) \(months[date.month - 1]) \(date.year) "
            + "\(two(date.hour)):\(two(date.minute)):\(two(date.second)) GMT"
    }
}
