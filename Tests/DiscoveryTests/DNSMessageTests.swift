import TestSeeds
import Testing

@testable import Discovery

@Suite struct DNSMessageTests {
    private static let question = DNSMessage.Question("app.test", .a)
    private static let query = DNSMessage.query(question, id: 0x1234)!

    private static func reply(_ records: [[UInt8]], code: UInt8 = 0) -> [UInt8] {
        FakeNameServer.message(query, .init(records: records, code: code))
    }

    @Test func aQuestionIsWrittenAsTheProtocolSays() {
        #expect(
            Self.query == [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0x61, 0x70, 0x70, 4, 0x74, 0x65, 0x73, 0x74, 0, 0, 1, 0, 1])
    }

    @Test(arguments: ["", "a..b", String(repeating: "a", count: 64), Array(repeating: "abcdefgh", count: 32).joined(separator: ".")])
    func whatIsNoNameIsNotAskedFor(_ name: String) {
        #expect(DNSMessage.query(.init(name, .a), id: 1) == nil)
    }

    @Test func addressesAreFoundThroughAliases() throws {
        let bytes = Self.reply([
            Wire.record("APP.test", .alias, seconds: 7, Wire.name("b.test")), Wire.record("b.test", .a, seconds: 9, [10, 0, 0, 1]),
            Wire.record("other.test", .a, [10, 0, 0, 3]), Wire.record("b.test", .a, [10, 0, 0, 2]),
        ])
        let answer = try DNSMessage.read(bytes, question: Self.question, id: 0x1234)
        let found = answer.addresses(of: "app.test")
        #expect(found.addresses == [[10, 0, 0, 1], [10, 0, 0, 2]])
        #expect(found.seconds == 7)
        #expect(answer.addresses(of: "nobody.test").addresses.isEmpty)
    }

    @Test func aliasesInACircleLeadNowhere() throws {
        let bytes = Self.reply([
            Wire.record("app.test", .alias, Wire.name("b.test")), Wire.record("b.test", .alias, Wire.name("app.test")),
        ])
        #expect(try DNSMessage.read(bytes, question: Self.question, id: 0x1234).addresses(of: "app.test").addresses.isEmpty)
    }

    @Test func namesMayPointBackAndNeverElsewhere() throws {
        let pointer: [UInt8] = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1]
        let answer = try DNSMessage.read(Self.reply([pointer]), question: Self.question, id: 0x1234)
        #expect(answer.records.first?.name == "app.test")
        let at = UInt8(Self.query.count)
        for target in [at, at + 1, 0xff] {
            #expect(throws: DNSMessage.Fault.malformed) {
                try DNSMessage.read(
                    Self.reply([[0xc0, target, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1]]), question: Self.question, id: 0x1234)
            }
        }
    }

    @Test func whatWasNotAskedForIsForeign() {
        let bytes = Self.reply([Wire.record("app.test", .a, [10, 0, 0, 1])])
        #expect(throws: DNSMessage.Fault.foreign) { try DNSMessage.read(bytes, question: Self.question, id: 1) }
        #expect(throws: DNSMessage.Fault.foreign) { try DNSMessage.read(bytes, question: .init("app.test", .aaaa), id: 0x1234) }
        #expect(throws: DNSMessage.Fault.foreign) { try DNSMessage.read(bytes, question: .init("b.test", .a), id: 0x1234) }
        #expect(throws: DNSMessage.Fault.foreign) { try DNSMessage.read(Self.query, question: Self.question, id: 0x1234) }
    }

    @Test func whatTheServerCannotSayIsAFault() throws {
        #expect(throws: DNSMessage.Fault.refused(2)) {
            try DNSMessage.read(Self.reply([], code: 2), question: Self.question, id: 0x1234)
        }
        #expect(try DNSMessage.read(Self.reply([], code: 3), question: Self.question, id: 0x1234).isUnknownName)
    }

    @Test func ofAServiceTheFirstPriorityComesFirst() throws {
        let question = DNSMessage.Question("_http._tcp.app.test", .service)
        let query = try #require(DNSMessage.query(question, id: 7))
        let records = [
            Wire.service(question.name, 20, 1, 9000, "far.test"), Wire.service(question.name, 10, 0, 9001, "a.test"),
            Wire.service(question.name, 10, 200, 9002, "b.test", seconds: 5), Wire.service(question.name, 10, 1, 0, "none.test"),
        ]
        let answer = try DNSMessage.read(FakeNameServer.message(query, .init(records: records)), question: question, id: 7)
        #expect(
            answer.services(of: question.name) == [
                .init(target: "a.test", port: 9001, weight: 1, seconds: 60), .init(target: "b.test", port: 9002, weight: 200, seconds: 5),
                .init(target: "far.test", port: 9000, weight: 1, seconds: 60, rank: 1),
            ])
    }

    /// Whatever comes is decided within its bounds.
    @Test func randomAnswersNeverSurprise() throws {
        let whole = Self.reply([
            Wire.record("app.test", .alias, Wire.name("b.test")), Wire.record("b.test", .a, [10, 0, 0, 1]),
            Wire.service("b.test", 1, 2, 3, "c.test"), [0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 60, 0, 16] + [UInt8](repeating: 1, count: 16),
        ])
        _ = try DNSMessage.read(whole, question: Self.question, id: 0x1234)
        var random = SeededGenerator(seed: 77)
        var (good, bad) = (0, 0)
        for _ in 0..<30_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = Int.random(in: 12..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeLast(min(Int.random(in: 1...8, using: &random), bytes.count - 20))
                case 2: bytes[at] = 0xc0
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: at)
                }
            }
            do throws(DNSMessage.Fault) {
                let answer = try DNSMessage.read(bytes, question: Self.question, id: 0x1234)
                #expect(answer.records.allSatisfy { $0.name.utf8.count <= 253 })
                _ = answer.addresses(of: "app.test")
                _ = answer.services(of: "b.test")
                good += 1
            } catch {
                bad += 1
            }
        }
        #expect(good > 500 && bad > 500)
    }
}
