import Model

/// `HTTP-date` in its three forms (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` and
/// `Sun Nov  6 08:49:37 1994`. The day's name is not looked at.
package enum HTTPDate {
    /// - Parameter now: what a year of two digits is compared with: more than fifty years ahead means the century before.
    /// - Returns: nil for anything else, and for days and times that do not exist.
    package static func parse(_ value: [UInt8], now: Timestamp) -> Timestamp? {
        guard value.allSatisfy({ $0 < 0x80 }) else { return nil }
        let words = value.split(whereSeparator: { $0 == 0x20 || $0 == UInt8(ascii: ",") }).map { String(decoding: $0, as: UTF8.self) }
        let parts: (day: String, month: String, year: String, time: String)
        switch words.count {
        case 6 where words[5] == "GMT": parts = (words[1], words[2], words[3], words[4])
        case 4 where words[3] == "GMT":
            let date = words[1].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
            guard date.count == 3, date[2].count == 2 else { return nil }
            parts = (date[0], date[1], date[2], words[2])
        case 5: parts = (words[2], words[1], words[4], words[3])
        default: return nil
        }
        let time = parts.time.split(separator: ":", omittingEmptySubsequences: false).map { number(String($0)) }
        guard let day = number(parts.day), let month = months.firstIndex(of: parts.month).map({ $0 + 1 }), let written = number(parts.year),
            time.count == 3, let hour = time[0], let minute = time[1], let second = time[2], hour < 24, minute < 60, second <= 60,
            parts.time.utf8.count == 8
        else { return nil }
        let year = parts.year.count == 2 ? century(written, now: now) : written
        guard day >= 1, day <= length(of: month, year), year >= 1 else { return nil }
        let seconds = days(year, month, day) * 86_400 + Int64(hour * 3600 + minute * 60 + min(second, 59))
        return Timestamp(milliseconds: seconds * 1000)
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func number(_ text: String) -> Int? {
        text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } && text.utf8.count <= 4 ? Int(text) : nil
    }

    private static func century(_ year: Int, now: Timestamp) -> Int {
        let present = CivilDate(secondsSince1970: now.milliseconds / 1000).year
        let guess = present / 100 * 100 + year
        return guess > present + 50 ? guess - 100 : guess
    }

    private static func length(of month: Int, _ year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Days since 1970 (as in `CivilDate`, the other way round).
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int64(era * 146_097 + dayOfEra - 719_468)
    }
}
