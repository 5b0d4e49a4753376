import Foundation
import Glibc
import TestPatience
import Testing

/// The program as it is shipped: `TANDEM_BIN`, or the release build of this package.
enum Program {
    static let path: String = {
        if let given = getenv("TANDEM_BIN") { return String(cString: given) }
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return package.appending(path: ".build/release/tandem").path
    }()

    static let isBuilt = access(path, X_OK) == 0
    static let missing: Comment = "no program to try: run `swift build -c release`, or set TANDEM_BIN"
}

/// What a command left: its exit code (negative: the signal that ended it) and what it printed.
struct Outcome {
    var code: Int32
    var out: String
    var error: String

    func json() throws -> Any { try JSONSerialization.jsonObject(with: Data(out.utf8)) }
    func object() throws -> [String: Any] { try #require(try json() as? [String: Any]) }
}

/// A process that runs, its output in files.
final class Running: @unchecked Sendable {
    let pid: pid_t
    private let outPath: String
    private let errorPath: String
    private var ended: Int32?

    /// - Parameter inherited: a descriptor that it keeps under its number.
    init(
        _ arguments: [String], in folder: String, environment: [String: String], program: String = Program.path, inherited: Int32? = nil
    ) throws {
        let stem = "\(folder)/out-\(UUID().uuidString)"
        outPath = stem + ".out"
        errorPath = stem + ".err"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, outPath, O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY | O_CREAT, 0o600)
        // To itself: it is not closed on exec then.
        if let inherited { posix_spawn_file_actions_adddup2(&actions, inherited, inherited) }
        var merged = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("TANDEM_") && $0.key != "NOTIFY_SOCKET" }
        merged.merge(environment) { $1 }
        // `env` changes the folder and becomes the program: the process is the same.
        var argv: [UnsafeMutablePointer<CChar>?] = (["env", "-C", folder, program] + arguments).map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = merged.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        // A group of its own, so that a supervisor's workers can be ended with it.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var child = pid_t()
        let code = posix_spawn(&child, "/usr/bin/env", &actions, &attributes, &argv, &envp)
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EINVAL) }
        pid = child
    }

    var out: String { String(decoding: FileManager.default.contents(atPath: outPath) ?? Data(), as: UTF8.self) }
    var error: String { String(decoding: FileManager.default.contents(atPath: errorPath) ?? Data(), as: UTF8.self) }

    /// Whether it still runs; collects it when it does not.
    var isRunning: Bool {
        if ended != nil { return false }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return true }
        ended = status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
        return false
    }

    func signal(_ number: Int32) { if isRunning { kill(pid, number) } }

    /// The process and all that it has spawned.
    func killAll() { kill(-pid, SIGKILL) }

    /// Waits for the end; kills it when it does not come.
    @discardableResult
    func wait() -> Outcome {
        if !eventually({ !isRunning }) {
            Issue.record("process \(pid) did not end: \(error)")
            kill(pid, SIGKILL)
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            ended = -SIGKILL
        }
        return Outcome(code: ended ?? -1, out: out, error: error)
    }

    deinit {
        killAll()
        if isRunning {
            var status: Int32 = 0
            waitpid(pid, &status, 0)
        }
        unlink(outPath)
        unlink(errorPath)
    }
}

/// A folder with a configuration, a store and sites, that goes away with the test.
final class Bench: Sendable {
    let root: String
    var data: String { "\(root)/data" }

