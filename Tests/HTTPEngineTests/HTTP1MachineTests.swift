import Testing

@testable import HTTPEngine

@Suite struct HTTP1MachineTests {
    static let inputs: [String] = [
        "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\nHEAD /b HTTP/1.1\r\nHost: h\r\n\r\n\r\nGET /c HTTP/1.0\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\nPOST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n\n",
        "PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX: y\r\n\r\n"
            + "GET /b HTTP/1.1\r\nHost: h\r\n\r\n",
        // A body that looks like a request.
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 18\r\n\r\nGET / HTTP/1.1\r\n\r\n\r\nGET /z HTTP/1.1\r\nHost: h\r\n\r\n",
        // Ends in the middle.
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 18\r\n\r\nGET",
        "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HT",
        // Refused, all of them with their empty line.
        "GET / HTTP/2.0\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: h\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\nA: b\r\n\r\n",
        "GET / HTTP/1.1\nHost: h\n\n", "GET /\r\n", "GET / FOO\r\n", "\n\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nHost: x\r\n\r\n",
        "GET /ok HTTP/1.1\r\nHost: h\r\n\r\nGET /bad HTTP/1.1\r\nHost: h\r\nHost: g\r\n\r\n",
    ]

    @Test(arguments: inputs) func splittingNeverChangesWhatIsMeant(_ text: String) {
        let bytes = Array(text.utf8)
        let whole = ConnectionScript(bytes)
        #expect(!whole.steps.isEmpty)
        #expect(ConnectionScript(bytes, pieces: Array(0..<bytes.count)) == whole, "byte by byte")
        for split in 0...bytes.count { #expect(ConnectionScript(bytes, pieces: [split]) == whole, "split at \(split)") }
        for step in 2...7 {
            #expect(ConnectionScript(bytes, pieces: Array(stride(from: 0, to: bytes.count, by: step))) == whole, "pieces of \(step)")
        }
    }

    @Test func requestsAndBodiesComeInOrder() throws {
        let steps = ConnectionScript(Array(Self.inputs[4].utf8)).steps
        try #require(steps.count == 4)
        guard case .request(let first) = steps[0], case .request(let second) = steps[3] else {
            Issue.record("\(steps)")
            return
        }
        #expect(first.target == "/a")
        #expect(first.framing == .chunked)
        #expect(steps[1] == .body(Array("hello".utf8)))
        #expect(steps[2] == .end)
        #expect(second.target == "/b")
    }

    @Test func nothingIsTakenAfterARefusal() {
        var machine = HTTP1Machine()
        var head = RequestHead()
        func next(_ text: String) -> HTTP1Machine.Event {
            let bytes = OwnedBytes(Array(text.utf8))
            return machine.next(bytes.base, count: bytes.count, limits: EngineLimits(), into: &head)
        }
        guard case .refused = next("GET / HTTP/3.0\r\n\r\n") else {
            Issue.record("accepted")
            return
        }
        guard case .needsMore(consumed: 27) = next("GET / HTTP/1.1\r\nHost: h\r\n\r\n") else {
            Issue.record("went on")
            return
        }
    }

    private static let endless: [(String, UInt16)] = [
        (String(repeating: "a", count: 300), 414), ("GET /" + String(repeating: "a", count: 300), 414),
        ("GET / HTTP/1.1\r\nA: " + String(repeating: "a", count: 900), 431),
        ("GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "A: b\r\n", count: 150), 431),
    ]

    @Test(arguments: endless)
    func aHeadWithoutEndIsRefusedOnceItIsOverItsLimits(_ text: String, _ status: UInt16) {
        var limits = EngineLimits()
        limits.requestLine = 100
        limits.fieldBytes = 500
        let bytes = Array(text.utf8)
        guard case .refused(let refusal) = ConnectionScript(bytes, pieces: Array(0..<bytes.count), limits: limits).steps.last else {
            Issue.record("waits for more")
            return
        }
        #expect(refusal.status == status)
    }

    /// A head that comes byte by byte is parsed a fixed number of times; measured in this thread's processor time.
    @Test func aHeadInPiecesCostsNoMoreThanItsBytes() {
        for line in ["GET / HTTP/1.1", "\r\nGET /" + String(repeating: "a", count: 8192 - 14) + " HTTP/1.1"] {
            func cost(_ fieldBytes: Int) -> (time: Duration, bytes: Int) {
                let bytes = OwnedBytes(Array("\(line)\r\nHost: h\r\nA: \(String(repeating: "b", count: fieldBytes))".utf8))
                let times = (0..<3).map { _ in
                    ThreadClock.measure {
                        var machine = HTTP1Machine()
                        var head = RequestHead()
                        for count in 1...bytes.count { _ = machine.next(bytes.base, count: count, limits: EngineLimits(), into: &head) }
                    }
                }
                return (times.min() ?? .zero, bytes.count)
            }
            let short = cost(2_000)
            let long = cost(30_000)
            // Were it quadratic, three times the bytes would already cost nine times as much.
            #expect(long.time < short.time * (3 * long.bytes) / short.bytes, "\(short) and \(long)")
        }
    }

    @Test func theScannerFindsTheEmptyLineWhereverTheBytesAreCut() {
        let text = "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"
        let bytes = OwnedBytes(Array(text.utf8))
        for split in 0..<bytes.count {
            var scanner = HeadScanner()
            let early = scanner.findsEnd(bytes.base, count: split)
            let late = scanner.findsEnd(bytes.base, count: bytes.count)
            #expect(!early && late, "split at \(split)")
        }
    }
}
