import Testing

@testable import Proxying

/// One thing that an RFC demands of a shared cache: what clients ask for in turn, what the origin says where it is asked, and what must
/// come of it.
struct CacheRequirement: Sendable, CustomTestStringConvertible {
    /// The word of the RFC, or `may` for what a cache is free to do and this one does.
    enum Level: String, Sendable { case must, should, may }

    /// The cache that it is asked of.
    enum Cache: Sendable, CaseIterable {
        /// As a route with `cache: on` has it.
        case plain
        /// With `requests: obey`.
        case obedient
        /// With `default_ttl: 10m`.
        case lasting
    }

    enum Expectation: Sendable {
        /// The origin was asked, once.
        case asked
        /// The answer came from what is stored.
        case kept
        case status(Int)
        case body(String)
        /// A whole line of the answer.
        case line(String)
        case lacks(String)
        /// How many lines a field has.
        case count(String, Int)
        /// A whole line of what the origin was asked with.
        case askedWith(String)
        case askedWithout(String)
        case askedBy(String)
        /// A field, whatever it says.
        case has(String)
        /// `Age`, from so many seconds to some more: machines are slow.
        case age(Int)
        /// What stands somewhere in the last line of `Cache-Status`, and what does not.
        case said(String)
        case unsaid(String)
        /// The connection ended before the answer was whole.
        case cut
    }

    struct Step: Sendable {
        var method = "GET"
        /// Behind the requirement's own path.
        var path = ""
        var host = "h"
        var fields: [String] = []
        var body = ""
        var origin: Origin.Answer?
        var expectations: [Expectation] = []
        /// What the test waits first.
        var delayMilliseconds: UInt32 = 0
        /// Whether the origin is asked behind the answer's back, and what it says waited for.
        var hasEcho = false
    }

    let section: String
    let level: Level
    let words: String
    var cache: Cache
    let steps: [Step]

    init(_ section: String, _ level: Level, _ words: String, by cache: Cache = .plain, _ steps: Step...) {
        (self.section, self.level, self.words, self.cache, self.steps) = (section, level, words, cache, steps)
    }

    init(_ section: String, _ level: Level, _ words: String, by cache: Cache = .plain, steps: [Step]) {
        (self.section, self.level, self.words, self.cache, self.steps) = (section, level, words, cache, steps)
    }

    var testDescription: String { "RFC \(section) \(level.rawValue): \(words)" }

    /// - Returns: what is wrong; nil: nothing.
    func fault(_ bench: ConformanceBench) -> String? {
        let place = bench.place()
        for (number, step) in steps.enumerated() {
            if step.delayMilliseconds > 0 { bench.wait(step.delayMilliseconds) }
            if let fault = bench.run(step, at: place, by: cache) { return "request \(number + 1): \(fault)" }
        }
        return nil
    }
}

// MARK: Words for tables

typealias Step = CacheRequirement.Step

/// What an origin says with `200`.
func ok(_ lines: String..., body: String = "one") -> Origin.Answer { .init(lines: lines, body: body) }

func says(_ status: Int, _ lines: String..., body: String = "one") -> Origin.Answer { .init(status: status, lines: lines, body: body) }

/// A date so many seconds from when the requirement is looked at.
func date(_ seconds: Int) -> String { "{date \(seconds)}" }

func get(
    _ fields: String..., path: String = "", host: String = "h", origin: Origin.Answer? = nil,
    is expectations: CacheRequirement.Expectation...
)
    -> Step
{
    Step(path: path, host: host, fields: fields, origin: origin, expectations: expectations)
}

func ask(
    _ method: String, _ fields: String..., path: String = "", body: String = "", origin: Origin.Answer? = nil,
    is expectations: CacheRequirement.Expectation...
) -> Step {
    let length = body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"]
    return Step(method: method, path: path, fields: fields + length, body: body, origin: origin, expectations: expectations)
}

extension Step {
    func after(milliseconds: UInt32) -> Step {
        var step = self
        step.delayMilliseconds = milliseconds
        return step
    }

    /// Waits until the origin has answered although the answer came from what is stored.
    var renewing: Step {
        var step = self
        step.hasEcho = true
        return step
    }
}

extension CacheRequirement {
    /// What the origin says is used for the next request.
    static func keeps(
        _ section: String, _ level: Level = .may, _ words: String, status: Int = 200, _ lines: String..., asking fields: [String] = [],
        by cache: Cache = .plain
    ) -> CacheRequirement {
        CacheRequirement(
            section, level, words, by: cache,
            steps: [
                Step(fields: fields, origin: .init(status: status, lines: lines, body: "one"), expectations: [.asked, .status(status)]),
                Step(expectations: [.kept, .status(status), .body(status == 204 ? "" : "one")]),
            ])
    }

    /// What the origin says is not used for the next request.
    static func forgets(
        _ section: String, _ level: Level = .must, _ words: String, status: Int = 200, _ lines: String..., asking fields: [String] = [],
        by cache: Cache = .plain
    ) -> CacheRequirement {
        CacheRequirement(
            section, level, words, by: cache,
            steps: [
                Step(fields: fields, origin: .init(status: status, lines: lines, body: "one"), expectations: [.asked, .status(status)]),
                Step(origin: .init(lines: ["Cache-Control: no-store"], body: "two"), expectations: [.asked, .body("two")]),
            ])
    }
}
