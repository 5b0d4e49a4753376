import Sockets
import Testing

@testable import Discovery

/// Names looked up at a name server of this machine.
@Suite struct FinderTests {
    private static func finder(_ server: FakeNameServer, _ others: [UInt16] = []) -> Finder {
        var servers = NameServers((others + [server.port]).compactMap { SocketAddress(host: "127.0.0.1", port: $0) })
        servers.patience = .milliseconds(300)
        return Finder(nameServers: servers, resolvConf: "")
    }

    private static func words(_ finding: Finding?) -> [String]? { finding?.places.map { "\($0.address) \($0.weight)" } }

    @Test func bothFamiliesOfANameAreFound() {
        let server = FakeNameServer { question, _ in
            switch question.kind {
            case .a: .init(records: [Wire.record("app.test", .a, [10, 0, 0, 2]), Wire.record("app.test", .a, seconds: 9, [10, 0, 0, 1])])
            case .aaaa: .init(records: [Wire.record("app.test", .aaaa, [UInt8](repeating: 0, count: 15) + [1])])
            default: nil
            }
        }
        defer { server.end() }
        let finding = Self.finder(server).find(.host("app.test", port: 90))
        #expect(Self.words(finding) == ["10.0.0.1:90 1", "10.0.0.2:90 1", "[::1]:90 1"])
        #expect(finding?.seconds == 9)
    }

    @Test func servicesLeadToPlaces() {
        let name = "_http._tcp.app.test"
        let server = FakeNameServer { question, _ in
            switch (question.name, question.kind) {
            case (name, .service):
                .init(
                    records: [
                        Wire.service(name, 1, 5, 9001, "a.test"), Wire.service(name, 1, 7, 9002, "b.test"),
                        // The reserve; and one of the first again, which stays one of them.
                        Wire.service(name, 9, 3, 9003, "b.test"), Wire.service(name, 9, 50, 9001, "a.test"),
                    ],
                    more: [Wire.record("a.test", .a, seconds: 4, [10, 0, 0, 1])])
            case ("b.test", .a): .init(records: [Wire.record("b.test", .a, [10, 0, 0, 2])])
            default: .init(code: 3)
            }
        }
        defer { server.end() }
        let finding = Self.finder(server).find(.service(name))
        #expect(Set(Self.words(finding) ?? []) == ["10.0.0.1:9001 5", "10.0.0.2:9002 7", "10.0.0.2:9003 3"])
        #expect(finding?.places.filter { $0.rank == 1 }.map { "\($0.address)" } == ["10.0.0.2:9003"])
        #expect(finding?.seconds == 4)
        // What stood beside the answer was not asked for.
        #expect(!server.questions.contains { $0.name == "a.test" })
    }

    @Test func whatDoesNotFitIsAskedForOverTCP() {
        let server = FakeNameServer { question, overTCP in
            guard question.kind == .a else { return .init() }
            if !overTCP { return .init(isTruncated: true) }
            return .init(records: (1...40).map { Wire.record("app.test", .a, [10, 0, 0, $0]) })
        }
        defer { server.end() }
        #expect(Self.finder(server).find(.host("app.test", port: 90))?.places.count == 40)
    }

    @Test func anAnswerOfSomebodyElseIsPassedOver() {
        let server = FakeNameServer { question, _ in
            .init(records: question.kind == .a ? [Wire.record("app.test", .a, [10, 0, 0, 1])] : [], forged: true)
        }
        defer { server.end() }
        #expect(Self.words(Self.finder(server).find(.host("app.test", port: 90))) == ["10.0.0.1:90 1"])
    }

    @Test func theNextServerIsAskedWhereOneIsSilent() {
        let silent = FakeNameServer { _, _ in nil }
        let server = FakeNameServer { question, _ in
            .init(records: question.kind == .a ? [Wire.record("app.test", .a, [10, 0, 0, 1])] : [])
        }
        defer {
            server.end()
            silent.end()
        }
        #expect(Self.words(Self.finder(server, [silent.port]).find(.host("app.test", port: 90))) == ["10.0.0.1:90 1"])
    }

    @Test func whatIsNotFoundIsNothing() {
        let server = FakeNameServer { question, _ in question.name == "gone.test" ? .init(code: 3) : .init(code: 2) }
        defer { server.end() }
        #expect(Self.finder(server).find(.host("gone.test", port: 90)) == nil)
        #expect(Self.finder(server).find(.host("broken.test", port: 90)) == nil)
        #expect(Self.finder(server).find(.service("_http._tcp.gone.test")) == nil)
    }

    @Test func theSystemKnowsThisMachine() {
        let finder = Finder(nameServers: nil, resolvConf: "")
        #expect(finder.find(.host("localhost", port: 90))?.places.contains { "\($0.address)" == "127.0.0.1:90" } == true)
        #expect(Self.words(finder.find(.host("10.0.0.9", port: 90))) == ["10.0.0.9:90 1"])
    }

    @Test func nameServersStandInResolvConf() {
        let servers = NameServers(
            resolvConf:
                "# x\nsearch a.test\nnameserver 10.0.0.1\nnameserver\t::1\nnameserver x\noptions ndots:5\nnameserver 10.0.0.2\nnameserver 10.0.0.3\n"
        )
        #expect(servers.addresses.map(\.description) == ["10.0.0.1:53", "[::1]:53", "10.0.0.2:53"])
        #expect(NameServers(resolvConf: "").addresses.map(\.description) == ["127.0.0.1:53"])
    }
}
