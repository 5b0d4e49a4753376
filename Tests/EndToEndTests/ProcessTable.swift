import Foundation
import Glibc

/// What the kernel says of processes and sockets (proc(5)).
enum ProcessTable {
    private static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// Descriptors that a process has open.
    static func descriptors(_ process: pid_t) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count) ?? 0
    }

    /// The inode of the socket that listens at this port of 127.0.0.1 or of every address; several if several do.
    static func listeners(_ port: UInt16) -> [String] {
        let suffix = ":" + String(port, radix: 16, uppercase: true).leftPadded(4)
        return text("/proc/net/tcp").split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            // sl local remote state … inode; state 0A listens.
            guard fields.count > 9, fields[1].hasSuffix(suffix), fields[3] == "0A" else { return nil }
            return String(fields[9])
        }
    }

    /// Children of a process: id and state, as in `R` running, `Z` a zombie.
    static func children(_ process: pid_t) -> [(process: pid_t, state: Character)] {
        text("/proc/\(process)/task/\(process)/children").split(separator: " ").compactMap { word in
            guard let child = pid_t(word) else { return nil }
            return state(child).map { (child, $0) }
        }
    }

    private static func state(_ process: pid_t) -> Character? {
        let status = text("/proc/\(process)/stat")
        guard let end = status.lastIndex(of: ")") else { return nil }
        return status[end...].dropFirst(2).first
    }

    /// Also one that has ended and that nobody collects is gone.
    static func isAlive(_ process: pid_t) -> Bool { state(process).map { $0 != "Z" } ?? false }

    /// The file that a process runs, by its inode.
    static func image(_ process: pid_t) -> ino_t {
        var status = stat()
        return stat("/proc/\(process)/exe", &status) == 0 ? status.st_ino : 0
    }

    /// Whether a process has a file open.
    static func hasOpen(_ process: pid_t, _ path: String) -> Bool {
        let folder = "/proc/\(process)/fd"
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return descriptors.contains { (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")) == path }
    }

    static func inode(_ path: String) -> ino_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_ino : 0
    }
}

extension String {
    fileprivate func leftPadded(_ count: Int) -> String { String(repeating: "0", count: max(count - self.count, 0)) + self }
}
