import Foundation
import Glibc
import Synchronization
import Testing

/// S5: no request fails, and no page is mixed, because of an activation.
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct ActivationTests {
    private final class Signal: Sendable {
        private let flag = Atomic(false)
        var isSet: Bool { flag.load(ordering: .relaxed) }
        func set() { flag.store(true, ordering: .relaxed) }
    }

    private final class Total: Sendable {
        let tally = Mutex(Tally())
    }

    private struct Tally {
        var requests = 0
        var pages: [Int: Int] = [:]
        var failures: [String] = []
    }

    @Test("S5: fifty activations back and forth cut nothing") func fiftyActivationsCutNothing() throws {
        let bench = try Bench()
        let ids = [try bench.publish(1, "--activate"), try bench.publish(2)]
        let server = try bench.serve()
        let files = [Bench.files(1), Bench.files(2)]
        let isOver = Signal()
        let total = Total()
        let ended = DispatchSemaphore(value: 0)
        for _ in 0..<16 {
            Thread.detachNewThread {
                let mine = Self.visit(server.port, files, until: isOver)
                total.tally.withLock {
                    $0.requests += mine.requests
                    $0.pages.merge(mine.pages) { $0 + $1 }
                    $0.failures += mine.failures
                }
                ended.signal()
            }
        }
        for round in 0..<50 { try bench.done("release", "activate", ids[(round + 1) % 2], "--json") }
        isOver.set()
        for _ in 0..<16 { #expect(ended.wait(timeout: .now() + 60) == .success) }
        let sum = total.tally.withLock { $0 }
        #expect(sum.failures.isEmpty, "\(sum.failures.count) of \(sum.requests): \(sum.failures.prefix(5))")
        // Both releases were seen, or nothing was tried.
        #expect(sum.pages.keys.sorted() == [1, 2] && sum.requests > 1_000)
        print("S5: \(sum.requests) requests over 50 activations, pages \(sum.pages), failed \(sum.failures.count)")
        server.stop()
        try bench.expectClean()
    }

    /// One visitor on one connection: a page, then every asset it names, each compared byte by byte.
    private static func visit(_ port: UInt16, _ files: [[String: String]], until isOver: Signal) -> Tally {
        var tally = Tally()
        do {
            let client = try Client(port: port)
            while !isOver.isSet {
                let page = try client.get("/")
                tally.requests += 1
                guard page.status == 200, let version = files.firstIndex(where: { $0["index.html"] == page.text }) else {
                    tally.failures.append("page: \(page.status) \(page.text.prefix(40))")
                    continue
                }
                tally.pages[version + 1, default: 0] += 1
                for (name, text) in files[version] where name != "index.html" {
                    let answer = try client.get("/\(name)")
                    tally.requests += 1
                    if answer.status != 200 || answer.text != text { tally.failures.append("\(name): \(answer.status)") }
                }
            }
        } catch {
            tally.failures.append("\(error)")
        }
        return tally
    }
}
