import Files
import Glibc
import HTTPEngine
import Testing

@testable import Serving

@Suite struct HotTableTests {
    private final class Table {
        var hot: HotTable

        init(budget: Int, files: Int = 4096) { hot = HotTable(budget: budget, files: files) }
    }

    private struct Key {
        var host: [UInt8]
        var target: [UInt8]
        var preference: EncodingPreference

        init(_ host: String, _ target: String, _ accepted: String = "") {
            self.host = Array(host.utf8)
            self.target = Array(target.utf8)
            preference = Array(accepted.utf8).withUnsafeBufferPointer { EncodingPreference($0) }
        }

        func with<Result>(_ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Result) -> Result {
            host.withUnsafeBufferPointer { host in target.withUnsafeBufferPointer { body(host, $0) } }
        }

        var hash: UInt64 { with { HotTable.hash($0, $1, preference) } }
    }

    private func insert(
        _ key: Key, _ mark: Int, size: Int = 100, hash: UInt64? = nil, response: PreparedResponse? = nil, connections: Int = 0,
        into table: Table
    ) {
        let response = response ?? PreparedResponse(Response(status: 200, body: .bytes([UInt8](repeating: 0x61, count: size))))
        table.hot.insert(
            HotTable.Entry(
                key: key.host + key.target, preference: key.preference, response: response, isDocument: false, site: 0, release: mark,
                row: mark, isNeed: false), hash: hash ?? key.hash, connections: connections)
    }

    /// The mark of the entry found.
    private func find(_ key: Key, hash: UInt64? = nil, in table: Table) -> Int? {
        key.with { host, target in table.hot.find(hash ?? key.hash, host, target, key.preference)?.pointee.release }
    }

    private let keys = [
        Key("a.example", "/x"), Key("a.example", "/y"), Key("b.example", "/x"), Key("a.example", "/x", "br"),
        Key("a.example", "/x", "gzip"),
        Key("a.example", "/x", "br;q=0.5"), Key("a.example", "/x?1"), Key("a.example:80", "/x"), Key("", "/x"), Key("a", "/x/a.example/x"),
    ]