    /// - Parameter site: further lines of the site `default`, indented by four.
    init(site: [String] = [], hasConfiguration: Bool = true) throws {
        root = "/tmp/tandem-e2e-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        guard hasConfiguration else { return }
        let lines =
            ["data: \(root)/data", "listen:", "  - address: 127.0.0.1:0", "sites:", "  default:", "    hosts: [\"*\"]"]
            + site.map { "    \($0)" }
        try write("tandem.yaml", lines.joined(separator: "\n") + "\n")
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let path = "\(root)/\(name)"
        try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    /// A small build: a page that names its assets, each asset under a name with its version. Returns its folder.
    @discardableResult
    func build(_ version: Int, assets: Int = 10) throws -> String {
        for (name, text) in Self.files(version, assets: assets) { try write("v\(version)/\(name)", text) }
        return "\(root)/v\(version)"
    }

    static func files(_ version: Int, assets: Int = 10) -> [String: String] {
        var files: [String: String] = [:]
        for index in 0..<assets {
            // The first half is the same in every version.
            let content = index < assets / 2 ? "shared \(index)" : "version \(version) asset \(index)"
            let token = content.utf8.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
            files["assets/a\(index)-\(String(format: "%016llx", token)).js"] = String(repeating: content + "\n", count: 40)
        }
        let names = files.keys.sorted().map { "<script src=\"/\($0)\"></script>" }.joined(separator: "\n")
        files["index.html"] = "<!doctype html><title>\(version)</title>\n\(names)\n"
        return files
    }

    func start(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Running {
        try Running(arguments, in: root, environment: environment)
    }

    @discardableResult
    func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome { try start(arguments, environment).wait() }

    /// Runs a command that has to succeed, and returns what it printed.
    @discardableResult
    func done(_ arguments: String..., at location: SourceLocation = #_sourceLocation) throws -> String {
        let outcome = try start(arguments).wait()
        try #require(outcome.code == 0, "\(arguments): \(outcome.error)", sourceLocation: location)
        return outcome.out.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Publishes a version and returns its id.
    @discardableResult
    func publish(_ version: Int, _ more: String...) throws -> String {
        let outcome = try start(["publish", try build(version)] + more).wait()
        try #require(outcome.code == 0, "\(outcome.error)")
        return outcome.out.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func serve(_ environment: [String: String] = [:], arguments: [String] = ["serve"]) throws -> Server {
        try Server(start(arguments, environment))
    }

    /// The releases as the command line tells them: state by id.
    func releases() throws -> [String: String] {
        let outcome = try run("release", "list", "--json")
        try #require(outcome.code == 0, "\(outcome.error)")
        let list = try #require(try outcome.json() as? [[String: Any]])
        return try list.reduce(into: [:]) { states, report in
            let record = try #require(report["record"] as? [String: Any])
            states[try #require(record["id"] as? String)] = record["state"] as? String
        }
    }

    /// Contents and manifests in the store, by path: what a refused command must not change.
    func tree() -> [String: Data] {
        var tree: [String: Data] = [:]
        for folder in ["blobs", "releases", "tmp", "quarantine"] {
            for name in FileManager.default.enumerator(atPath: "\(data)/\(folder)")?.compactMap({ $0 as? String }) ?? [] {
                var isFolder: ObjCBool = false
                _ = FileManager.default.fileExists(atPath: "\(data)/\(folder)/\(name)", isDirectory: &isFolder)
                if !isFolder.boolValue { tree["\(folder)/\(name)"] = FileManager.default.contents(atPath: "\(data)/\(folder)/\(name)") }
            }
        }
        return tree
    }

    /// Makes everything in the store old enough for `gc`.
    func age() {
        for name in tree().keys {
            var times = [timespec(tv_sec: 1_000, tv_nsec: 0), timespec(tv_sec: 1_000, tv_nsec: 0)]
            utimensat(AT_FDCWD, "\(data)/\(name)", &times, 0)
        }
    }

    /// Expects a store in which nothing is found.
    func expectClean(at location: SourceLocation = #_sourceLocation) throws {
        let outcome = try run("fsck", "--json")
        #expect(outcome.code == 0, "\(outcome.out)\(outcome.error)", sourceLocation: location)
        let findings = try #require(try outcome.object()["findings"] as? [Any])
        #expect(findings.isEmpty, "\(outcome.out)", sourceLocation: location)
    }
}

/// A server that has said that it is ready.
final class Server: Sendable {
    let process: Running
    let port: UInt16

    init(_ process: Running) throws {
        self.process = process
        _ = eventually { !process.isRunning || process.error.contains("ready (process") }
        let text = process.error
        let address = try #require(text.contains("ready (process") ? text.range(of: "serving on http://127.0.0.1:") : nil, "\(text)")
        port = try #require(UInt16(text[address.upperBound...].prefix { $0.isNumber }))
    }

    /// Of all its listeners, in their order.
    func ports(_ count: Int) throws -> [UInt16] {
        let ports = process.error.components(separatedBy: "://127.0.0.1:").dropFirst().compactMap { UInt16($0.prefix { $0.isNumber }) }
        try #require(ports.count == count)
        return ports
    }

    /// Waits until the log has the text.
    func expect(_ text: String, at location: SourceLocation = #_sourceLocation) throws {
        _ = eventually { !process.isRunning || process.error.contains(text) }
        try #require(process.error.contains(text), "not in the log: \(text)\n\(process.error)", sourceLocation: location)
    }

    /// Everything dies at once.
    func crash() {
        process.killAll()
        process.wait()
    }

    @discardableResult
    func stop() -> Outcome {
        process.signal(SIGTERM)
        return process.wait()
    }
}
