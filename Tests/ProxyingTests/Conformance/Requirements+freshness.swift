/// RFC 9111 §4.2: how long an answer is fresh, how old it is, and when it may be used all the same.
extension CacheRequirement {
    static let freshness: [CacheRequirement] = lifetimes + expires + guesses + ages

    private static let lifetimes: [CacheRequirement] = [
        forgets("9111 §4.2", .must, "max-age=0 is stale", "Cache-Control: max-age=0"),
        forgets("9111 §4.2.1", .must, "s-maxage goes before a longer max-age", "Cache-Control: max-age=600, s-maxage=0"),
        forgets("9111 §4.2.1", .must, "in either order", "Cache-Control: s-maxage=0, max-age=600"),
        forgets("9111 §4.2.1", .must, "on either line", "Cache-Control: max-age=600", "Cache-Control: s-maxage=0"),
        keeps("9111 §4.2.1", .must, "s-maxage goes before a shorter max-age", "Cache-Control: max-age=0, s-maxage=600"),
        keeps("9111 §4.2.1", .must, "max-age goes before a past Expires", "Cache-Control: max-age=600", "Expires: \(date(-600))"),
        keeps("9111 §4.2.1", .must, "max-age goes before an Expires that is no date", "Cache-Control: max-age=600", "Expires: 0"),
        forgets("9111 §4.2.1", .must, "max-age=0 goes before a future Expires", "Cache-Control: max-age=0", "Expires: \(date(600))"),
        forgets("9111 §4.2.1", .should, "of two max-age the shorter counts", "Cache-Control: max-age=600, max-age=0"),
        forgets("9111 §4.2.1", .should, "in either order and on either line", "Cache-Control: max-age=0", "Cache-Control: max-age=600"),
        keeps("9111 §1.2.2", .must, "2147483648 seconds are a long time", "Cache-Control: max-age=2147483648"),
        keeps("9111 §1.2.2", .must, "more seconds than fit are a long time", "Cache-Control: max-age=99999999999999999999999"),
        keeps("9111 §1.2.2", .may, "zeros in front change no number", "Cache-Control: max-age=0000600"),
        forgets("9111 §4.2.1", .should, "a max-age that is negative is stale", "Cache-Control: max-age=-600"),
        forgets("9111 §4.2.1", .should, "a max-age that begins with a letter is stale", "Cache-Control: max-age=a600"),
        forgets("9111 §4.2.1", .should, "a max-age that ends with a letter is stale", "Cache-Control: max-age=600a"),
        forgets("9111 §4.2.1", .should, "a max-age in single quotes is stale", "Cache-Control: max-age='600'"),
        forgets("9111 §4.2.1", .should, "a max-age with a fraction is stale", "Cache-Control: max-age=600.5"),
        forgets("9111 §4.2.1", .should, "a max-age without a number is stale", "Cache-Control: max-age=", "Expires: \(date(600))"),
    ]

    private static let expires: [CacheRequirement] = [goodDates, badDates, oddDates].flatMap(\.self)

    private static let goodDates: [CacheRequirement] =
        [
            keeps("9111 §5.3", .may, "a future Expires is fresh", "Expires: \(date(600))", "Date: \(date(0))"),
            forgets("9111 §5.3", .must, "a past Expires is stale", "Expires: \(date(-600))", "Date: \(date(0))"),
            forgets("9111 §5.3", .must, "a present Expires is stale", "Expires: \(date(0))", "Date: \(date(0))"),
            forgets(
                "9111 §4.2.1", .must, "an Expires before Date is stale, however far both are ahead", "Expires: \(date(300))",
                "Date: \(date(400))"),
            keeps("9111 §5.3", .may, "Expires counts where Date is no date", "Expires: \(date(600))", "Date: foo"),
            keeps("9110 §5.6.7", .must, "Expires in the form of RFC 850", "Expires: Sunday, 06-Nov-50 08:49:37 GMT"),
            keeps("9110 §5.6.7", .must, "Expires in the form of asctime", "Expires: Sun Nov  6 08:49:37 2050"),
            keeps("9111 §4.2", .should, "the case of a day is no matter", "Expires: THU, 18 Aug 2050 02:01:18 GMT"),
            keeps("9111 §4.2", .should, "the case of a month is no matter", "Expires: Thu, 18 AUG 2050 02:01:18 GMT"),
            keeps("9111 §4.2", .should, "the case of a zone is no matter", "Expires: Thu, 18 Aug 2050 02:01:18 gMT"),
            keeps("9111 §4.2", .may, "the end of 32 bits is no end", "Expires: Tue, 19 Jan 2038 14:14:08 GMT"),
            forgets(
                "9110 §5.6.7", .must, "a year of two digits more than fifty years ahead is past", "Expires: Sunday, 06-Nov-94 08:49:37 GMT"),
        ]

    private static let badDates: [CacheRequirement] = [
        "0", "-1", "now", "600", "Thu, 18 Aug 2050 02:01:18 UTC", "Thu, 18 Aug 2050 2:01:18 GMT", "Thu, 18 Aug 2050 02.01.18 GMT",
        "Thu, 18-Aug-2050 02:01:18 GMT", "Thu, 18 Aug 50 02:01:18 GMT", "Thu 18 Aug 2050 02:01:18 GMT", "Thu, 18  Aug  2050 02:01:18 GMT",
        "Thu, 18 Aug 2050 02:01:18 AEST", "Thu, 32 Aug 2050 02:01:18 GMT", "Thu, 18 Aug 2050 25:01:18 GMT", "",
    ].map { forgets("9111 §5.3", .must, "Expires: \($0) is no date, and past", "Expires: \($0)", "Date: \(date(0))") }

