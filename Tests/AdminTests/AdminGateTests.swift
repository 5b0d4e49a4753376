import AdminAPI
import Testing

@testable import Admin

@Suite struct AdminGateTests {
    private let tokens = [
        AdminGate.Token(name: "ci", secret: "0123456789abcdef", may: [.publish, .activate]),
        AdminGate.Token(name: "night", secret: "fedcba9876543210", may: [.rollback]),
    ]

    private func status(_ gate: AdminGate, _ verb: AdminVerb, authorization: String? = nil, host: String? = "admin.example") -> Int? {
        do throws(Problem) {
            try gate.admit(verb, authorization: authorization, host: host)
            return nil
        } catch {
            return error.status
        }
    }

    @Test func theSocketsOwnerMayDoEverything() {
        for verb in AdminVerb.allCases { #expect(status(.owner, verb) == nil) }
    }

    @Test func aTokenMayReadAndWhatItSays() throws {
        let gate = try AdminGate.address(isLocal: false, tokens: tokens)
        #expect(status(gate, .publish, authorization: "Bearer 0123456789abcdef") == nil)
        #expect(status(gate, .read, authorization: "bearer fedcba9876543210") == nil)
        #expect(status(gate, .rollback, authorization: "Bearer 0123456789abcdef") == 403)
        #expect(status(gate, .publish, authorization: "Bearer fedcba9876543210") == 403)
    }

    @Test func withoutAKnownTokenNothingIsAdmitted() throws {
        let gate = try AdminGate.address(isLocal: true, tokens: tokens)
        for authorization in [nil, "", "Bearer", "Bearer ", "Bearer 0123456789abcde", "Bearer 0123456789abcdef0", "Basic 0123456789abcdef"]
        {
            #expect(status(gate, .read, authorization: authorization, host: "localhost") == 401)
        }
    }

    @Test func anAddressOthersReachNeedsATokenToBegin() {
        #expect(throws: Problem.self) { try AdminGate.address(isLocal: false, tokens: []) }
    }

    @Test(arguments: ["localhost", "localhost:8081", "127.0.0.1:8081", "[::1]:8081"])
    func withoutTokensThisMachineMayRead(host: String) throws {
        let gate = try AdminGate.address(isLocal: true, tokens: [])
        #expect(status(gate, .read, host: host) == nil)
        #expect(status(gate, .activate, host: host) == 403)
    }

    @Test(arguments: ["evil.example", "localhost.evil.example:8081", "127.0.0.1.evil.example", nil])
    func aReboundNameIsRefused(host: String?) throws {
        #expect(status(try AdminGate.address(isLocal: true, tokens: []), .read, host: host) == 421)
    }
}
