import HTTPEngine
import Testing

@testable import Serving

@Suite struct PreconditionTests {
    private static let own = "\"abc\""

    @Test(
        arguments: [
            ([], Precondition.Outcome.proceed),
            (["If-None-Match: \"abc\""], .notModified), (["If-None-Match: W/\"abc\""], .notModified), (["If-None-Match: *"], .notModified),
            (["If-None-Match: \"x\", W/\"y\" ,\"abc\""], .notModified), (["If-None-Match: \"x\"", "If-None-Match: \"abc\""], .notModified),
            (["If-None-Match: \"x\""], .proceed), (["If-None-Match: abc"], .proceed), (["If-None-Match: w/\"abc\""], .proceed),
            (["If-None-Match: \"ABC\""], .proceed), (["If-None-Match:"], .proceed), (["If-None-Match: \"abc"], .proceed),
            (["If-Match: \"abc\""], .proceed), (["If-Match: *"], .proceed), (["If-Match: \"x\", \"abc\""], .proceed),
            (["If-Match: \"x\""], .failed), (["If-Match: W/\"abc\""], .failed), (["If-Match:"], .failed),
            // If-Match comes first (RFC 9110 §13.2.2).
            (["If-None-Match: \"abc\"", "If-Match: \"x\""], .failed), (["If-None-Match: \"abc\"", "If-Match: \"abc\""], .notModified),
            // Nothing here has a modification time.
            (["If-Modified-Since: Sun, 06 Nov 2094 08:49:37 GMT"], .proceed),
            (["If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT"], .proceed),
        ] as [([String], Precondition.Outcome)])
    func conditionsAreTakenInTheirOrder(fields: [String], expected: Precondition.Outcome) throws {
        let request = try Asked.detached("/", fields)
        #expect(Precondition.evaluate(request.exchange, tag: Self.own) == expected)
    }
}