    private static let oddDates: [CacheRequirement] = [
        forgets("9111 §5.3", .should, "two Expires that differ say nothing good", "Expires: \(date(600))", "Expires: \(date(700))"),
        forgets("9111 §5.3", .must, "an Expires that is no date keeps from guessing", "Expires: 0", "Last-Modified: \(date(-864_000))"),
    ]

    private static let guesses: [CacheRequirement] = [guessed, notGuessed, bounds].flatMap(\.self)

    private static let guessed: [CacheRequirement] =
        [200, 203, 204, 300, 301, 308].map {
            keeps(
                "9111 §4.2.2", .may, "\($0) with Last-Modified is fresh for a tenth of its age", status: $0,
                "Last-Modified: \(date(-86_400))", "Date: \(date(0))")
        }

    private static let notGuessed: [CacheRequirement] =
        [201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599].map {
            forgets(
                "9111 §4.2.2", .must, "\($0) is not guessed about", status: $0, "Last-Modified: \(date(-86_400))", "Date: \(date(0))")
        }
        + [404, 405, 410, 414, 501].flatMap { status in
            [
                keeps(
                    "9111 §4.2.2", .may, "\(status) with Last-Modified is fresh for a moment", status: status,
                    "Last-Modified: \(date(-86_400))", "Date: \(date(0))"),
                forgets(
                    "9111 §4.2.2", .may, "\(status) with Last-Modified is fresh for ten seconds at most", status: status,
                    "Last-Modified: \(date(-86_400))", "Date: \(date(0))", "Age: 10"),
            ]
        }

    private static let bounds: [CacheRequirement] = [
        keeps(
            "9111 §4.2.2", .may, "599 that is public may be guessed about", status: 599, "Cache-Control: public",
            "Last-Modified: \(date(-86_400))", "Date: \(date(0))"),
        forgets(
            "9111 §4.2.2", .must, "nothing is guessed where a lifetime is said", "Cache-Control: max-age=0",
            "Last-Modified: \(date(-86_400))"),
        forgets("9111 §4.2.2", .should, "nothing is guessed without Last-Modified", "Date: \(date(-86_400))"),
        forgets("9111 §4.2.2", .should, "nothing is guessed of a Last-Modified that is ahead", "Last-Modified: \(date(86_400))"),
        forgets(
            "9111 §4.2.2", .should, "a guess is a tenth, and over then", "Last-Modified: \(date(-1000))", "Date: \(date(0))", "Age: 101"
        ),
        forgets(
            "9111 §4.2.2", .may, "a guess is a day at most", "Last-Modified: \(date(-86_400_000))", "Date: \(date(0))", "Age: 86401"),
        keeps("9111 §4.2.2", .may, "an operator's lifetime where nothing is said", "Content-Type: text/plain", by: .lasting),
        forgets("9111 §4.2.2", .must, "an operator's lifetime is none of no-store", "Cache-Control: no-store", by: .lasting),
        forgets("9111 §4.2.2", .must, "an operator's lifetime is none of what is stale", "Cache-Control: max-age=0", by: .lasting),
        forgets("9111 §4.2.2", .may, "an operator's lifetime is none of errors", status: 404, "Content-Type: text/plain", by: .lasting),
    ]

    private static let ages: [CacheRequirement] = [
        forgets("9111 §4.2.3", .must, "an Age above the lifetime is stale", "Cache-Control: max-age=60", "Age: 61"),
        forgets("9111 §4.2.3", .must, "an Age that is the lifetime is stale", "Cache-Control: max-age=60", "Age: 60"),
        forgets("9111 §4.2.3", .must, "a Date longer ago than the lifetime is stale", "Cache-Control: max-age=60", "Date: \(date(-70))"),
        forgets(
            "9111 §4.2.3", .must, "Age counts against Expires less Date, also where Date is slow", "Date: \(date(-10))",
            "Expires: \(date(10))", "Age: 25"),
        forgets("9111 §4.2.3", .must, "Age counts where Date is ahead", "Date: \(date(10))", "Expires: \(date(20))", "Age: 15"),
        keeps(
            "9111 §4.2.3", .must, "a Date that is ahead makes nothing younger than now", "Cache-Control: max-age=60", "Date: \(date(600))"),
        keeps("9111 §5.1", .should, "an Age that is no number is ignored", "Cache-Control: max-age=60", "Age: abc"),
        keeps("9111 §5.1", .should, "a negative Age is ignored", "Cache-Control: max-age=60", "Age: -7200"),
        keeps("9111 §5.1", .should, "an Age with a fraction is ignored", "Cache-Control: max-age=60", "Age: 7200.0"),
        keeps("9111 §5.1", .should, "of several the first Age counts", "Cache-Control: max-age=60", "Age: 0, 7200"),
        forgets("9111 §5.1", .should, "of several lines the first Age counts", "Cache-Control: max-age=60", "Age: 7200", "Age: 0"),
        forgets("9111 §1.2.2", .must, "an Age that does not fit is very old", "Cache-Control: max-age=60", "Age: 99999999999999999999"),
        CacheRequirement(
            "9111 §4.2.3", .must, "Age is the larger of what Age and Date say",
            get(origin: ok("Cache-Control: max-age=600", "Age: 30", "Date: \(date(-200))")), get(is: .kept, .age(200))),
    ]
}
