import HTTPEngine
import Manifests
import Names

@testable import Serving

/// What wrk sends, and what a browser does.
enum Heads {
    static let short = Array("GET /\(MicroStore.hotName) HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n".utf8)
    static let browser = Array(
        """
        GET /\(MicroStore.hotName) HTTP/1.1\r\nHost: www.example.com\r\nConnection: keep-alive\r\n\
        sec-ch-ua: "Chromium";v="130", "Not?A_Brand";v="99"\r\nsec-ch-ua-mobile: ?0\r\nsec-ch-ua-platform: "Linux"\r\n\
        User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36\r\n\
        Accept: */*\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: script\r\n\
        Referer: https://www.example.com/\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9\r\n\
        Cookie: session=0123456789abcdef0123456789abcdef\r\n\r\n
        """.utf8)
}

func parserCases() -> [MicroCase] {
    func parse(_ name: String, _ bytes: [UInt8]) -> MicroCase {
        var head = RequestHead()
        let limits = EngineLimits()
        return MicroCase(name: name, bound: 0) { count in
            bytes.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                for _ in 0..<count {
                    let outcome = RequestHeadParser.parse(base, count: buffer.count, limits: limits, into: &head)
                    precondition(outcome == .complete(buffer.count))
                }
            }
        }
    }
    return [parse("parse a head of 2 lines", Heads.short), parse("parse a browser's head", Heads.browser)]
}

func manifestCases(_ store: MicroStore) -> [MicroCase] {
    func find(_ title: String, _ names: [String], isThere: Bool) -> MicroCase {
        let spelled = names.map { Array($0.utf8) }
        let manifest = store.manifest
        return MicroCase(name: title, bound: 0) { count in
            var next = 0
            for _ in 0..<count {
                let found = spelled[next].withUnsafeBytes { manifest.find($0) }
                precondition((found != nil) == isThere)
                next = next + 1 == spelled.count ? 0 : next + 1
            }
        }
    }
    // Steps of a prime go through all of them, far from each other.
    let spread = (0..<20_000).map { MicroStore.name($0 * 7919 % 100_000) }
    return [
        find("manifest: the same name", [MicroStore.hotName], isThere: true),
        find("manifest: 20,000 of 100,000 names", spread, isThere: true),
        find("manifest: names that are not there", spread.map { $0 + "x" }, isThere: false),
    ]
}

func hotTableCases() -> [MicroCase] {
    func find(_ title: String, entries: Int) -> MicroCase {
        var table = HotTable(budget: 64 << 20, files: 64)
        let host = Array("www.example.com".utf8)
        let targets = (0..<entries).map { Array("/\(MicroStore.name($0))".utf8) }
        host.withUnsafeBufferPointer { host in
            for target in targets {
                target.withUnsafeBufferPointer { bytes in
                    let entry = HotTable.Entry(
                        key: Array(host) + target, preference: .identityOnly,
                        response: PreparedResponse(Response(status: 200, body: .bytes([0x61]))), isDocument: false, site: 0, release: 0,
                        row: 0, isNeed: false)
                    table.insert(entry, hash: HotTable.hash(host, bytes, .identityOnly))
                }
            }
        }
        let filled = table
        return MicroCase(name: title, bound: 0) { count in
            host.withUnsafeBufferPointer { host in
                var next = 0
                for _ in 0..<count {
                    targets[next].withUnsafeBufferPointer { target in
                        let hash = HotTable.hash(host, target, .identityOnly)
                        precondition(filled.find(hash, host, target, .identityOnly) != nil)
                    }
                    next = next + 1 == entries ? 0 : next + 1
                }
            }
        }
    }
    return [find("hot table: the same name", entries: 1), find("hot table: 20,000 names", entries: 20_000)]
}
