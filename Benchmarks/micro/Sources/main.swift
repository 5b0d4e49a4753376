import CCounting
import Glibc

// `make bench-micro`: what the pieces of a hot answer cost, one by one.
// Times are printed for orientation. What must not grow is counted: allocations, which are the same on every machine.

// A counter that does not count would find nothing wrong for ever.
let before = counting_allocations()
let block = malloc(100)
precondition(block != nil && counting_allocations() == before + 1, "allocations are not counted")
free(block)

let store = try MicroStore(entries: 100_000)
let cases = try parserCases() + manifestCases(store) + hotTableCases() + servingCases(store)
let instructions = InstructionCounter()
var results: [Measured] = []
for one in cases {
    let measured = Measured(one, instructions)
    results.append(measured)
    print(measured.line)
}
if CommandLine.arguments.count > 1 { try Report.write(results, to: CommandLine.arguments[1]) }
let over = results.filter(\.isOver)
for one in over {
    print("\(one.name): \(one.allocations) allocations an operation, at most \(one.bound) are allowed")
}
exit(over.isEmpty ? 0 : 1)
