import CCounting
import Glibc

/// One piece of work, done over and over.
struct MicroCase {
    let name: String
    /// Allocations an operation may make.
    let bound: Double
    /// Does it so many times.
    let run: (Int) -> Void
}

/// The processor's instructions in user space, where the machine lets them be counted.
struct InstructionCounter {
    private let descriptor = counting_instructions_open()

    var isThere: Bool { descriptor >= 0 }
    var value: UInt64 { counting_instructions(descriptor) }
}

/// What a case cost, for each operation.
struct Measured {
    let name: String
    let bound: Double
    let allocations: Double
    let instructions: Double?
    /// The fastest of the rounds: what other processes did to the rest says nothing about the code.
    let nanoseconds: Double

    private static let rounds = 7

    init(_ one: MicroCase, _ counter: InstructionCounter) {
        name = one.name
        bound = one.bound
        // The first pass fills caches and tables, and says how many times fit into about 50 ms.
        one.run(1000)
        let once = Self.nanoseconds { one.run(1000) } / 1000
        let count = Int(min(max(50_000_000 / max(once, 1), 1000), 5_000_000))
        let before = counting_allocations()
        one.run(count)
        allocations = Double(counting_allocations() - before) / Double(count)
        let beginning = counter.value
        one.run(count)
        instructions = counter.isThere ? Double(counter.value - beginning) / Double(count) : nil
        nanoseconds = (0..<Self.rounds).map { _ in Self.nanoseconds { one.run(count) } / Double(count) }.min() ?? 0
    }

    /// Whether more is allocated than the case allows. Not exactly: a table that grows once in a million is no allocation.
    var isOver: Bool { allocations > bound + 0.001 }

    var line: String {
        let counted = instructions.map { "\(Int($0.rounded())) instructions" } ?? "instructions not counted here"
        return name.padded(to: 38) + "\(tenths(nanoseconds)) ns".padded(to: 14) + "\(tenths(allocations)) allocations".padded(to: 20)
            + counted
    }

    private static func nanoseconds(_ body: () -> Void) -> Double {
        let begin = now()
        body()
        return now() - begin
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}

func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}

/// The results as JSON.
enum Report {
    static func write(_ results: [Measured], to path: String) throws {
        let rows = results.map { one in
            let counted = one.instructions.map { "\(Int($0.rounded()))" } ?? "null"
            return
                "  {\"name\": \"\(one.name)\", \"nanoseconds\": \(tenths(one.nanoseconds)), \"allocations\": \(tenths(one.allocations)), "
                + "\"allocations_allowed\": \(tenths(one.bound)), \"instructions\": \(counted)}"
        }
        guard let file = fopen(path, "w") else { throw MicroError.cannotWrite(path) }
        fputs("[\n" + rows.joined(separator: ",\n") + "\n]\n", file)
        fclose(file)
    }
}

enum MicroError: Error {
    case cannotWrite(String)
    case system(String, Int32)
}
