import Model

/// `HTTP-date` in its three forms (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` and
/// `Sun Nov  6 08:49:37 1994`. A cache reads them without regard to case (RFC 9111 §4.2), and nothing but them: what is nearly a date
/// may mean another one, and a response that nobody knows the end of is stale. Which day of the week it says is not looked at.
package enum HTTPDate {
    /// - Parameter now: what a year of two digits is compared with: more than fifty years ahead means the century before.
    /// - Returns: nil for anything else, and for days and times that do not exist.
    package static func parse(_ value: [UInt8], now: Timestamp) -> Timestamp? {
        if fits(value[...], "aaa, 00 aaa 0000 00:00:00 GMT") {
            return date(day: value[5...6], month: value[8...10], year: number(value[12...15]), time: value[17...24])
        }
        if fits(value[...], "aaa aaa _0 00:00:00 0000") {
            return date(day: value[8...9], month: value[4...6], year: number(value[20...23]), time: value[11...18])
        }
        // The day's name is written out, in some tongues longer than in others.
        let rest = Array(value.drop { isLetter($0) })
        guard rest.count < value.count, fits(rest[...], ", 00-aaa-00 00:00:00 GMT") else { return nil }
        let year = century(number(rest[9...10]), now: now)
        return date(day: rest[2...3], month: rest[5...7], year: year, time: rest[12...19])
    }

    /// Whether each byte is of the form's kind: `a` a letter, `0` a digit, `_` a digit or a space; all else itself in either case.
    private static func fits(_ value: ArraySlice<UInt8>, _ form: StaticString) -> Bool {
        guard value.count == form.utf8CodeUnitCount else { return false }
        return form.withUTF8Buffer { form in
            zip(value, form).allSatisfy { byte, kind in
                switch kind {
                case UInt8(ascii: "a"): isLetter(byte)
                case UInt8(ascii: "0"): isDigit(byte)
                case UInt8(ascii: "_"): isDigit(byte) || byte == 0x20
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte & 0xdf == kind
                default: byte == kind
                }
            }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func date(day: ArraySlice<UInt8>, month: ArraySlice<UInt8>, year: Int, time: ArraySlice<UInt8>) -> Timestamp? {
        let clock = time.split(separator: UInt8(ascii: ":")).map { number($0) }
        let name = String(decoding: month, as: UTF8.self).lowercased()
        guard let month = months.firstIndex(of: name).map({ $0 + 1 }), clock.count == 3, clock[0] < 24, clock[1] < 60, clock[2] <= 60 else {
            return nil
        }
        let day = number(day)
        guard day >= 1, day <= length(of: month, year), year >= 1 else { return nil }
        let seconds = days(year, month, day) * 86_400 + Int64(clock[0] * 3600 + clock[1] * 60 + min(clock[2], 59))
        return Timestamp(milliseconds: seconds * 1000)
    }

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    /// Of digits; a space in front counts for nothing.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int { digits.reduce(0) { $0 * 10 + ($1 == 0x20 ? 0 : Int($1 - 0x30)) } }

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