    @Test func hostTargetAndPreferenceTellKeysApart() {
        let table = Table(budget: 1 << 20)
        for (mark, key) in keys.enumerated() {
            #expect(find(key, in: table) == nil)
            insert(key, mark, into: table)
        }
        for (mark, key) in keys.enumerated() { #expect(find(key, in: table) == mark) }
    }

    @Test func collidingHashesTellKeysApart() {
        let table = Table(budget: 1 << 20)
        for (mark, key) in keys.enumerated() {
            #expect(find(key, hash: 1, in: table) == nil)
            insert(key, mark, hash: 1, into: table)
        }
        // The last slot wraps round to the first.
        for (mark, key) in keys.enumerated() { insert(key, 100 + mark, hash: .max, into: table) }
        for (mark, key) in keys.enumerated() {
            #expect(find(key, hash: 1, in: table) == mark)
            #expect(find(key, hash: .max, in: table) == 100 + mark)
        }
        #expect(find(Key("a.example", "/z"), hash: 1, in: table) == nil)
    }

    @Test func aHashIsNeverThatOfAnEmptySlot() {
        for number in 0..<10_000 { #expect(Key("h", "/\(number)").hash != 0) }
    }

    @Test func whatIsAskedForAgainSurvivesAScan() {
        let table = Table(budget: 2 << 20)
        let hot = Key("h", "/hot")
        insert(hot, 7, into: table)
        // Ten times what fits.
        for number in 0..<10_000 {
            insert(Key("h", "/\(number)"), number, size: 2000, into: table)
            #expect(find(hot, in: table) == 7, "after \(number)")
        }
        #expect(find(Key("h", "/0"), in: table) == nil)
        #expect(find(Key("h", "/9999"), in: table) == 9999)
    }

    @Test func memoryIsBounded() {
        let table = Table(budget: 4 << 20)
        for number in 0..<5000 { insert(Key("h", "/\(number)"), number, size: 20_000, into: table) }
        let held = (0..<5000).count { find(Key("h", "/\($0)"), in: table) != nil }
        #expect(held > 50)
        #expect(held * 20_000 <= 4 << 20)
    }

    @Test func openFilesAreBounded() throws {
        let store = TestStore()
        let path = store.write(Array("a body".utf8), as: "body")
        let hot = Table(budget: 4 << 20, files: 64)
        func open() -> Int { descriptors(of: path) }
        for number in 0..<500 {
            let response = PreparedResponse(Response(status: 200, body: .file(try OpenFile(path: path), 0..<6)))
            insert(Key("h", "/\(number)"), number, response: response, into: hot)
            #expect(open() == min(number + 1, 64))
        }
        // Those in memory have their own bounds.
        for number in 500..<1500 { insert(Key("h", "/\(number)"), number, into: hot) }
        #expect(open() == 64)
        for number in 500..<1500 { #expect(find(Key("h", "/\(number)"), in: hot) == number) }
        hot.hot.removeAll()
        #expect(open() == 0)
    }

    @Test func whoIsNewToAFullTableMustBeAskedForTwice() throws {
        let store = TestStore()
        let path = store.write(Array("a body".utf8), as: "body")
        let table = Table(budget: 2 << 20, files: 64)
        func admits(_ number: Int, _ response: Response, connections: Int = 0) -> Bool {
            table.hot.admits(Key("h", "/\(number)").hash, response, connections: connections)
        }
        let inFile = Response(status: 200, body: .file(try OpenFile(path: path), 0..<6))
        for number in 0..<64 {
            #expect(admits(number, inFile), "\(number)")
            insert(Key("h", "/\(number)"), number, response: PreparedResponse(inFile), into: table)
        }
        #expect(!admits(100, inFile))
        #expect(admits(100, inFile))
        // Those in memory have their own bounds.
        let inMemory = Response(status: 200, body: .bytes([UInt8](repeating: 0x61, count: 16_000)))
        var admitted = 0
        while admits(1000 + admitted, inMemory) {
            insert(Key("h", "/\(1000 + admitted)"), 0, size: 16_000, into: table)
            admitted += 1
        }
        #expect((90...120).contains(admitted))
        #expect(find(Key("h", "/1000"), in: table) != nil, "nobody had to go")
        #expect(admits(1000 + admitted, inMemory))
        // A snapshot empties the table.
        table.hot.removeAll()
        #expect(admits(2000, inFile) && admits(2001, inMemory))
        // Connections leave no room for files.
        insert(Key("h", "/2000"), 0, response: PreparedResponse(inFile), into: table)
        #expect(!admits(2002, inFile, connections: 63))
    }

    @Test func theDoorKnowsANameUntilOthersHaveCome() {
        var door = HotDoor()
        func knows(_ name: String) -> Bool { door.knows(Key("h", name).hash) }
        #expect(!knows("/x"))
        #expect(knows("/x"))
        for number in 0..<1000 { _ = knows("/\(number)") }
        let known = (0..<1000).count { knows("/\($0)") }
        #expect(known > 800, "most of a thousand keep their places")
        for number in 0..<200_000 { _ = knows("/\(number)") }
        #expect(!knows("/x"))
    }

    @Test func connectionsTakeTheirDescriptorsFromOpenFiles() throws {
        let store = TestStore()
        let path = store.write(Array("a body".utf8), as: "body")
        let table = Table(budget: 4 << 20, files: 64)
        func fill(connections: Int) throws {
            for number in 0..<200 {
                let response = PreparedResponse(Response(status: 200, body: .file(try OpenFile(path: path), 0..<6)))
                insert(Key("h", "/\(number)"), number, response: response, connections: connections, into: table)
            }
        }
        try fill(connections: 24)
        #expect(descriptors(of: path) == 40)
        table.hot.makeRoom(for: 54)
        #expect(descriptors(of: path) == 10)
        // The file that is being sent is open all the same.
        try fill(connections: 100)
        #expect(descriptors(of: path) == 1)
        try fill(connections: 0)
        #expect(descriptors(of: path) == 64)
        let gave = table.hot.giveUpFiles()
        #expect(gave)
        #expect(descriptors(of: path) == 48)
        while table.hot.giveUpFiles() {}
        #expect(descriptors(of: path) == 0)
    }

    /// Against a dictionary: what is found is what was put in last, whatever was evicted from among colliding hashes.
    @Test(arguments: [1, 2, 3]) func whatIsFoundIsWhatWasPutIn(_ seed: UInt64) {
        var state = seed
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let table = Table(budget: 2 << 20)
        var last: [Int: Int] = [:]
        var found = 0
        for mark in 0..<60_000 {
            let number = random(3000)
            let key = Key("h", "/\(number)")
            // Few hashes, so that probes run long and across the table's end.
            let hash = UInt64(truncatingIfNeeded: -4 + number % 64) << 1 | 1
            if random(3) == 0 {
                insert(key, mark, size: random(8000), hash: hash, into: table)
                last[number] = mark
                #expect(find(key, hash: hash, in: table) == mark)
            } else if let mark = find(key, hash: hash, in: table) {
                #expect(mark == last[number])
                found += 1
            }
        }
        #expect(found > 1000)
    }

    @Test func smallEntriesNeverFillTheTable() {
        let table = Table(budget: 1)
        for number in 0..<20_000 { insert(Key("h", "/\(number)"), number, size: 0, into: table) }
        #expect(find(Key("h", "/19999"), in: table) == 19_999)
        #expect(find(Key("h", "/never"), in: table) == nil)
    }

    @Test func aKeyStandsOnce() {
        let table = Table(budget: 2 << 20)
        let other = Key("h", "/other")
        let key = Key("h", "/again")
        insert(other, 1, into: table)
        // Visitors with a cookie are answered beside the table, and what they get is put in again and again.
        for mark in 0..<10_000 { insert(key, mark, size: 2000, into: table) }
        #expect(find(key, in: table) == 9999)
        #expect(find(other, in: table) == 1)
    }

    @Test func nothingIsLeftAfterASnapshot() {
        let table = Table(budget: 1 << 20)
        for (mark, key) in keys.enumerated() { insert(key, mark, into: table) }
        table.hot.removeAll()
        for key in keys { #expect(find(key, in: table) == nil) }
    }
}

/// How many descriptors of this process are open on the file at `path`.
private func descriptors(of path: String) -> Int {
    var wanted = stat()
    guard stat(path, &wanted) == 0 else { return -1 }
    return (0..<4096).count { number in
        var status = stat()
        return fstat(Int32(number), &status) == 0 && status.st_ino == wanted.st_ino && status.st_dev == wanted.st_dev
    }
}
