import Model
import Testing

@testable import HTTPEngine

@Suite struct LoopClockTests {
    @Test(arguments: [
        (Int64(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"), (1_767_225_599, "Wed, 31 Dec 2025 23:59:59 GMT"),
        (2_147_483_648, "Tue, 19 Jan 2038 03:14:08 GMT"), (4_102_444_800, "Fri, 01 Jan 2100 00:00:00 GMT"),
    ])
    func datesAreWrittenAsTheRFCHasThem(_ second: Int64, _ text: String) {
        #expect(HTTPDate.text(secondsSince1970: second) == text)
        #expect(text.utf8.count == LoopClock.dateCount)
    }

    @Test func theClockAgreesWithItself() {
        var clock = LoopClock()
        for _ in 0..<3 {
            let before = clock.monotonic
            clock.update()
            #expect(clock.monotonic >= before)
            #expect(clock.second == clock.now.milliseconds / 1000)
            let date = (0..<LoopClock.dateCount).map { clock.date[$0] }
            #expect(String(decoding: date, as: UTF8.self) == HTTPDate.text(secondsSince1970: clock.second))
        }
    }

    @Test func aPreparedResponseCarriesTheDateOfItsSecond() {
        let prepared = PreparedResponse(Response(status: 404, body: .bytes(Array("x".utf8))))
        let clock = LoopClock()
        prepared.setDate(clock)
        let text = String(decoding: UnsafeBufferPointer(start: prepared.block, count: prepared.blockCount), as: UTF8.self)
        #expect(text == "HTTP/1.1 404 Not Found\r\nDate: \(HTTPDate.text(secondsSince1970: clock.second))\r\nContent-Length: 1\r\n\r\nx")
    }
}
