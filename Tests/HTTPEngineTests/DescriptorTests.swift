import Glibc
import Testing

@testable import HTTPEngine

extension EngineTests {
    @Suite struct DescriptorTests {
        static func openDescriptors() -> Int {
            guard let folder = opendir("/proc/self/fd") else { return -1 }
            defer { closedir(folder) }
            var count = 0
            while readdir(folder) != nil { count += 1 }
            return count
        }

        /// In a process of its own, where no other test opens files.
        @Test func twoThousandConnectionsLeaveNoDescriptor() async {
            await #expect(processExitsWith: .success) {
                for carrier in Carrier.allCases {
                    let before = EngineTests.DescriptorTests.openDescriptors()
                    let engine = try TestEngine(carrier)
                    // It has opened what is its own when it answers.
                    #expect(engine.ask { _, loop in loop.connectionCount } == 0)
                    let running = EngineTests.DescriptorTests.openDescriptors()
                    for index in 0..<2_000 {
                        let client = TestClient(engine)
                        switch index % 5 {
                        case 0:
                            client.get("/hello", "Connection: close")
                            #expect(client.answer() != nil)
                        case 1:
                            client.get("/hello")
                            client.finishSending()
                            #expect(client.answer() != nil)
                        case 2:
                            client.send("@")
                            #expect(client.answer()?.status == 400)
                        case 3:
                            client.get("/block")
                            client.reset()
                        default: client.get("/late")
                        }
                    }
                    engine.ask { handler, _ in handler.answerAll() }
                    #expect(
                        engine.until { handler, loop in
                            handler.answerAll()
                            return loop.connectionCount == 0
                        })
                    #expect(engine.ask { _, loop in loop.acceptedCount } >= 1_900)
                    // The run-time opens some of its own; a leak would be two thousand.
                    #expect(EngineTests.DescriptorTests.openDescriptors() < running + 20)
                    engine.end()
                    #expect(EngineTests.DescriptorTests.openDescriptors() < before + 20)
                }
            }
        }

        @Test func acceptingPausesAtTheLimitAndGoesOnBelowIt() throws {
            var limits = EngineLimits()
            limits.connections = 2
            let engine = try TestEngine(.plain, limits: limits)
            defer { engine.end() }
            let first = TestClient(engine)
            let second = TestClient(engine)
            for client in [first, second] {
                client.get("/hello")
                #expect(client.answer()?.text == "hello")
            }
            let third = TestClient(engine)
            third.get("/hello")
            usleep(30_000)
            #expect(third.isSilent)
            #expect(engine.ask { _, loop in loop.acceptedCount } == 2)
            second.get("/a")
            #expect(second.answer()?.text == "/a")
            first.leave()
            #expect(third.answer()?.text == "hello")
        }

        /// The connection waits in the queue until there is a descriptor for it, and waiting costs nothing. A process of its own:
        /// the limit holds for all that runs in one, and other tests open files.
        @Test func withoutDescriptorsAConnectionWaits() async {
            await #expect(processExitsWith: .success) {
                let engine = try TestEngine(.plain)
                defer { engine.end() }
                let held = TestClient(engine)
                held.get("/hello")
                #expect(held.answer()?.text == "hello")
                let client = TestClient(engine, connects: false)
                var old = rlimit()
                getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &old)
                let lowest = fcntl(held.descriptor, F_DUPFD_CLOEXEC, 0)
                close(lowest)
                var none = rlimit(rlim_cur: rlim_t(lowest), rlim_max: old.rlim_max)
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &none)
                client.connect(to: engine)
                client.get("/hello")
                usleep(20_000)
                let before = engine.loopTime
                usleep(60_000)
                let spent = engine.loopTime - before
                let isSilent = client.isSilent
                held.get("/a")
                let others = held.answer()?.text
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &old)
                #expect(isSilent)
                #expect(others == "/a")
                #expect(spent < .milliseconds(30))
                #expect(client.answer()?.text == "hello")
            }
        }
    }
}
