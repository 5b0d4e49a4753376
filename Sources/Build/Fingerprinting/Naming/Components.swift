/// Strongly connected components of a graph, leaves first (Tarjan 1972, without recursion: a chain of a million imports is no
/// reason to run out of stack).
///
/// Files that refer to each other in a circle cannot each carry the digest of their final bytes: these hold the other's name.
/// They are one unit with one digest.
struct Components: Hashable, Sendable {
    /// Every component comes after all that its members refer to; members in ascending order.
    private(set) var list: [[Int]] = []
    /// The component of each node, as an index of `list`.
    private(set) var component: [Int]

    /// - Parameter edges: for each node the nodes it refers to; repetitions do not matter.
    init(_ edges: [[Int]]) {
        let count = edges.count
        component = Array(repeating: -1, count: count)
        var index = Array(repeating: -1, count: count)
        var low = Array(repeating: 0, count: count)
        var isOnStack = Array(repeating: false, count: count)
        var stack: [Int] = []
        var calls: [(node: Int, next: Int)] = []
        var counter = 0

        for root in 0..<count where index[root] < 0 {
            calls.append((root, 0))
            while let (node, next) = calls.last {
                if next == 0 {
                    index[node] = counter
                    low[node] = counter
                    counter += 1
                    stack.append(node)
                    isOnStack[node] = true
                }
                if next < edges[node].count {
                    calls[calls.count - 1].next += 1
                    let target = edges[node][next]
                    if index[target] < 0 {
                        calls.append((target, 0))
                    } else if isOnStack[target] {
                        low[node] = min(low[node], index[target])
                    }
                    continue
                }
                calls.removeLast()
                if let caller = calls.last?.node { low[caller] = min(low[caller], low[node]) }
                if low[node] == index[node] { close(node, &stack, &isOnStack) }
            }
        }
    }

    private mutating func close(_ root: Int, _ stack: inout [Int], _ isOnStack: inout [Bool]) {
        var members: [Int] = []
        while let member = stack.popLast() {
            isOnStack[member] = false
            component[member] = list.count
            members.append(member)
            if member == root { break }
        }
        list.append(members.sorted())
    }

    /// Components that need nothing of each other share a level; level 0 needs nothing at all.
    /// - Returns: indices of `list`, by level. Cost: linear.
    func levels(_ edges: [[Int]]) -> [[Int]] {
        var level = Array(repeating: 0, count: list.count)
        var out: [[Int]] = []
        for (at, members) in list.enumerated() {
            for member in members {
                for target in edges[member] where component[target] != at { level[at] = max(level[at], level[component[target]] + 1) }
            }
            if level[at] == out.count { out.append([]) }
            out[level[at]].append(at)
        }
        return out
    }
}
