import Caching
import Glibc
import HTTPEngine
import Snapshots
import Synchronization
import TestPatience
import Testing

@testable import Proxying

/// The caches of a suite of requirements, one for each way to set one up, before one origin. Every requirement has a path of its own.
final class ConformanceBench: Sendable {
    private struct Script {
        var answer: Origin.Answer?
        var asked: [String] = []
    }

    private let scripts = Mutex<[Substring: Script]>([:])
    private let count = Mutex(0)
    private let caches: [CacheRequirement.Cache: CacheUnderTest]
    private let origin: Origin

    init() throws {
        let box = Mutex<ConformanceBench?>(nil)
        let origin = Origin { head in box.withLock { $0 }?.answer(head) ?? Origin.Answer(isSilent: true) }
        var caches: [CacheRequirement.Cache: CacheUnderTest] = [:]
        for kind in CacheRequirement.Cache.allCases {
            caches[kind] = try CacheUnderTest(origin: origin, endsOrigin: false) {
                $0.obeysRequests = kind == .obedient
                if kind == .lasting { $0.defaultLifetime = .seconds(600) }
            }
        }
        self.caches = caches
        self.origin = origin
        box.withLock { $0 = self }
    }

    func end() {
        for cache in caches.values { cache.end() }
        origin.server.end()
    }

    /// A path that nobody else has, from now on.
    func place() -> Place {
        let number = count.withLock { count in
            count += 1
            return count
        }
        return Place(path: "/r\(number)", begin: time(nil))
    }

    struct Place {
        let path: String
        /// What dates count from.
        let begin: Int

        /// With the path and the dates in it.
        func filled(_ text: String) -> String {
            guard text.contains("{") else { return text }
            return text.replacing("{place}", with: path).replacing(#/\{date (-?[0-9]+)\}/#) {
                HTTPDate.text(secondsSince1970: Int64(begin + (Int($0.1) ?? 0)))
            }
        }
    }

    func wait(_ milliseconds: UInt32) { usleep(milliseconds * 1000) }

    private func answer(_ head: String) -> Origin.Answer {
        let target = head.split(separator: " ")[1]
        let key = target.dropFirst().prefix { $0 != "/" && $0 != "?" }
        return scripts.withLock { scripts in
            scripts[key, default: Script()].asked.append(head)
            let next = scripts[key]?.answer?.next ?? []
            defer { if let first = next.first { scripts[key]?.answer = first } }
            return scripts[key]?.answer ?? .init(status: 418, lines: ["Cache-Control: no-store"], body: "nobody should have asked")
        }
    }

    private func asked(_ place: String) -> [String] { scripts.withLock { $0[place.dropFirst()]?.asked ?? [] } }

    // MARK: One step

    /// - Returns: what is wrong; nil: nothing.
    func run(_ step: Step, at place: Place, by cache: CacheRequirement.Cache) -> String? {
        guard let cache = caches[cache] else { return "there is no such cache" }
        scripts.withLock { $0[place.path.dropFirst(), default: Script()].answer = step.origin?.at(place) }
        let before = asked(place.path).count
        let client = cache.connect()
        let target = place.path + step.path
        let lines = step.fields.map { place.filled($0) + "\r\n" }.joined()
        client.send("\(step.method) \(target) HTTP/1.1\r\nHost: \(step.host)\r\n\(lines)\r\n\(step.body)")
        var interim: [String] = []
        var answer = client.answer(to: step.method)
        while let one = answer, one.status < 200 {
            interim.append("interim: \(one.status)")
            interim += one.fields
            answer = client.answer(to: step.method)
        }
        if step.hasEcho {
            let key = CacheKey(origin: "http://\(step.host)", target: target)
            _ = eventually { self.asked(place.path).count > before && !cache.node.isFetching(key) }
        }
        let asked = Array(asked(place.path).dropFirst(before))
        guard var answer else {
            if step.expectations.contains(where: { if case .cut = $0 { true } else { false } }) { return nil }
            return "no whole answer; the origin was asked \(asked)"
        }
        answer.fields += interim
        for expectation in step.expectations {
            if let fault = Self.fault(expectation, answer, asked, place) {
                return "\(fault)\n\(answer.status) \(answer.fields) \(answer.text.prefix(200))\nasked: \(asked)"
            }
        }
        return nil
    }

    private static func fault(
        _ expectation: CacheRequirement.Expectation, _ answer: RawConnection.Answer, _ asked: [String], _ place: Place
    ) -> String? {
        func has(_ line: String, _ lines: [String]) -> Bool {
            let wanted = place.filled(line)
            return lines.contains { $0.lowercased() == wanted.lowercased() }
        }
        let request = asked.last?.split(separator: "\r\n").map(String.init) ?? []
        let status = answer.fields.last { $0.lowercased().hasPrefix("cache-status: ") } ?? ""
        switch expectation {
        case .asked: return asked.count == 1 ? nil : "the origin was asked \(asked.count) times"
        case .kept: return asked.isEmpty ? nil : "the origin was asked"
        case .status(let wanted): return answer.status == wanted ? nil : "status \(answer.status), not \(wanted)"
        case .body(let wanted): return answer.text == wanted ? nil : "“\(answer.text.prefix(100))”, not “\(wanted.prefix(100))”"
        case .line(let line): return has(line, answer.fields) ? nil : "no line “\(line)”"
        case .has(let name): return answer[name] == nil ? "no \(name)" : nil
        case .lacks(let name): return answer[name].map { "\(name): \($0)" }
        case .count(let name, let wanted):
            let lines = answer.fields.filter { $0.lowercased().hasPrefix(name.lowercased() + ":") }
            return lines.count == wanted ? nil : "\(lines.count) lines of \(name)"
        case .askedWith(let line): return has(line, request) ? nil : "the origin was not asked with “\(line)”"
        case .askedWithout(let name):
            return request.first { $0.lowercased().hasPrefix(name.lowercased() + ":") }.map { "the origin was asked with “\($0)”" }
        case .askedBy(let method):
            return request.first?.hasPrefix(method + " ") == true ? nil : "the origin was asked “\(request.first ?? "")”"
        case .age(let seconds):
            guard let age = answer["Age"].flatMap({ Int($0) }) else { return "no Age" }
            return (seconds...seconds + 25).contains(age) ? nil : "Age \(age), not \(seconds)"
        case .said(let text): return status.contains(text) ? nil : "“\(status)” does not say \(text)"
        case .unsaid(let text): return status.contains(text) ? "“\(status)” says \(text)" : nil
        case .cut: return "the answer was whole"
        }
    }
}

/// One bench for all tests of a suite.
struct Benched: SuiteTrait, TestScoping {
    @TaskLocal static var bench: ConformanceBench?

    func provideScope(for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void) async throws {
        let bench = try ConformanceBench()
        defer { bench.end() }
        try await Self.$bench.withValue(bench) { try await body() }
    }
}

extension Origin.Answer {
    /// With the requirement's own path and dates in its lines.
    func at(_ place: ConformanceBench.Place) -> Origin.Answer {
        var answer = self
        answer.lines = lines.map { place.filled($0) }
        answer.next = next.map { $0.at(place) }
        return answer
    }
}
