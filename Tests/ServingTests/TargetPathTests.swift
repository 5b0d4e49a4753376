import TestSeeds
import Testing

@testable import Serving

@Suite struct TargetPathTests {
    private func parse(_ target: [UInt8]) -> Result<String, TargetPath.Fault> {
        target.withUnsafeBufferPointer { bytes in
            Result { () throws(TargetPath.Fault) in String(decoding: try TargetPath(bytes).path, as: UTF8.self) }
        }
    }

    @Test(arguments: [
        ("/", "/"), ("/a/b.html", "/a/b.html"), ("/a%20b", "/a b"), ("/gr%C3%B6%C3%9Fe", "/größe"), ("/gr\u{f6}", "/gr\u{f6}"),
        ("/%61%2D%2e", "/a-."), ("/.", "/"), ("/./", "/"), ("/a/.", "/a/"), ("/a/..", "/"), ("/a/../", "/"), ("/a/b/../c", "/a/c"),
        ("/a/./b", "/a/b"), ("/a/%2e%2E/b", "/b"), ("/a/%2e/b", "/a/b"), ("/a/.%2e/b", "/b"), ("/..a", "/..a"), ("/a..", "/a.."),
        ("/...", "/..."), ("/a/.well-known/x", "/a/.well-known/x"), ("//", "//"), ("//a", "//a"), ("/a//b", "/a//b"),
        ("/a//../b", "/a/b"), ("/a/b/", "/a/b/"), ("/%252e%252e/x", "/%2e%2e/x"), ("/%2541", "/%41"), ("/a?b=/../..", "/a"),
        ("/%3Fa", "/?a"), ("/%23", "/#"), ("/a+b", "/a+b"), ("/?", "/"), ("/%f0%9f%92%a9", "/\u{1f4a9}"),
    ])
    func pathsAreDecodedOnce(target: String, expected: String) {
        #expect(parse(Array(target.utf8)) == .success(expected))
    }

    @Test(
        arguments: [
            ("/..", TargetPath.Fault.escapesRoot), ("/../etc/passwd", .escapesRoot), ("/a/../../b", .escapesRoot),
            ("/%2e%2e/b", .escapesRoot), ("/./../", .escapesRoot), ("/a/b/../../../c", .escapesRoot),
            ("/a%2Fb", .encodedSlash), ("/a%2fb", .encodedSlash), ("/..%2f..", .encodedSlash), ("/a%5Cb", .encodedSlash),
            ("/a%5cb", .encodedSlash), ("/a\\b", .control), ("/..\\..", .control), ("/%00", .control), ("/a%0d%0aSet-Cookie:x", .control),
            ("/%7f", .control), ("/%1F", .control), ("/%09", .control), ("/%", .badEscape), ("/%4", .badEscape), ("/%zz", .badEscape),
            ("/%4g", .badEscape), ("/%-1", .badEscape), ("/%u0041", .badEscape), ("/%4?1", .badEscape), ("/%ff", .invalidUTF8),
            ("/%c0%af", .invalidUTF8), ("/%ed%a0%80", .invalidUTF8), ("/%c3", .invalidUTF8), ("/%f4%90%80%80", .invalidUTF8),
        ] as [(String, TargetPath.Fault)])
    func whatTwoServersMayReadDifferentlyIsRefused(target: String, fault: TargetPath.Fault) {
        #expect(parse(Array(target.utf8)) == .failure(fault))
    }

    @Test func rawBytesThatAreNoTextAreRefused() {
        #expect(parse([0x2f, 0xff]) == .failure(.invalidUTF8))
        #expect(parse([0x2f, 0x00]) == .failure(.control))
    }

    @Test(arguments: [("/a?x=1", "x=1"), ("/a?", ""), ("/?a?b", "a?b"), ("/%3F?%2F%00", "%2F%00")])
    func theQueryStaysAsItWasSent(target: String, expected: String) throws {
        let bytes = Array(target.utf8)
        let parsed = try bytes.withUnsafeBufferPointer { try TargetPath($0) }
        #expect(parsed.query.map { String(decoding: bytes[$0], as: UTF8.self) } == expected)
    }

    @Test func withoutAQuestionMarkThereIsNoQuery() throws {
        #expect(try Array("/a%3Fb".utf8).withUnsafeBufferPointer { try TargetPath($0) }.query == nil)
    }

    /// Whatever is sent: what is accepted is absolute, is text, climbs nowhere, and reads the same when it is escaped and sent again.
    @Test(arguments: [UInt64(1), 2, 3]) func randomTargetsGivePlainPathsOrFaults(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let pieces = [
            "/", "..", ".", "%2e", "%2E", "%2f", "%5c", "\\", "%00", "%25", "%", "a", "b.js", "ü", "%c3%bc", "%c3", "%ff", "?", "//", "%3f",
            "%20", ";", "%0a", "~", "%7e",
        ]
        var accepted = 0
        for _ in 0..<20_000 {
            let text = "/" + (0..<Int.random(in: 0..<12, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }.joined()
            guard case .success(let path) = parse(Array(text.utf8)) else { continue }
            accepted += 1
            let segments = path.split(separator: "/", omittingEmptySubsequences: false)
            guard path.hasPrefix("/"), !segments.contains(".."), !segments.contains("."), !path.utf8.contains(where: { $0 < 0x20 }),
                !path.contains("\\"), parse(Array(PercentEncoding.path(Array(path.utf8)).utf8)) == .success(path)
            else {
                Issue.record("\(text) gives \(path)")
                return
            }
        }
        #expect(accepted > 1000)
    }

    @Test func randomBytesNeverTrap() {
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0..<24, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if case .success(let path) = parse([0x2f] + bytes) { #expect(!path.utf8.contains(0)) }
        }
    }

    @Test(
        arguments: [
            ("dpl=abc", "abc"), ("a=1&dpl=abc&dpl=x", "abc"), ("dpl", nil), ("dpl=", ""), ("xdpl=1", nil), ("dplx=1", nil), ("", nil),
            ("&&dpl=1", "1"), ("a=dpl=1", nil), ("DPL=1", nil),
        ] as [(String, String?)])
    func aParameterIsFoundByItsName(query: String, expected: String?) {
        let found = Array(query.utf8).withUnsafeBufferPointer { bytes in
            QueryParameter.value("dpl", in: bytes).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(found == expected)
    }
}

extension Result where Success == String, Failure == TargetPath.Fault {
    fileprivate init(_ body: () throws(TargetPath.Fault) -> String) {
        do throws(TargetPath.Fault) {
            self = .success(try body())
        } catch {
            self = .failure(error)
        }
    }
}
