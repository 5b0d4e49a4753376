import Foundation
import Glibc
import Testing

/// Bad input gets a clear error and changes nothing: neither the list of releases nor a byte in the store.
@Suite(.enabled(if: Program.isBuilt, Program.missing)) struct BadInputTests {
    /// A store with one current release in which `body` may change nothing.
    private func changesNothing(_ body: (Bench) throws -> Void) throws {
        let bench = try Bench()
        try bench.publish(1, "--activate")
        let (releases, tree) = (try bench.releases(), bench.tree())
        try body(bench)
        #expect(try bench.releases() == releases)
        let now = bench.tree()
        #expect(Set(now.keys) == Set(tree.keys))
        #expect(now == tree)
        try bench.expectClean()
    }

    private func refused(
        _ bench: Bench, _ arguments: [String], code: Int32, _ words: String..., at location: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try bench.start(arguments).wait()
        #expect(outcome.code == code, "\(outcome.error)", sourceLocation: location)
        #expect(outcome.error.contains("tandem: "), sourceLocation: location)
        for word in words { #expect(outcome.error.contains(word), "\(outcome.error)", sourceLocation: location) }
    }

    @Test func anUnknownKeyIsNamedWithItsPlaceAndTheNearestKey() throws {
        try changesNothing { bench in
            try bench.write("bad.yaml", "data: \(bench.data)\nlisten:\n  - address: 127.0.0.1:0\nsites:\n  default: {hots: [\"*\"]}\n")
            for command in [["check"], ["serve"], ["publish", "v1"], ["release", "list"], ["gc"], ["fsck"]] {
                try refused(bench, command + ["-c", "bad.yaml"], code: 3, "bad.yaml:5:", "hots", "hosts")
            }
        }
    }

    @Test func aConfigurationThatIsNotThereIsNamed() throws {
        try changesNothing { try refused($0, ["publish", "v1", "-c", "none.yaml"], code: 3, "none.yaml") }
    }

    @Test func aMissingFolder() throws {
        try changesNothing { try refused($0, ["publish", "nowhere"], code: 1, "there is no folder nowhere") }
    }

    @Test func aFileInsteadOfAFolder() throws {
        try changesNothing { try refused($0, ["publish", "tandem.yaml"], code: 1, "is a file") }
    }

    @Test func anEmptyFolder() throws {
        try changesNothing { bench in
            mkdir("\(bench.root)/empty", 0o700)
            try refused(bench, ["publish", "empty"], code: 1, "holds no files")
        }
    }

    @Test func aLinkThatLeavesTheFolder() throws {
        try changesNothing { bench in
            symlink("/etc/hostname", "\(bench.root)/v1/leak")
            try refused(bench, ["publish", "v1"], code: 1, "v1/leak", "/etc/hostname", "outside")
        }
    }

    @Test func aNameThatIsNotUTF8() throws {
        try changesNothing { bench in
            let bytes = Array("\(bench.root)/v1/a".utf8CString.dropLast()) + [CChar(bitPattern: 0xff), 0]
            close(bytes.withUnsafeBufferPointer { open($0.baseAddress!, O_CREAT | O_WRONLY, 0o600) })
            try refused(bench, ["publish", "v1"], code: 1, "not UTF-8")
        }
    }

    @Test(.disabled(if: geteuid() == 0, "the superuser may read everything"))
    func aFileThatCannotBeRead() throws {
        try changesNothing { bench in
            chmod("\(bench.root)/v1/index.html", 0)
            try refused(bench, ["publish", "v1"], code: 1, "cannot read", "index.html")
        }
    }

    /// A writer that never rests: whichever moment the publish reads at, the file is another one a moment later.
    @Test func aFileThatChangesWhileItIsRead() throws {
        try changesNothing { bench in
            let path = try bench.write("v9/big.bin", String(repeating: "0123456789abcdef", count: 4 << 20))
            let descriptor = open(path, O_WRONLY | O_APPEND)
            defer { close(descriptor) }
            let process = try bench.start(["publish", "v9"])
            while process.isRunning {
                Glibc.write(descriptor, "x", 1)
                usleep(200)
            }
            let outcome = process.wait()
            #expect(outcome.code == 1 && outcome.error.contains("changed while it was read"), "\(outcome.code) \(outcome.error)")
        }
    }

    @Test func aFingerprintedNameWithOtherContent() throws {
        let bench = try Bench()
        let one = try bench.publish(1, "--activate")
        let (releases, tree) = (try bench.releases(), bench.tree())
        let name = try #require(Bench.files(1).keys.filter { $0.hasPrefix("assets/") }.sorted().first)
        try bench.build(2)
        try bench.write("v2/\(name)", "other bytes under the same name")
        try refused(bench, ["publish", "v2"], code: 4, name, String(one.prefix(12)), "would mean two contents")
        #expect(try bench.releases() == releases)
        #expect(bench.tree() == tree)
        try bench.expectClean()
    }

    @Test func aLabelThatIsTaken() throws {
        let bench = try Bench()
        try bench.publish(1, "--label", "mine")
        let releases = try bench.releases()
        try bench.build(2)
        let outcome = try bench.run("publish", "v2", "--label", "mine")
        #expect(outcome.code != 0 && outcome.error.contains("mine"))
        #expect(try bench.releases() == releases)
    }

    @Test func aStoreFromANewerVersion() throws {
        let bench = try Bench()
        try bench.publish(1, "--activate")
        try bench.write("data/layout", "99\n")
        let tree = bench.tree()
        for command in [["serve"], ["publish", "v1"], ["release", "list"], ["gc"], ["fsck"]] {
            try refused(bench, command, code: 1, "layout 99", "newer tandem")
        }
        #expect(bench.tree() == tree)
    }

    @Test func aDamagedState() throws {
        let bench = try Bench()
        try bench.publish(1, "--activate")
        for suffix in ["-wal", "-shm"] { unlink("\(bench.data)/state.sqlite\(suffix)") }
        try bench.write("data/state.sqlite", String(repeating: "this is no database ", count: 500))
        let tree = bench.tree()
        for command in [["serve"], ["publish", "v1"], ["release", "list"]] { try refused(bench, command, code: 1, "state.sqlite") }
        #expect(bench.tree() == tree)
    }

    @Test func twoServersOnOneDataFolder() throws {
        try changesNothing { bench in
            let server = try bench.serve()
            try refused(bench, ["serve"], code: 1, "in use by process \(server.process.pid)")
            #expect(try Client(port: server.port).get("/").status == 200)
            server.stop()
        }
    }

    @Test func aPortInUse() throws {
        try changesNothing { bench in
            let other = try Bench()
            let server = try other.serve()
            try bench.write(
                "port.yaml", "data: \(bench.data)\nlisten:\n  - address: 127.0.0.1:\(server.port)\nsites:\n  default: {hosts: [\"*\"]}\n")
            try refused(bench, ["serve", "-c", "port.yaml"], code: 1, "127.0.0.1:\(server.port)", "in use")
        }
    }

    @Test func aFullDiskAsTheProgramMeetsIt() throws {
        try changesNothing { bench in
            try bench.build(2)
            let outcome = try bench.run("publish", "v2", "--activate", environment: ["TANDEM_FAULT": "blobs.write:enospc"])
            #expect(outcome.code == 1 && outcome.error.contains("no space left"), "\(outcome.error)")
        }
    }
}

/// A file system of two megabytes, really full.
@Suite(
    .enabled(if: Program.isBuilt, Program.missing), .enabled(if: SmallDisk.isPossible, "mounting a small file system needs the superuser"))
struct FullDiskTests {
    @Test func publishingToAFullDiskSaysSoAndChangesNothing() throws {
        let bench = try Bench()
        let disk = try SmallDisk("\(bench.root)/data", megabytes: 3)
        defer { disk.unmount() }
        try bench.publish(1, "--activate")
        let server = try bench.serve()
        let (releases, tree) = (try bench.releases(), bench.tree())
        var noise: UInt64 = 1
        let text = String(
            (0..<6_000_000).map { _ in
                noise = noise &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Character(UnicodeScalar(UInt8(32 + (noise >> 40) % 90)))
            })
        try bench.write("v2/big.txt", text)
        let outcome = try bench.run("publish", "v2", "--activate")
        #expect(outcome.code == 1 && outcome.error.contains("no space left"), "\(outcome.error)")
        #expect(try bench.releases() == releases)
        #expect(bench.tree() == tree)
        #expect(try Client(port: server.port).get("/").text == Bench.files(1)["index.html"])
        try bench.expectClean()
        server.stop()
    }
}

struct SmallDisk {
    let path: String

    static let isPossible: Bool = {
        guard geteuid() == 0 else { return false }
        let path = "/tmp/tandem-e2e-mount-\(getpid())"
        defer { rmdir(path) }
        guard let disk = try? SmallDisk(path, megabytes: 1) else { return false }
        disk.unmount()
        return true
    }()

    init(_ path: String, megabytes: Int) throws {
        self.path = path
        mkdir(path, 0o700)
        if mount("tandem-test", path, "tmpfs", 0, "size=\(megabytes)m") != 0 {
            throw ClientError(description: String(cString: strerror(errno)))
        }
    }

    func unmount() { umount2(path, Int32(MNT_DETACH)) }
}
