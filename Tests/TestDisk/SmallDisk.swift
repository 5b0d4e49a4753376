import Foundation
import Glibc

/// A file system in memory, unmounted with the object. Needs root.
package final class SmallDisk {
    package let path: String

    package static let isPossible: Bool = {
        guard getuid() == 0 else { return false }
        let path = FileManager.default.temporaryDirectory.appending(path: "tandem-disk-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        return (try? SmallDisk(at: path, megabytes: 1)) != nil
    }()

    package struct Refused: Error {}

    package init(at path: String, megabytes: Int) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard Self.run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path) else { throw Refused() }
        self.path = path
    }

    /// Lazily: a descriptor may still be open, and a mount that stays behind would outlive the test.
    deinit { _ = Self.run("umount", "-l", path) }

    private static func run(_ arguments: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
