import Testing

@testable import HTTPEngine

@Suite struct HTTP1ClientMachineTests {
    static let inputs: [String] = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\nETag: \"x\"\r\n\r\n",
        "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n1\r\nx\r\n0\r\nGrpc-Status: 0\r\nContent-Length: 9\r\n\r\n",
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\nuntil the end",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nab",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 1\r\nLast: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ninjected!",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nframes",
        // Ends too early.
        "", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        // Refused.
        "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 099 No\r\n\r\n", "HTTP/1.1 600 No\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "ICY 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 O\0K\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n", "HTTP/1.1 200 OK\r\n: b\r\n\r\n", "HTTP/1.1 200 OK\r\nA: \u{1}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nno field\r\n\r\n",
    ]

    @Test(arguments: inputs) func splittingNeverChangesWhatIsMeant(_ text: String) {
        let bytes = Array(text.utf8)
        for isHead in [false, true] {
            let whole = AnswerScript(bytes, isHead: isHead, mayUpgrade: true)
            #expect(!whole.steps.isEmpty)
            #expect(AnswerScript(bytes, pieces: Array(0..<bytes.count), isHead: isHead, mayUpgrade: true) == whole, "byte by byte")
            for split in 0...bytes.count {
                #expect(AnswerScript(bytes, pieces: [split], isHead: isHead, mayUpgrade: true) == whole, "split at \(split)")
            }
        }
    }

    @Test func aBodyOfKnownLengthEndsWithoutTheConnection() {
        #expect(
            AnswerScript(Self.inputs[0]).steps == [
                .head(200, .length(5), lines: "X: y\r\n", keepsAlive: true), .body(Array("hello".utf8)), .end(reusable: true, trailers: ""),
            ])
    }

    @Test func trailersComeWithTheEndButNotThoseThatFrame() {
        let script = AnswerScript(Self.inputs[6])
        #expect(script.steps.last == .end(reusable: true, trailers: "Grpc-Status: 0\r\n"))
    }

    @Test func withoutLengthOrCodingTheEndOfTheConnectionIsTheEndOfTheBody() {
        let steps = AnswerScript(Self.inputs[7]).steps
        #expect(steps.dropFirst() == [.body(Array("until the end".utf8)), .end(reusable: false, trailers: "")])
    }

    @Test func answersToHeadAnd304HaveNoBodyWhateverTheyDeclare() {
        #expect(AnswerScript(Self.inputs[0], isHead: true).steps.last == .end(reusable: true, trailers: ""))
        #expect(AnswerScript(Self.inputs[0], isHead: true).excess == 5)
        #expect(AnswerScript(Self.inputs[3]).steps.last == .end(reusable: true, trailers: ""))
        #expect(AnswerScript(Self.inputs[2]).steps.last == .end(reusable: true, trailers: ""))
    }

    @Test func anOldServerPersistsOnlyWhereItSaysSo() {
        #expect(AnswerScript(Self.inputs[8]).steps.last == .end(reusable: false, trailers: ""))
        #expect(AnswerScript(Self.inputs[9]).steps.last == .end(reusable: true, trailers: ""))
    }

    @Test func interimAnswersComeFirst() {
        let steps = AnswerScript(Self.inputs[10]).steps
        #expect(steps.prefix(2) == [.interim(100), .interim(103)])
        #expect(steps.last == .end(reusable: true, trailers: ""))
        let many = String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 33)
        #expect(AnswerScript(many).steps.last == .failed(.tooManyInterim))
    }

    @Test func linesOfTheConnectionDropOut() {
        guard case .head(_, _, let lines, let keepsAlive) = AnswerScript(Self.inputs[11]).steps[0] else {
            Issue.record("no head")
            return
        }
        // What Connection names is for who copies: it needs a look at each line.
        #expect(lines == "X-Hop: 1\r\nLast: 1\r\n")
        #expect(!keepsAlive)
    }

    @Test func whatComesBehindAnAnswerIsNotTaken() {
        let script = AnswerScript(Self.inputs[12])
        #expect(script.steps.count == 3)
        #expect(script.excess > 0)
    }

    @Test func anUpgradeNobodyAskedForIsRefused() {
        #expect(AnswerScript(Self.inputs[13], mayUpgrade: true).steps == [.upgraded])
        #expect(AnswerScript(Self.inputs[13], mayUpgrade: true).excess == 6)
        #expect(AnswerScript(Self.inputs[13]).steps == [.failed(.unwantedUpgrade)])
    }

    @Test func anEndTellsWhetherAnAnswerHadBegun() {
        #expect(AnswerScript("").steps == [.failed(.endedBeforeAnswer)])
        for text in Self.inputs[15...17] { #expect(AnswerScript(text).steps.last == .failed(.truncated)) }
    }

    @Test(arguments: inputs[18...]) func whatTwoReadersCouldTakeForTwoThingsFails(_ text: String) {
        guard case .failed(let fault)? = AnswerScript(text).steps.last else {
            Issue.record("\(text.debugDescription) was taken: \(AnswerScript(text).steps)")
            return
        }
        #expect(fault != .truncated && fault != .endedBeforeAnswer, "\(text.debugDescription): \(fault)")
    }

    @Test func headsAreBounded() {
        var limits = EngineLimits()
        limits.upstreamHeadBytes = 1000
        let line = "X: " + String(repeating: "y", count: 96) + "\r\n"
        let text = "HTTP/1.1 200 OK\r\n" + String(repeating: line, count: 20)
        #expect(AnswerScript(Array(text.utf8), limits: limits).steps == [.failed(.headTooLarge)])
        #expect(AnswerScript(Array(text.utf8), pieces: Array(0..<text.utf8.count), limits: limits).steps == [.failed(.headTooLarge)])
        let many = "HTTP/1.1 200 OK\r\n" + String(repeating: "A: b\r\n", count: 101) + "\r\n"
        #expect(AnswerScript(many).steps == [.failed(.headTooLarge)])
    }

    @Test func manyLinesOfTheConnectionAreSeenToBeMany() {
        let text = "HTTP/1.1 200 OK\r\n" + String(repeating: "Keep-Alive: x\r\n", count: 13) + "Content-Length: 0\r\n\r\n"
        var head = UpstreamHead()
        let bytes = OwnedBytes(Array(text.utf8))
        let outcome = UpstreamHeadParser.parse(
            UnsafePointer(bytes.base), count: bytes.count, limits: EngineLimits(), hasBody: true, into: &head)
        #expect(outcome == .complete(bytes.count))
        #expect(head.hasManyCuts)
    }
}
